/** Which part of a chart is seen, in a room that is smaller than the picture. */

/** What stays free between a state and the edge of the room. */
const MARGIN_PX = 12;

const LEAVES = ['.atomic', '.final'];

type Box = Pick<DOMRect, 'left' | 'right' | 'top' | 'bottom'>;

const boxesOf = (room: HTMLElement, mark: string): readonly Box[] =>
  [...room.querySelectorAll(LEAVES.map((leaf) => `${leaf}.${mark}`).join())].map((leaf) =>
    leaf.getBoundingClientRect(),
  );

/** What is around all of them. */
const around = (boxes: readonly Box[]): Box => ({
  left: Math.min(...boxes.map(({ left }) => left)),
  right: Math.max(...boxes.map(({ right }) => right)),
  top: Math.min(...boxes.map(({ top }) => top)),
  bottom: Math.max(...boxes.map(({ bottom }) => bottom)),
});

/** Brings the active states into the middle. */
export function centre(room: HTMLElement): void {
  const boxes = boxesOf(room, 'is-active');
  if (boxes.length === 0) return;
  const outer = room.getBoundingClientRect();
  const { left, right, top, bottom } = around(boxes);
  room.scrollBy(
    (left + right) / 2 - outer.left - outer.width / 2,
    (top + bottom) / 2 - outer.top - outer.height / 2,
  );
}

/** How far to scroll, so that a stretch is within another one; no further than is needed. */
function reach(from: number, to: number, roomFrom: number, roomTo: number): number {
  if (from - MARGIN_PX < roomFrom) return from - MARGIN_PX - roomFrom;
  // of one that is too long its beginning
  const over = to + MARGIN_PX - roomTo;
  return over > 0 ? Math.min(over, from - MARGIN_PX - roomFrom) : 0;
}

/** Brings the states that were just entered into sight, where they are not; of too many for the room the first. */
export function follow(room: HTMLElement): void {
  const entered = boxesOf(room, 'is-entered');
  const boxes = entered.length > 0 ? entered : boxesOf(room, 'is-active');
  const [first] = boxes;
  if (first === undefined) return;
  const all = around(boxes);
  const fits =
    all.right - all.left + 2 * MARGIN_PX <= room.clientWidth &&
    all.bottom - all.top + 2 * MARGIN_PX <= room.clientHeight;
  const box = fits ? all : first;
  const outer = room.getBoundingClientRect();
  const left = reach(box.left, box.right, outer.left, outer.left + room.clientWidth);
  const top = reach(box.top, box.bottom, outer.top, outer.top + room.clientHeight);
  if (left === 0 && top === 0) return;
  const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
  room.scrollBy({ left, top, behavior: still ? 'instant' : 'smooth' });
}
