/**
 * Reads any number of keys. A batch may leave some of its keys unread: it answers 16 MB at most, 1 MB of
 * one partition, and what the table's throughput lets it (DynamoDB API reference, "BatchGetItem"). What
 * came is kept and the rest is asked for again. Were it all asked for anew, what is larger than one answer
 * could never be read, nor would a table of little throughput ever answer a batch.
 */
import type { Clock, Failure, Item, Key, Random } from '../../machines/ports.ts';
import { pause } from '../aws/pause.ts';

/** Keys that one BatchGetItem may ask for (DynamoDB developer guide, "Quotas"). */
const BATCH_KEYS = 100;
/** Far fewer batches than there are sockets: a heartbeat never waits behind the read of a large stream. */
const ROUND_KEYS = 8 * BATCH_KEYS;
/** Rounds in a row that may bring nothing, once something came. */
const IDLE_ROUNDS = 2;
/** Before the first of them, doubling; half of it is drawn. Throughput comes back by the second. */
const PAUSE_MS = 200;

/** What became of one batch. */
export type BatchAnswer =
  | {
      readonly kind: 'read';
      readonly items: readonly Item[];
      /** Keys that were not looked at, never all of them; a key with no item is not among them. */
      readonly left: readonly Key[];
    }
  | Failure;

export interface RoundsOptions {
  readonly clock: Clock;
  /** Spreads the pauses. @default none: they have their full length */
  readonly random: Pick<Random, 'next'> | undefined;
  /** Ends it between two rounds. */
  readonly ends: readonly AbortSignal[];
  /** Asks for some keys once, under its own deadline. */
  readonly ask: (keys: readonly Key[]) => Promise<BatchAnswer>;
}

export type RoundsAnswer =
  | { readonly kind: 'items'; readonly items: readonly Item[] }
  | Failure
  | { readonly kind: 'ended' };

/**
 * The items of these keys, in any order. Each round but an idle one has fewer keys left than the one before,
 * which is all that bounds the time: one that comes along slowly is worth more than one given up, since the
 * caller would begin anew at the same slow table.
 *
 * @param keys - each once.
 * @returns `throttled` where nothing comes (any more), another failure with the first batch that fails;
 *   `ended` by a signal between two rounds.
 */
export async function readInRounds(
  keys: readonly Key[],
  { clock, random, ends, ask }: RoundsOptions,
): Promise<RoundsAnswer> {
  const items: Item[] = [];
  let left = keys;
  let idleRounds = 0;
  while (left.length > 0) {
    const batches = batchesOf(left.slice(0, ROUND_KEYS));
    const answers = await Promise.all(batches.map(ask));
    const unread: Key[] = [];
    const refusals: Failure[] = [];
    for (const [index, answer] of answers.entries()) {
      if (answer.kind === 'read') {
        items.push(...answer.items);
        unread.push(...answer.left);
      } else if (answer.kind === 'throttled') {
        refusals.push(answer);
        unread.push(...(batches[index] ?? []));
      } else {
        return answer;
      }
    }
    const [refusal] = refusals;
    if (refusal === undefined || refusals.length < answers.length) {
      idleRounds = 0;
    } else if (left.length === keys.length || idleRounds === IDLE_ROUNDS) {
      return refusal;
    } else {
      const delayMs = PAUSE_MS * 2 ** idleRounds * (1 - (random?.next('batch pause') ?? 0) / 2);
      idleRounds += 1;
      await pause(clock, delayMs, AbortSignal.any([...ends]));
    }
    left = [...unread, ...left.slice(ROUND_KEYS)];
    if (left.length > 0 && ends.some((signal) => signal.aborted)) return { kind: 'ended' };
  }
  return { kind: 'items', items };
}

function batchesOf(keys: readonly Key[]): Key[][] {
  const batches: Key[][] = [];
  for (let from = 0; from < keys.length; from += BATCH_KEYS) {
    batches.push(keys.slice(from, from + BATCH_KEYS));
  }
  return batches;
}
