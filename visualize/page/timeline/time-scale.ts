import { computed, signal } from '@preact/signals';
import { charted, isLive, range, shownAtMs, source } from '../state/shown.ts';
import type { TimeWindow } from './time-window.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;

/** How much time the pictures over time show. */
export const SPANS: readonly { readonly name: string; readonly ms: number }[] = [
  { name: '30 s', ms: 30 * SECOND_MS },
  { name: '2 min', ms: 2 * MINUTE_MS },
  { name: '10 min', ms: 10 * MINUTE_MS },
  { name: '1 h', ms: 60 * MINUTE_MS },
  { name: 'all', ms: Infinity },
];

/** null: as much as fits what is known. */
const chosenSpanMs = signal<number | null>(null);

export const spanMs = computed<number>(() => {
  if (chosenSpanMs.value !== null) return chosenSpanMs.value;
  const { fromMs, toMs } = range.value;
  // A trace is seen as a whole, a group that lives in its last minutes.
  if (source.value?.kind === 'file') return Infinity;
  return toMs - fromMs < 30 * SECOND_MS ? 30 * SECOND_MS : 2 * MINUTE_MS;
});

export function chooseSpan(ms: number): void {
  chosenSpanMs.value = ms;
}

/** Where the shown part of time ends while a moment of the past is looked at; null: at the newest moment. */
const heldToMs = signal<number | null>(null);

/** Live, the window follows the newest moment; in the past it stands still until the moment leaves it. */
export const timeWindow = computed<TimeWindow>(() => {
  const { fromMs } = range.value;
  const toMs = charted.value?.toMs ?? 0;
  const span = spanMs.value;
  if (span === Infinity) return { fromMs, toMs: Math.max(toMs, fromMs + SECOND_MS) };
  // What began just now fills the pictures from the left.
  if (toMs - fromMs < span) return { fromMs, toMs: fromMs + span };
  if (isLive.value) return { fromMs: toMs - span, toMs };
  const at = shownAtMs.value;
  const held = heldToMs.peek();
  const end =
    held !== null && at >= held - span && at <= held
      ? held
      : Math.min(toMs, Math.max(at + span / 2, fromMs + span));
  return { fromMs: end - span, toMs: end };
});

/** Keeps the window where it is, from now on. */
export function holdWindow(): void {
  heldToMs.value = timeWindow.peek().toMs;
}
