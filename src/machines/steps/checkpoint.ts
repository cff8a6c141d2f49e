/** What an owner writes to its shard's item: commits, the release, the end. */
import type { ShardRef, Write } from '../ports.ts';
import { judgeCommitRefusal } from '../rules/fencing.ts';
import { parseShardItem } from '../rules/items.ts';
import { checkpointKey } from '../rules/keys.ts';
import { SHARD_END } from '../rules/positions.ts';
import { commit, endShard, release } from '../rules/writes.ts';
import { backoffMs, failureOf, readOne, type StepFailure, type World } from './step.ts';

export interface CheckpointInput {
  readonly shard: ShardRef;
  readonly session: string;
  readonly fence: number;
  readonly position: string;
  /** How often this write was tried before. */
  readonly attempt: number;
}

export type CheckpointOutcome =
  /** The store holds the position (or a later one of the same owner). */
  | { readonly kind: 'applied'; readonly position: string }
  /** The fence refused: another owner. */
  | { readonly kind: 'lost' }
  /** Something that knows no fences wrote or deleted the item. */
  | { readonly kind: 'foreign' }
  | (StepFailure & { readonly retryInMs: number });

/** A commit is due again soon; it must not wait longer than its own interval. */
const RETRY_CAP_MS = 1_000;

async function checkpoint(
  world: World,
  input: CheckpointInput,
  write: Write,
  position: string,
): Promise<CheckpointOutcome> {
  const fail = (failure: StepFailure): CheckpointOutcome => ({
    ...failure,
    retryInMs: backoffMs(world, input.attempt, RETRY_CAP_MS),
  });
  const answer = await world.store.write(write);
  if (answer.kind === 'applied') return { kind: 'applied', position };
  if (answer.kind !== 'refused') return fail(failureOf(answer));

  let { item } = answer;
  if (item === undefined) {
    const { stream, shardId } = input.shard;
    const read = await readOne(world, checkpointKey(world.app, stream, shardId), true);
    if (read.kind === 'failure') return fail(read);
    ({ item } = read);
  }
  const stands = item === null ? null : parseShardItem(item);
  // whatever made it unreadable was no client of this group
  if (stands?.kind === 'corrupted') return { kind: 'foreign' };
  const judged = judgeCommitRefusal({
    item: stands,
    me: input.session,
    fence: input.fence,
    position,
    highestFenceSeen: input.fence,
  });
  return judged.kind === 'applied' ? { kind: 'applied', position } : judged;
}

export const commitPosition = (world: World, input: CheckpointInput): Promise<CheckpointOutcome> =>
  checkpoint(
    world,
    input,
    commit(
      world.app,
      input.shard.stream,
      input.shard.shardId,
      input.session,
      input.fence,
      input.position,
    ),
    input.position,
  );

/** A refusal means that an earlier try was applied or the shard is another's: released either way, or foreign. */
export const releaseShard = (world: World, input: CheckpointInput): Promise<CheckpointOutcome> =>
  checkpoint(
    world,
    input,
    release(
      world.app,
      input.shard.stream,
      input.shard.shardId,
      input.session,
      input.fence,
      input.position,
    ),
    input.position,
  );

export const endOfShard = (world: World, input: CheckpointInput): Promise<CheckpointOutcome> =>
  checkpoint(
    world,
    input,
    endShard(world.app, input.shard.stream, input.shard.shardId, input.session, input.fence),
    SHARD_END,
  );
