/** A shard as the page shows it. */
import { shownPosition } from '../../src/feed/reading.ts';
import type { Parts, ShardFacts } from './shard-facts.ts';
import type { ShardView } from './view.ts';
import { whyOf } from './why.ts';

const NONE: readonly string[] = [];

export function shardViewOf(parts: Parts, facts: ShardFacts): ShardView {
  const { stream, shardId, placed, item, actor } = facts;
  const ended = facts.state === 'ended';
  return {
    stream,
    shardId,
    parents: placed?.parents ?? NONE,
    startHash: placed?.startHash ?? null,
    endHash: placed?.endHash ?? null,
    from: placed?.from ?? null,
    to: placed?.to ?? null,
    state: facts.state,
    closed: ended ? true : (placed?.closed ?? null),
    owner: facts.owner,
    ownerKnown: facts.ownerKnown,
    ownerLives: facts.ownerLives,
    unread: facts.unread,
    unreadSinceMs: facts.unreadSinceMs,
    otherReaders: otherReadersOf(parts, facts),
    target: facts.target,
    targetBefore: facts.targetBefore,
    fence: item?.fence ?? facts.reader?.fence ?? null,
    position: ended ? 'SHARD_END' : shownPosition(item?.position ?? null),
    positionAtMs: item?.positionAtMs ?? null,
    ownedSinceMs: item === undefined ? (facts.reader?.sinceMs ?? null) : item.ownedSinceMs,
    behindMs: facts.behindMs,
    backlogRecords: facts.backlogRecords,
    recordsPerSecond: facts.recordsPerSecond,
    reader: actor === undefined ? null : { process: actor.process, actorId: actor.actorId },
    why: whyOf(facts),
  };
}

/**
 * Who handed out records after the present owner took the shard. That one has a reader still is not enough: it may not
 * know yet that it is too late, and be held back by its own clock.
 */
function otherReadersOf({ processes }: Parts, facts: ShardFacts): readonly string[] {
  const { item, owner, readers } = facts;
  const sinceMs = item?.ownedSinceMs ?? null;
  if (readers.length === 0 || owner === null || sinceMs === null) return NONE;
  const others = readers.flatMap(({ process, movedAtMs }) => {
    const clientId = processes.clientIdOf(process);
    const late = movedAtMs !== null && movedAtMs > sinceMs;
    return late && clientId !== null && clientId !== owner ? [clientId] : [];
  });
  return others.length === 0 ? NONE : others;
}
