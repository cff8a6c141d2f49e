import type { JSX } from 'preact';
import { notice } from '../state/notices.ts';

/** What went wrong lately; it goes by itself, or by a click. */
export function Notice(): JSX.Element {
  const text = notice.value;
  return (
    <div class="notice-room" role="alert">
      {text === null ? null : (
        <button
          type="button"
          class="notice"
          onClick={() => {
            notice.value = null;
          }}
        >
          {text}
        </button>
      )}
    </div>
  );
}
