import { goLive, goTo, range, wantedMs } from '../state/shown.ts';
import { holdWindow } from './time-scale.ts';
import type { TimeWindow } from './time-window.ts';

const SMALL_STEP_MS = 250;
const STEP_MS = 1_000;
const LARGE_STEP_MS = 10_000;

function moveTo(atMs: number): void {
  holdWindow();
  goTo(atMs);
}

/** Dragging over a picture whose width is a part of time. */
export function dragOver(windowOf: () => TimeWindow): {
  readonly onPointerDown: (event: PointerEvent) => void;
  readonly onPointerMove: (event: PointerEvent) => void;
} {
  function follow(event: PointerEvent): void {
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    const part = Math.max(0, Math.min(1, (event.clientX - box.left) / box.width));
    const { fromMs, toMs } = windowOf();
    moveTo(fromMs + part * (toMs - fromMs));
  }
  return {
    onPointerDown(event) {
      if (event.button !== 0) return;
      (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
      follow(event);
    },
    onPointerMove(event) {
      if ((event.currentTarget as HTMLElement).hasPointerCapture(event.pointerId)) follow(event);
    },
  };
}

/** The keys of a slider, over time. */
export function onScrubKey(event: KeyboardEvent): void {
  const step = event.altKey ? SMALL_STEP_MS : event.shiftKey ? LARGE_STEP_MS : STEP_MS;
  const at = wantedMs();
  if (event.key === 'ArrowLeft') moveTo(at - step);
  else if (event.key === 'ArrowRight') moveTo(at + step);
  else if (event.key === 'PageDown') moveTo(at - LARGE_STEP_MS * 6);
  else if (event.key === 'PageUp') moveTo(at + LARGE_STEP_MS * 6);
  else if (event.key === 'Home') moveTo(range.value.fromMs);
  else if (event.key === 'End') goLive();
  else return;
  event.preventDefault();
}
