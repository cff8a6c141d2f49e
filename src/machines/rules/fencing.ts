/**
 * Decisions on shard items. Who owns a shard is decided by one conditional write on its item; these functions say
 * what to write, and what a refusal or a missing answer means.
 */
import { NOT_STARTED, SHARD_END, positionOf } from './positions.ts';
import type { AcquireFields } from './writes.ts';

/** The item of a shard, as read; null where an attribute is absent. */
export interface ShardItem {
  /** The session that owns the shard; null: free. */
  readonly owner: string | null;
  /** +1 per acquire, never decreases. */
  readonly fence: number | null;
  readonly position: string | null;
  /** The attribute that the Go kinesumer writes: last sequence number, or empty. */
  readonly sequenceNumber: string | null;
}

/** What is known about one parent of a shard. */
export type ParentState = 'done' | 'open' | 'unknown';

/** What is known about the parents of a shard; only the first acquire asks. */
export type ParentsState = ParentState | 'notNeeded';

/** Whether a parent is completed, by a strong read of its item; where there is none, its stream has to say. */
export const parentStateOf = (item: ShardItem): ParentState =>
  item.position === SHARD_END ? 'done' : 'open';

/** What a shard waits for. None: there is nothing to be proven. */
export function parentsStateOf(parents: readonly ParentState[]): ParentsState {
  if (parents.length === 0) return 'notNeeded';
  if (parents.includes('unknown')) return 'unknown';
  return parents.includes('open') ? 'open' : 'done';
}

export interface AcquireQuestion {
  /** From a strong read; null: no item. */
  readonly item: ShardItem | null;
  /** The own session. */
  readonly me: string;
  /** Whether the session in `item.owner` exists, from a strong read. */
  readonly ownerAlive: boolean;
  /** The highest fence of this shard that this session ever saw; 0: none. */
  readonly highestFenceSeen: number;
  readonly parents: ParentsState;
}

export type AcquireDecision =
  /** Write owner, fence and position, if owner and fence are as expected (null: absent). */
  | {
      readonly kind: 'acquire';
      readonly fence: number;
      readonly position: string;
      readonly expect: { readonly owner: string | null; readonly fence: number | null };
    }
  | { readonly kind: 'held'; readonly owner: string }
  /** The shard is completed; note it as ended. */
  | { readonly kind: 'ended' }
  /** Its first acquire has to wait: a parent is not completed, or not known to be. */
  | { readonly kind: 'waitsForParents' };

/**
 * Whether a shard may be acquired, and with which write. The new fence is above every fence seen, so that it also
 * rises over a deletion of the item.
 */
export function decideAcquire(question: AcquireQuestion): AcquireDecision {
  const { item, me, ownerAlive, highestFenceSeen, parents } = question;
  if (item?.position === SHARD_END) return { kind: 'ended' };
  const owner = item?.owner ?? null;
  const fence = item?.fence ?? null;
  if (owner !== null && owner !== me && ownerAlive) return { kind: 'held', owner };
  const first = fence === null && (item?.position ?? null) === null;
  if (first && parents !== 'done' && parents !== 'notNeeded') return { kind: 'waitsForParents' };
  return {
    kind: 'acquire',
    fence: Math.max(fence ?? 0, highestFenceSeen) + 1,
    position: standingOf(item),
    expect: { owner, fence },
  };
}

/** The position at which an item stands. */
function standingOf(item: ShardItem | null): string {
  if (item === null) return NOT_STARTED;
  if (item.position !== null) return item.position;
  // The Go client writes an empty string before the first record.
  if (item.sequenceNumber === null || item.sequenceNumber === '') return NOT_STARTED;
  return positionOf(item.sequenceNumber, null);
}

/** The fields of the write that a decision asks for; `item` is the read that it stands on. */
export const acquireFieldsOf = (
  decision: Extract<AcquireDecision, { kind: 'acquire' }>,
  item: ShardItem | null,
  me: string,
): AcquireFields => ({
  session: me,
  fence: decision.fence,
  ownerAsRead: decision.expect.owner,
  fenceAsRead: decision.expect.fence,
  firstPosition: (item?.position ?? null) === null ? decision.position : null,
  sequenceNumberAsRead: item?.sequenceNumber ?? null,
});

