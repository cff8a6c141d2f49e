/** What an owner writes to its shard's item: commits, the release, the end. */
import type { ShardRef, Write } from '../ports.ts';
import { judgeCommitRefusal, judgeReleaseRefusal } from '../rules/fencing.ts';
import { parseShardItem } from '../rules/items.ts';
import { checkpointKey } from '../rules/keys.ts';
import { SHARD_END } from '../rules/positions.ts';
import { commit, disown, endShard, release } from '../rules/writes.ts';
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

const judgements = { commit: judgeCommitRefusal, release: judgeReleaseRefusal } as const;

/** @param judged how a refusal is to be understood. */
async function checkpoint(
  world: World,
  input: CheckpointInput,
  write: Write,
  position: string,
  judged: keyof typeof judgements,
): Promise<CheckpointOutcome> {
  const fail = (failure: StepFailure): CheckpointOutcome => ({
    ...failure,
    retryInMs: backoffMs(world, input.attempt, RETRY_CAP_MS),
  });
  const { stream, shardId } = input.shard;
  const { session, fence } = input;
  const answer = await world.store.write(write);
  if (answer.kind === 'applied') return { kind: 'applied', position };
  if (answer.kind !== 'refused') return fail(failureOf(answer));

  let { item } = answer;
  if (item === undefined) {
    const read = await readOne(world, checkpointKey(world.app, stream, shardId), true);
    if (read.kind === 'failure') return fail(read);
    ({ item } = read);
  }
  const stands = item === null ? null : parseShardItem(item);
  // whatever made it unreadable was no client of this group
  if (stands?.kind === 'corrupted') return { kind: 'foreign' };
  const verdict = judgements[judged]({
    item: stands,
    me: session,
    fence,
    position,
    highestFenceSeen: fence,
  });
  if (verdict.kind === 'applied') return { kind: 'applied', position };
  if (verdict.kind !== 'held') return verdict;
  const given = await world.store.write(disown(world.app, stream, shardId, session, fence));
  return given.kind === 'applied' || given.kind === 'refused'
    ? { kind: 'foreign' }
    : fail(failureOf(given));
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
    'commit',
  );

/**
 * A refusal means that an earlier try was applied or the shard is another's: released either way. Or it is foreign: then
 * it is not owned by this session any more either.
 */
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
    'release',
  );

export const endOfShard = (world: World, input: CheckpointInput): Promise<CheckpointOutcome> =>
  checkpoint(
    world,
    input,
    endShard(world.app, input.shard.stream, input.shard.shardId, input.session, input.fence),
    SHARD_END,
    'commit',
  );
