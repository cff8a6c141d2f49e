import type { TimelineMark } from '../../model/view.ts';
import { colours } from '../drawing/colours.ts';
import type { Size } from '../drawing/canvas.tsx';
import { drawMark, LOOKS } from './mark-shapes.ts';
import type { TimeWindow } from './time-window.ts';

export const LANE_PX = 30;
/** Commits stand at the foot of a lane, all else above. */
const FOOT_PX = 4;
/** Nearer than this, marks of a kind are one. */
const NEAR_PX = 3;

export interface Throughput {
  readonly fromMs: number;
  readonly columnMs: number;
  readonly recordsPerSecond: readonly (number | null)[];
  /** The rate that fills a lane: all are drawn to one measure. */
  readonly most: number;
  /** Colour of the member. */
  readonly colour: string;
}

const across = (atMs: number, { fromMs, toMs }: TimeWindow, width: number): number =>
  ((atMs - fromMs) / (toMs - fromMs)) * width;

/** What a client did, over how much it read. */
export function drawLane(
  pen: CanvasRenderingContext2D,
  size: Size,
  lane: {
    readonly window: TimeWindow;
    readonly marks: readonly TimelineMark[];
    readonly throughput: Throughput | null;
    /** Moments of the axis. */
    readonly grid: readonly number[];
    readonly cursorMs: number | null;
  },
): void {
  const palette = colours.value;
  pen.fillStyle = palette.line;
  pen.globalAlpha = 0.5;
  for (const at of lane.grid) {
    pen.fillRect(Math.round(across(at, lane.window, size.width)), 0, 1, size.height);
  }
  pen.globalAlpha = 1;
  if (lane.throughput !== null) drawThroughput(pen, size, lane.throughput, lane.window);
  drawMarks(pen, size, lane);
  if (lane.cursorMs !== null) {
    pen.fillStyle = palette.accent;
    pen.fillRect(across(lane.cursorMs, lane.window, size.width) - 0.75, 0, 1.5, size.height);
  }
}

function drawThroughput(
  pen: CanvasRenderingContext2D,
  size: Size,
  { fromMs, columnMs, recordsPerSecond, most, colour }: Throughput,
  window: TimeWindow,
): void {
  if (most <= 0) return;
  const step = across(
    columnMs,
    { ...window, fromMs: 0, toMs: window.toMs - window.fromMs },
    size.width,
  );
  pen.fillStyle = colour;
  const room = size.height - 3;
  recordsPerSecond.forEach((value, index) => {
    if (value === null) return;
    const height = Math.min(1, value / most) * room;
    const x = across(fromMs + index * columnMs, window, size.width);
    pen.globalAlpha = 0.4;
    pen.fillRect(x, size.height - height, step + 0.3, height);
    pen.globalAlpha = 1;
    // also nothing read is something known
    pen.fillRect(x, size.height - Math.max(1, height), step + 0.3, 1);
  });
}

function drawMarks(
  pen: CanvasRenderingContext2D,
  size: Size,
  { marks, window }: { readonly marks: readonly TimelineMark[]; readonly window: TimeWindow },
): void {
  const palette = colours.value;
  const lastAt = new Map<string, number>();
  const sorted = [...marks].sort((a, b) => LOOKS[a.kind].weight - LOOKS[b.kind].weight);
  for (const { kind, atMs } of sorted) {
    const x = across(atMs, window, size.width);
    const before = lastAt.get(kind);
    if (before !== undefined && Math.abs(x - before) < NEAR_PX) continue;
    lastAt.set(kind, x);
    const y = kind === 'commit' ? size.height - FOOT_PX : size.height * 0.4;
    drawMark(pen, { kind, x, y }, palette);
  }
}

/** The mark under a point, the heaviest of those that are near. */
export function markAt(
  marks: readonly TimelineMark[],
  window: TimeWindow,
  point: { readonly x: number; readonly width: number },
): TimelineMark | null {
  let best: TimelineMark | null = null;
  let bestRank = Infinity;
  for (const mark of marks) {
    const distance = Math.abs(across(mark.atMs, window, point.width) - point.x);
    if (distance > 6) continue;
    const rank = distance - LOOKS[mark.kind].weight * 2;
    if (rank < bestRank) {
      best = mark;
      bestRank = rank;
    }
  }
  return best;
}
