import { computed } from '@preact/signals';
import type { ThroughputView, TimelineMark } from '../../model/view.ts';
import { colours, OWNER_COLOURS } from '../drawing/colours.ts';
import { charted, view } from '../state/shown.ts';
import { byName } from '../text/numbers.ts';
import type { Throughput } from './draw-lane.ts';
import { timeWindow } from './time-scale.ts';
import { columnsOf, ticks } from './time-window.ts';

/** As fine as a lane is drawn. */
const COLUMNS = 120;
const MOST_TICKS = 7;

export interface LaneContent {
  /** null: the group. */
  readonly clientId: string | null;
  /** Colour number; null: not known any more. */
  readonly colour: number | null;
  readonly marks: readonly TimelineMark[];
  readonly throughput: Throughput | null;
}

/** Moments of the shown part of time at which the pictures have their grid. */
export const gridMoments = computed<readonly number[]>(() =>
  ticks(timeWindow.value, MOST_TICKS, epochMs.value),
);

export const epochMs = computed<number | null>(() => view.value?.epochMs ?? null);

function byLane(marks: readonly TimelineMark[]): ReadonlyMap<string | null, TimelineMark[]> {
  const lanes = new Map<string | null, TimelineMark[]>();
  for (const mark of marks) {
    const same = lanes.get(mark.lane);
    if (same === undefined) lanes.set(mark.lane, [mark]);
    else same.push(mark);
  }
  return lanes;
}

/** Of a hundred columns two may be cut off: a burst shall not flatten all else. */
const CUT_OFF = 0.02;

function measureOf({ rows }: ThroughputView): number {
  const known = rows
    .flatMap((row) => row.recordsPerSecond.filter((each) => each !== null))
    .sort((a, b) => b - a);
  return known[Math.floor(known.length * CUT_OFF)] ?? 0;
}

/** What stands in the lanes of the shown part of time, and the rate that fills a lane. */
export const lanes = computed<{
  readonly rows: readonly LaneContent[];
  readonly most: number;
} | null>(() => {
  const seen = charted.value?.whole;
  if (seen === undefined) return null;
  const window = timeWindow.value;
  const marks = byLane(seen.marks(window.fromMs, window.toMs));
  const grain = columnsOf(window, COLUMNS);
  const speeds = seen.throughput(grain.fromMs, grain.toMs, grain.columns);
  const most = measureOf(speeds);
  const drawn = new Map(
    speeds.rows.map(({ clientId, colour, recordsPerSecond }) => [
      clientId,
      {
        fromMs: speeds.fromMs,
        columnMs: speeds.columnMs,
        recordsPerSecond,
        most,
        colour: colours.value.owners[colour % OWNER_COLOURS] ?? colours.value.inkFaint,
      },
    ]),
  );
  const numbers = new Map<string | null, number>(
    speeds.rows.map(({ clientId, colour }) => [clientId, colour]),
  );
  const clients = new Set([...drawn.keys(), ...marks.keys()].filter((lane) => lane !== null));
  const rows = [null, ...[...clients].sort(byName)].map((clientId) => ({
    clientId,
    colour: numbers.get(clientId) ?? null,
    marks: marks.get(clientId) ?? [],
    throughput: clientId === null ? null : (drawn.get(clientId) ?? null),
  }));
  return { rows, most };
});
