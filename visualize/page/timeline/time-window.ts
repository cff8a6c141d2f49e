/** A part of time, its columns, and the round moments in it. */
const SECOND_MS = 1_000;

export interface TimeWindow {
  readonly fromMs: number;
  readonly toMs: number;
}

/** A part of time in columns that stay where they are while the window moves on. */
export function columnsOf(
  { fromMs, toMs }: TimeWindow,
  most: number,
): { readonly fromMs: number; readonly toMs: number; readonly columns: number } {
  const columnMs = Math.max(1, (toMs - fromMs) / most);
  const first = Math.floor(fromMs / columnMs);
  const last = Math.ceil(toMs / columnMs);
  return { fromMs: first * columnMs, toMs: last * columnMs, columns: last - first };
}

/** Distances between marks of the axis that people can count in. */
const STEPS_MS = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 21_600, 86_400,
].map((seconds) => seconds * SECOND_MS);

/** Round moments in a window, at most so many; in wall time where that is known. */
export function ticks(
  { fromMs, toMs }: TimeWindow,
  most: number,
  epochMs: number | null,
): readonly number[] {
  const least = (toMs - fromMs) / Math.max(1, most);
  const stepMs = STEPS_MS.find((step) => step >= least) ?? 86_400 * SECOND_MS;
  const shiftMs = epochMs === null ? 0 : epochMs % stepMs;
  const moments: number[] = [];
  const first = Math.ceil((Math.max(0, fromMs) + shiftMs) / stepMs) * stepMs - shiftMs;
  for (let at = first; at <= toMs; at += stepMs) moments.push(at);
  return moments;
}
