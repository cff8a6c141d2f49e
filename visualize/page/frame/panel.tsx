import type { ComponentChildren, JSX } from 'preact';

/** A part of the page under its name. */
export function Panel(properties: {
  readonly title: string;
  readonly note?: ComponentChildren;
  readonly tools?: ComponentChildren;
  readonly class?: string;
  readonly children: ComponentChildren;
}): JSX.Element {
  const { title, note, tools, children } = properties;
  return (
    <section class={`panel ${properties.class ?? ''}`} aria-label={title}>
      <header class="panel-head">
        <h2>{title}</h2>
        {note === undefined ? null : <p class="panel-note">{note}</p>}
        {tools === undefined ? null : <div class="panel-tools">{tools}</div>}
      </header>
      {children}
    </section>
  );
}
