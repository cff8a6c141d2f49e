/**
 * The split of the Go kinesumer: clients and shards by id, bounds at `round(i · (S / N))`. It looks at nothing
 * else, so that its result can be foretold by hand; the price is that most shards move when a client joins.
 */
import { bySomeOrder } from './lineage.ts';
import {
  subscribersOf,
  type Assignment,
  type AssignmentQuestion,
  type Range,
} from './shard-ranges.ts';

/** Divides each stream among its subscribers as the Go client does. */
export function assignByRange({ members, streams }: AssignmentQuestion): Assignment {
  const subscribers = subscribersOf(members);
  return Object.fromEntries(
    streams.map(({ stream, shards }) => {
      const clientIds = (subscribers.get(stream) ?? [])
        .map((index) => members[index]?.clientId ?? '')
        .sort();
      const shardIds = bySomeOrder(shards, 'id').map((shard) => shard.shardId);
      // S / N first, as Go does: the other way round would put some bounds elsewhere.
      const share = shardIds.length / clientIds.length;
      const ranges: Range[] = clientIds.map((clientId, i) => ({
        clientId,
        shardIds: shardIds.slice(Math.round(i * share), Math.round((i + 1) * share)),
      }));
      return [stream, ranges];
    }),
  );
}
