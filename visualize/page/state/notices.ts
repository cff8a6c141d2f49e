import { signal } from '@preact/signals';

const SHOWN_FOR_MS = 8_000;

/** What went wrong with something that was asked of the page; null: nothing lately. */
export const notice = signal<string | null>(null);

let hiding: ReturnType<typeof setTimeout> | undefined;

export function tell(text: string): void {
  notice.value = text;
  clearTimeout(hiding);
  hiding = setTimeout(() => {
    notice.value = null;
  }, SHOWN_FOR_MS);
}
