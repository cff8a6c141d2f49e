import type { Checker, Violation } from './evidence.ts';

/** D9: a process has at most one live reader per shard. A new session begins with none. */
export const oneReader: Checker = (evidence) => {
  const readers = new Map<string, Map<string, number>>();
  const violations: Violation[] = [];
  for (const event of evidence.events) {
    if (event.kind !== 'notice') continue;
    const { order, process, name, shard = '', fence = 0 } = event;
    const own = readers.get(process) ?? new Map<string, number>();
    readers.set(process, own);
    if (name === 'ready') own.clear();
    if (name === 'shardEnd' && own.get(shard) === fence) own.delete(shard);
    if (name !== 'shardStart') continue;
    const older = own.get(shard);
    if (older !== undefined) {
      violations.push({
        invariant: 'D9',
        order,
        message: `${process}: ${shard} at fence ${fence} beside the reader at ${older}`,
      });
    }
    own.set(shard, fence);
  }
  return violations;
};
