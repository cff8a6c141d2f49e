/** What a mutant of the protocol does otherwise: the writes on their way to the table, or the decisions. */
import type { Write } from '../../machines/ports.ts';
import type { CommitVerdict, ParentsState, ShardItem } from '../../machines/rules/fencing.ts';

/** A write may be changed on its way to the table. */
export type Meddle = (write: Write) => Write;

export interface Twist {
  readonly write?: Meddle;
  /** What an ask sees of a shard's item. */
  readonly item?: (read: ShardItem | null) => ShardItem | null;
  /** A session does not remember the fences that it saw: only where an item is deleted does the table forget them too. */
  readonly fences?: 'forgotten';
  readonly ownerAlive?: (alive: boolean) => boolean;
  readonly parents?: (known: ParentsState) => ParentsState;
  /** An acquire that was not answered is not remembered, or what it brought is read under its own fence. */
  readonly doubts?: 'forgotten' | 'read';
  /** What the refusal of a commit is taken for. */
  readonly verdict?: (judged: CommitVerdict) => CommitVerdict;
  /** All tries of a process to register carry one nonce. */
  readonly nonces?: 'reused';
  /** A try to register that finds an own earlier one goes on under its nonce. */
  readonly claims?: 'adopted';
  /** A heartbeat that is refused does not know the nonces of earlier tries. */
  readonly ownNonces?: 'unknown';
  /** A session acts, and is planned for, before its first heartbeat was answered. */
  readonly joins?: 'unheard';
}
