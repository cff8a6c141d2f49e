import type { JSX } from 'preact';
import { UNKNOWN } from '../text/durations.ts';
import { count } from '../text/numbers.ts';

/** Of a long list or a large object. */
const MOST_SHOWN = 100;

const isNested = (value: unknown): value is object => typeof value === 'object' && value !== null;

function Leaf({ value }: { readonly value: unknown }): JSX.Element {
  const kind = value === null ? 'null' : typeof value;
  const text = value === undefined ? UNKNOWN : JSON.stringify(value);
  return <code class={`json-${kind}`}>{text}</code>;
}

/** A part of a value under its name; what is nested unfolds. */
function Branch(properties: { readonly name: string; readonly value: unknown }): JSX.Element {
  const { name, value } = properties;
  if (!isNested(value))
    return (
      <li>
        <span class="json-name">{name}</span> <Leaf value={value} />
      </li>
    );
  const size = Object.keys(value).length;
  return (
    <li>
      <details>
        <summary>
          <span class="json-name">{name}</span>{' '}
          <span class="dim">{Array.isArray(value) ? `[${count(size)}]` : `{${count(size)}}`}</span>
        </summary>
        <JsonTree value={value} />
      </details>
    </li>
  );
}

/** A JSON value as a tree that unfolds. */
export function JsonTree({ value }: { readonly value: unknown }): JSX.Element {
  if (!isNested(value)) return <Leaf value={value} />;
  const entries = Object.entries(value);
  const more = entries.length - MOST_SHOWN;
  return (
    <ul class="json">
      {entries.slice(0, MOST_SHOWN).map(([name, inside]) => (
        <Branch key={name} name={name} value={inside} />
      ))}
      {more > 0 ? <li class="dim">and {count(more)} more</li> : null}
    </ul>
  );
}
