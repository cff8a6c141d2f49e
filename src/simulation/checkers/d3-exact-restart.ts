import { comparePositions, NOT_STARTED } from '../../machines/rules/positions.ts';
import {
  acquiresOf,
  deliveriesOf,
  firstIndexes,
  groupBy,
  processesOfSessions,
  recordsOf,
  type Checker,
  type Violation,
} from './evidence.ts';

/** D3: under a new fence, delivery begins exactly after the committed position, and in the process that acquired it. */
export const exactRestart: Checker = (evidence) => {
  const acquires = acquiresOf(evidence);
  const processes = processesOfSessions(evidence);
  const shards = recordsOf(evidence);
  const starts = firstIndexes(evidence);
  const violations: Violation[] = [];
  const runs = groupBy(
    deliveriesOf(evidence),
    ({ stream, shardId, fence }) => `${stream}/${shardId}/${fence}`,
  );
  for (const [run, deliveries] of runs) {
    const [first] = deliveries;
    if (first === undefined) continue;
    const say = (message: string): void =>
      void violations.push({ invariant: 'D3', order: first.order, message: `${run}: ${message}` });
    const acquire = acquires.get(run);
    if (acquire === undefined || acquire.order > first.order) {
      say(`delivered by ${first.process}, never acquired`);
      continue;
    }
    const owner = processes.get(acquire.after.owner ?? '');
    const stranger = deliveries.find((delivery) => delivery.process !== owner);
    if (stranger !== undefined) say(`acquired by ${owner}, delivered by ${stranger.process}`);

    const shard = acquire.shard;
    const records = shards.get(shard) ?? [];
    const position = acquire.after.position ?? NOT_STARTED;
    const behind = records.find((record) => comparePositions(record.position, position) > 0);
    const expected = Math.max(behind?.index ?? 0, starts.get(shard) ?? 0);
    const index = records.findIndex((record) => record.sequenceNumber === first.sequenceNumber);
    if (index !== expected) {
      say(`began with record ${index} instead of ${expected}, at ${first.process}`);
    }
  }
  return violations;
};