/**
 * Where reading starts under an acquire that was applied: where the item stands by the answer itself, since the
 * owner before may have committed between the read and the write.
 */
export const acquiredPosition = (
  decision: Extract<AcquireDecision, { kind: 'acquire' }>,
  stands: ShardItem | null,
): string => stands?.position ?? decision.position;

export interface AskQuestion extends AcquireQuestion {
  /** `take`: the shard is wanted · `settle`: only a doubt is left. */
  readonly intent: 'take' | 'settle';
  /** The fence of an acquire that was never answered; null: none. */
  readonly doubt: number | null;
}

export type AskDecision =
  | AcquireDecision
  /** The unanswered acquire was applied, and the shard is not wanted: give it up. */
  | { readonly kind: 'disown'; readonly fence: number }
  /** It may still be applied, and nothing else is asked for. */
  | { readonly kind: 'doubt'; readonly fence: number }
  /** It was not applied and never will be, and nothing else is asked for. */
  | { readonly kind: 'settled' };

/**
 * What to do about a shard that is pending: first its doubt, then the shard itself. What a doubt brought is not read
 * under the fence of the doubt but acquired again, above it: it may have been given up under that one, by a write that
 * was not answered either, and that may still arrive while the shard is being read.
 */
export function decideAsk(question: AskQuestion): AskDecision {
  const { item, me, doubt, intent } = question;
  if (doubt !== null) {
    const judged = judgeDoubt({ item, me, triedFence: doubt });
    if (judged === 'passed' && intent === 'settle') return { kind: 'settled' };
    if (judged === 'open' && intent === 'settle') return { kind: 'doubt', fence: doubt };
    if (judged === 'mine' && intent === 'settle') return { kind: 'disown', fence: doubt };
  }
  return decideAcquire(question);
}

export interface RefusedCommit {
  /** What stood when the commit was refused; null: no item. */
  readonly item: ShardItem | null;
  readonly me: string;
  /** The fence under which the commit was sent. */
  readonly fence: number;
  /** The position that was to be committed. */
  readonly position: string;
  readonly highestFenceSeen: number;
}

export type CommitVerdict =
  /** An earlier, unanswered try of this commit or a later one did it. */
  | { readonly kind: 'applied' }
  /** The shard has a new owner. */
  | { readonly kind: 'lost' }
  /** Something that knows no fences wrote or deleted the item. */
  | { readonly kind: 'foreign' };

/** What the refusal of a commit means, or of an end, which carries a position too. */
export function judgeCommitRefusal(refused: RefusedCommit): CommitVerdict {
  const { item, me, fence, position } = refused;
  // an end has no owner any more once it is applied, and is final whoever wrote it
  if (position === SHARD_END && item?.position === SHARD_END) return { kind: 'applied' };
  if (item === null || item.fence === null) return { kind: 'foreign' };
  if (item.fence < Math.max(fence, refused.highestFenceSeen)) return { kind: 'foreign' };
  const mine = item.owner === me && item.fence === fence;
  if (mine && item.position !== null && item.position >= position) return { kind: 'applied' };
  return { kind: 'lost' };
}

/**
 * What the refusal of a release means. One that was applied leaves no owner, and no own commit is ahead of it: what is
 * still mine was written by something that knows no fences, and has to be given up as it stands (`held`).
 */
export function judgeReleaseRefusal(refused: RefusedCommit): CommitVerdict | { kind: 'held' } {
  const { item, me, fence } = refused;
  return item?.owner === me && item.fence === fence
    ? { kind: 'held' }
    : judgeCommitRefusal(refused);
}

export interface DoubtfulAcquire {
  /** From a strong read; null: no item. */
  readonly item: ShardItem | null;
  readonly me: string;
  /** The fence of the acquire that was not answered. */
  readonly triedFence: number;
}

/**
 * What became of an acquire that was not answered.
 *
 * - `mine`: it was applied; take the shard or release it.
 * - `passed`: the fence reached the one tried for someone else, or went beyond: it can never be applied any more.
 * - `open`: it may still arrive.
 */
export function judgeDoubt(doubt: DoubtfulAcquire): 'mine' | 'passed' | 'open' {
  const fence = doubt.item?.fence ?? 0;
  if (fence < doubt.triedFence) return 'open';
  return fence === doubt.triedFence && doubt.item?.owner === doubt.me ? 'mine' : 'passed';
}
