/** What can be held against the Go algorithm, which knows no owners, fences and plans: what became of records. */
import type { Violation } from '../checkers/evidence.ts';
import type { Evidence } from '../history.ts';
import { mishapsOf, type Repetition } from '../mishaps.ts';

/**
 * Losses (D1), repetitions (D4), records that two members gave out in turns (D6), and broken orders of keys (D7). A
 * record may come again where the process that had it had died, stood still or was cut off before.
 */
export function violationsOfGo(evidence: Evidence): readonly Violation[] {
  const { lost, again, overlaps, disordered } = mishapsOf(evidence);
  const troubles = troublesOf(evidence);
  const isExcused = ({ before, again: { order } }: Repetition): boolean =>
    (troubles.get(before.process) ?? Number.POSITIVE_INFINITY) < order;
  return [
    ...[...lost].map(([shard, records]): Violation => {
      const [first] = records;
      return {
        invariant: 'D1',
        anomaly: 'lost write',
        order: null,
        message: `${shard}: ${records.length} records never completed, the first ${first?.key}:${first?.n}`,
      };
    }),
    ...again
      .filter((repetition) => !isExcused(repetition))
      .map(({ before, again: { order, shard, key, n, process } }): Violation => ({
        invariant: 'D4',
        anomaly: 'duplicate',
        order,
        message: `${shard}: ${key}:${n} came again to ${process}, after ${before.process}`,
      })),
    ...overlaps.map(({ shard, older, younger, late }): Violation => ({
      invariant: 'D6',
      order: late.order,
      message: `${shard}: ${late.key}:${late.n} came to ${older.process}, after ${younger.process} had begun`,
    })),
    ...disordered.map(({ order, shard, key, n, process }): Violation => ({
      invariant: 'D7',
      anomaly: 'nonmonotonic poll',
      order,
      message: `${shard}: ${key}:${n} came to ${process} after a later one of its key`,
    })),
  ];
}

/** When a process first died, stood still or was cut off, by its name. */
function troublesOf(evidence: Evidence): ReadonlyMap<string, number> {
  const troubles = new Map<string, number>();
  for (const event of evidence.events) {
    if (event.kind !== 'process' || troubles.has(event.process)) continue;
    const { process, what, order } = event;
    if (what === 'crashed' || what === 'failed' || what === 'paused' || what === 'cut') {
      troubles.set(process, order);
    }
  }
  return troubles;
}
