import type { HeatView } from '../../model/view.ts';
import { colours } from '../drawing/colours.ts';
import type { Size } from '../drawing/canvas.tsx';
import { hatch } from '../drawing/patterns.ts';
import type { Place } from './cursor.ts';
import type { TimeWindow } from '../timeline/time-window.ts';

/** From which lag on a shard has each colour, ms. */
export const HEAT_FROM_MS = [0, 1_000, 3_000, 10_000, 60_000, 600_000, 3_600_000];

const MOST_HEIGHT_PX = 220;
const LEAST_ROW_PX = 1;
const MOST_ROW_PX = 12;

export const heatHeight = (rows: number): number =>
  Math.max(14, Math.round(Math.min(MOST_HEIGHT_PX, rows * MOST_ROW_PX)));

const stepOf = (behindMs: number): number => {
  let step = 0;
  while (step + 1 < HEAT_FROM_MS.length && behindMs >= (HEAT_FROM_MS[step + 1] ?? Infinity))
    step += 1;
  return step;
};

/** With more shards than pixels, a line of pixels shows the worst of its shards. */
function folded(heat: HeatView, height: number): readonly (readonly (number | null)[])[] {
  const lines = Math.min(heat.rows.length, Math.floor(height / LEAST_ROW_PX));
  if (lines === heat.rows.length) return heat.rows.map((row) => row.behindMs);
  const worst: (number | null)[][] = [];
  heat.rows.forEach((row, index) => {
    const line = Math.floor((index * lines) / heat.rows.length);
    const kept = (worst[line] ??= row.behindMs.map(() => null));
    row.behindMs.forEach((value, column) => {
      const before = kept[column] ?? null;
      if (value !== null && (before === null || value > before)) kept[column] = value;
    });
  });
  return worst;
}

/** Lag of the shards of a stream: a line per shard, a column per stretch of time. What is not known stays empty. */
export function drawHeat(
  pen: CanvasRenderingContext2D,
  size: Size,
  picture: {
    readonly heat: HeatView;
    readonly window: TimeWindow;
    readonly cursorMs: number | null;
    /** Index of the chosen shard's row; -1: none is chosen. */
    readonly selected: number;
    /** The cell that is pointed at; -1: none is. */
    readonly pointed: Place;
  },
): void {
  const { heat, window, cursorMs, selected, pointed } = picture;
  const palette = colours.value;
  const lines = folded(heat, size.height);
  hatch(
    pen,
    { x: 0, y: 0, width: size.width, height: size.height },
    { colour: palette.well, every: 6, thickness: 1 },
  );
  if (lines.length === 0) return;
  const rowHeight = size.height / lines.length;
  const seam = rowHeight >= 5 ? 1 : 0;
  const across = (ms: number): number =>
    ((ms - window.fromMs) / (window.toMs - window.fromMs)) * size.width;
  lines.forEach((line, row) => {
    const y = row * rowHeight;
    let begin = 0;
    // neighbours of one colour are one rectangle
    while (begin < line.length) {
      const value = line[begin] ?? null;
      const step = value === null ? -1 : stepOf(value);
      let end = begin + 1;
      while (end < line.length) {
        const next = line[end] ?? null;
        if ((next === null ? -1 : stepOf(next)) !== step) break;
        end += 1;
      }
      if (step >= 0) {
        pen.fillStyle = palette.heat[step] ?? palette.ink;
        const x = across(heat.fromMs + begin * heat.columnMs);
        const right = across(heat.fromMs + end * heat.columnMs);
        pen.fillRect(x, y, right - x + 0.4, rowHeight - seam);
      }
      begin = end;
    }
  });
  if (selected >= 0) {
    const tall = size.height / heat.rows.length;
    pen.strokeStyle = palette.ink;
    pen.lineWidth = 1.5;
    pen.strokeRect(0.75, selected * tall + 0.25, size.width - 1.5, Math.max(2, tall - 0.5));
  }
  if (pointed.row >= 0) {
    const tall = size.height / heat.rows.length;
    const x = across(heat.fromMs + pointed.column * heat.columnMs);
    const right = across(heat.fromMs + (pointed.column + 1) * heat.columnMs);
    pen.strokeStyle = palette.ink;
    pen.lineWidth = 2;
    pen.strokeRect(
      x - 1,
      pointed.row * tall - 1,
      Math.max(3, right - x) + 2,
      Math.max(3, tall) + 2,
    );
  }
  if (cursorMs !== null) {
    pen.fillStyle = palette.accent;
    pen.fillRect(across(cursorMs) - 0.75, 0, 1.5, size.height);
  }
}
