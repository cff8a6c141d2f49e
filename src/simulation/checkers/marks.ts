/** What processes that commit by hand marked: of theirs nothing else counts as completed. */
import { comparePositions, positionOf } from '../../machines/rules/positions.ts';
import type { DeliveredEvent } from '../history.ts';
import { once } from './once.ts';

/** A place in the history. */
export interface Moment {
  readonly order: number;
  readonly atMs: number;
}

const positionOfRecord = ({ sequenceNumber }: DeliveredEvent): string =>
  positionOf(sequenceNumber, null);

export const processesByHand = once(
  (evidence): ReadonlySet<string> =>
    new Set(
      evidence.events.flatMap((event) =>
        event.kind === 'setup' && event.commits === 'byHand' ? [event.process] : [],
      ),
    ),
);

/**
 * When each delivery was first marked, by its order. A mark says that all of its shard is done up to a record, as far as
 * it came under the same fence.
 */
export const marksOf = once((evidence): ReadonlyMap<number, Moment> => {
  const marks = new Map<number, Moment>();
  const byHand = processesByHand(evidence);
  const runs = new Map<string, string>();
  const unmarked = new Map<string, readonly DeliveredEvent[]>();
  for (const event of evidence.events) {
    if (event.kind === 'delivered' && byHand.has(event.process)) {
      const { process, call, stream, shardId, fence } = event;
      const run = `${process}/${stream}/${shardId}/${fence}`;
      runs.set(`${process}/${call}`, run);
      unmarked.set(run, [...(unmarked.get(run) ?? []), event]);
    }
    if (event.kind !== 'marked') continue;
    const run = runs.get(`${event.process}/${event.call}`) ?? '';
    const upTo = positionOf(event.upTo, null);
    const isDone = (delivery: DeliveredEvent): boolean =>
      comparePositions(positionOfRecord(delivery), upTo) <= 0;
    const waiting = unmarked.get(run) ?? [];
    for (const delivery of waiting.filter(isDone)) marks.set(delivery.order, event);
    unmarked.set(
      run,
      waiting.filter((delivery) => !isDone(delivery)),
    );
  }
  return marks;
});
