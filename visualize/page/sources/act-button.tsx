import type { ComponentChildren, JSX } from 'preact';
import { source } from '../state/shown.ts';
import type { GroupAction } from './source.ts';

/** Does something to the group; it is there only where that is allowed. */
export function ActButton(properties: {
  readonly action: GroupAction;
  readonly title: string;
  readonly disabled?: boolean;
  readonly children: ComponentChildren;
}): JSX.Element | null {
  const { action, title, disabled = false, children } = properties;
  const from = source.value;
  if (from === null || !from.actions.includes(action.kind)) return null;
  return (
    <button
      type="button"
      class="act"
      title={title}
      disabled={disabled}
      onClick={() => from.act(action)}
    >
      {children}
    </button>
  );
}
