import { groupBy, shardWritesOf, type Checker } from './evidence.ts';

/** No client tells of a commit that no write to the table bears out. */
export const heldCommits: Checker = (evidence) => {
  const writes = groupBy(shardWritesOf(evidence), ({ shard }) => shard);
  return evidence.events.flatMap((event) => {
    if (event.kind !== 'notice' || event.name !== 'commit') return [];
    const { order, process, shard = '', detail: position = '' } = event;
    const held = (writes.get(shard) ?? []).some(
      (write) => write.order < order && (write.after.position ?? '') >= position,
    );
    const message = `${process} told of ${position} of ${shard}`;
    return held ? [] : [{ invariant: 'told', order, message }];
  });
};
