import { demands, processesOfSessions, shardWritesOf, type Checker } from './evidence.ts';

/**
 * S3: each applied commit, release or end of a client comes from the owner and carries the current (owner, fence): a write that
 * does not demand them was applied by luck.
 */
export const commitFenced: Checker = (evidence) => {
  const processes = processesOfSessions(evidence);
  return shardWritesOf(evidence).flatMap((write) => {
    if (write.kind !== 'other' && write.kind !== 'delete') return [];
    const { owner, fence } = write.before;
    const fault =
      owner === null || processes.get(owner) !== write.process
        ? `by ${write.process}, not by the owner ${owner}`
        : !demands(write.event.write, 'lease_owner', owner)
          ? 'without demanding the owner'
          : !demands(write.event.write, 'fence', fence)
            ? 'without demanding the fence'
            : null;
    return fault === null
      ? []
      : [
          {
            invariant: 'S3',
            order: write.order,
            message: `${write.shard}: written at fence ${fence} ${fault}`,
          },
        ];
  });
};
