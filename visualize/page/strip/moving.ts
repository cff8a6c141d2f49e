import { isWhole, panned, zoomed } from './zoom.ts';
import { show, spanOf } from './zoom-tools.tsx';

/** A pointer that moves less than this is a click. */
const DRAG_PX = 4;
/** Doubles what is shown in about three notches of a wheel. */
const WHEEL_PX = 400;

interface Moving {
  readonly onPointerDown: (event: PointerEvent) => void;
  readonly onPointerMove: (event: PointerEvent) => void;
  readonly onWheel: (event: WheelEvent) => void;
  /** Whether the click that comes now only ends a drag. */
  readonly ended: () => boolean;
}

type Hand =
  | { readonly kind: 'off' }
  | { readonly kind: 'down'; readonly x: number }
  | { readonly kind: 'dragging'; readonly x: number };

const partOf = (event: MouseEvent): { readonly at: number; readonly width: number } => {
  const { left, width } = (event.currentTarget as HTMLElement).getBoundingClientRect();
  return { at: (event.clientX - left) / width, width };
};

/** Moves what is shown of a strip by a pointer or a wheel; the page scrolls as it always does where nothing is to be moved. */
export function moving(stream: string): Moving {
  let hand: Hand = { kind: 'off' };
  return {
    onPointerDown(event) {
      hand = event.button === 0 ? { kind: 'down', x: event.clientX } : { kind: 'off' };
    },
    onPointerMove(event) {
      if (event.buttons === 0 && hand.kind === 'down') hand = { kind: 'off' };
      if (hand.kind === 'off' || event.buttons === 0 || isWhole(spanOf(stream))) return;
      const by = event.clientX - hand.x;
      if (hand.kind === 'down') {
        if (Math.abs(by) < DRAG_PX) return;
        (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
      }
      hand = { kind: 'dragging', x: event.clientX };
      show(stream, panned(spanOf(stream), -by / partOf(event).width));
    },
    onWheel(event) {
      const { at, width } = partOf(event);
      if (event.ctrlKey || event.metaKey) {
        show(stream, zoomed(spanOf(stream), 2 ** (-event.deltaY / WHEEL_PX), at));
      } else {
        const along = event.shiftKey ? event.deltaY : event.deltaX;
        const mostlyAlong = event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY);
        if (!mostlyAlong || isWhole(spanOf(stream))) return;
        show(stream, panned(spanOf(stream), along / width));
      }
      event.preventDefault();
    },
    ended() {
      const dragged = hand.kind === 'dragging';
      hand = { kind: 'off' };
      return dragged;
    },
  };
}
