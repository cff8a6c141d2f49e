import { parseShardItem } from '../../machines/rules/items.ts';
import { checkpointKey } from '../../machines/rules/keys.ts';
import { SHARD_END } from '../../machines/rules/positions.ts';
import { headWritesOf, mapsOf, processesOfSessions, type Checker } from './evidence.ts';

/** L1 and L2, once the group was left in peace: a live session leads, and live sessions own all active shards. */
export const allOwned: Checker = (evidence) => {
  const processes = processesOfSessions(evidence);
  const lives = (session: string | null): boolean => {
    const process = session === null ? undefined : processes.get(session);
    return process !== undefined && evidence.live.includes(process);
  };
  const leader = headWritesOf(evidence).at(-1)?.leader ?? null;
  const leaderless = lives(leader)
    ? []
    : [{ invariant: 'L1', order: null, message: `the leader ${leader} does not live` }];

  const items = new Map(evidence.items.map((item) => [`${item.pk}/${item.sk}`, item]));
  const unowned = Object.entries(evidence.shards).flatMap(([stream, shards]) => {
    const passed = mapsOf(evidence).find(({ map }) => map.stream === stream)?.map;
    const passedIds = new Set(passed?.shards.filter((s) => s.ended).map((s) => s.shardId));
    const stateOf = (shardId: string) => {
      const { pk, sk } = checkpointKey(evidence.app, stream, shardId);
      const item = items.get(`${pk}/${sk}`);
      const parsed = item === undefined ? null : parseShardItem(item);
      return parsed?.kind === 'shard' ? parsed : null;
    };
    const ended = (shardId: string): boolean =>
      passedIds.has(shardId) || stateOf(shardId)?.position === SHARD_END;
    return shards.flatMap(({ shardId, parentShardId, adjacentParentShardId }) => {
      const parents = [parentShardId, adjacentParentShardId].filter((id) => id !== null);
      if (ended(shardId) || !parents.every(ended)) return [];
      const owner = stateOf(shardId)?.owner ?? null;
      return lives(owner)
        ? []
        : [{ invariant: 'L2', order: null, message: `${stream}/${shardId} is owned by ${owner}` }];
    });
  });
  return [...leaderless, ...unowned];
};
