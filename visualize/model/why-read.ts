/** Sentences for shards whose owner's session stands. */
import { takenWithinMs } from './rhythm.ts';
import type { ShardFacts } from './shard-facts.ts';
import { troubleOf, type Trouble } from './processes.ts';
import type { Why } from './view.ts';
import { duration, durationLeft, records } from './words.ts';

/** A handler call that takes longer is worth a word. */
const LONG_CALL_MS = 10_000;
/** A lag that is worth one. */
const LONG_LAG_MS = 60_000;
/** Part of the time to live after which silence is worth one. */
const SILENT_SHARE = 0.65;

export function readingWhy(facts: ShardFacts, owner: string): Why {
  return (
    deadWhy(facts, owner) ??
    drainingWhy(facts, owner) ??
    pausedWhy(facts, owner) ??
    troubleWhy(facts, owner) ??
    handlerWhy(facts, owner) ??
    silentWhy(facts, owner) ??
    lagWhy(facts, owner) ?? { kind: 'read', sentence: `${owner} reads it.`, wayOut: null }
  );
}

/** Its process is known to have ended, or to stand still. */
function deadWhy({ ownerProcess, ownerMember, moment }: ShardFacts, owner: string): Why | null {
  const life = ownerProcess?.life;
  if (ownerProcess === undefined || (life !== 'ended' && life !== 'paused')) return null;
  const past = duration(moment.nowMs - ownerProcess.lifeSinceMs);
  const what = life === 'ended' ? `died ${past} ago` : `has stood still for ${past}`;
  const { heartbeatAtMs = null, ttlMs = null } = ownerMember ?? {};
  const leftMs =
    heartbeatAtMs === null || ttlMs === null
      ? null
      : heartbeatAtMs + takenWithinMs(ttlMs) + moment.seenLateMs - moment.nowMs;
  const unless = life === 'paused' ? ' unless it goes on' : '';
  return {
    kind: 'waiting',
    sentence: `${owner} ${what}; ${takenIn(leftMs)}${unless}.`,
    wayOut: overdue(leftMs) ? LOOK_AT_LEADER : 'Nothing to do: the group finds out by its silence.',
  };
}

export const LOOK_AT_LEADER = 'It is overdue: look at the errors of the leader.';

export const overdue = (leftMs: number | null): boolean => leftMs !== null && leftMs <= 0;

export function takenIn(leftMs: number | null): string {
  if (leftMs === null) return 'another member takes it once its session is gone';
  return leftMs > 0
    ? `another member takes it at most ${durationLeft(leftMs)} from now`
    : `another member should have taken it ${duration(-leftMs)} ago`;
}

/** The newest plan gives it to somebody else, or its reader is ending. */
function drainingWhy(facts: ShardFacts, owner: string): Why | null {
  const { target, subscribed, ownerProcess, stream, actor } = facts;
  const isIn = (state: string): boolean =>
    actor?.activeIds.some((id) => id === state || id.startsWith(`${state}.`)) ?? false;
  if (isIn('reader.ending')) {
    return waiting(`${owner} has read it to its end and writes that down.`, null);
  }
  if (target !== null && target !== owner) {
    const leaves = ownerProcess?.life === 'leaving' || facts.ownerMember?.state === 'leaving';
    const why = leaves ? `${owner} is leaving and reads it` : `${owner} reads it`;
    return waiting(
      `${why} until it drains; then ${target} takes it.`,
      'Nothing to do: a handler that is running has up to the drain timeout.',
    );
  }
  if (subscribed === false) {
    return waiting(
      `${owner} reads it until it drains; after that nobody subscribes to ${stream}.`,
      `Consume ${stream} from a client to have it read on.`,
    );
  }
  if (isIn('reader.draining') || isIn('reader.releasing')) {
    return waiting(
      `${owner} is giving it back.`,
      'Nothing to do: a handler that is running has up to the drain timeout.',
    );
  }
  return null;
}

const waiting = (sentence: string, wayOut: string | null): Why => ({
  kind: 'waiting',
  sentence,
  wayOut,
});

function pausedWhy({ actor }: ShardFacts, owner: string): Why | null {
  if (actor?.activeIds.includes('reader.active.mode.paused') !== true) return null;
  return {
    kind: 'stopped',
    sentence: `Paused by ${owner}.`,
    wayOut: `Call resume() of that client.`,
  };
}

const THROTTLES: Readonly<Record<string, { readonly by: string; readonly wayOut: string }>> = {
  StreamThrottled: {
    by: 'Kinesis',
    wayOut:
      'A shard gives 5 reads and 2 MB a second to all its consumers together: read it less often ' +
      '(scanIntervalMs), or give each consumer its own.',
  },
  StoreThrottled: { by: 'the state table', wayOut: 'Give the state table more capacity.' },
};

function troubleWhy({ reader, moment }: ShardFacts, owner: string): Why | null {
  const trouble = troubleOf(reader, moment.nowMs);
  if (trouble === null) return null;
  const past = duration(moment.nowMs - trouble.sinceMs);
  const throttle = THROTTLES[trouble.code];
  if (throttle !== undefined) {
    return {
      kind: 'slow',
      sentence: `Throttled by ${throttle.by} for ${past}; ${owner} tries again by itself.`,
      wayOut: throttle.wayOut,
    };
  }
  return {
    kind: 'slow',
    sentence: `${owner} has met ${trouble.code} for ${past} and tries again: ${firstLine(trouble)}`,
    wayOut: `See ${trouble.code} in the table of errors.`,
  };
}

const firstLine = ({ text }: Trouble): string => text.split('\n', 1)[0] ?? '';

function handlerWhy(facts: ShardFacts, owner: string): Why | null {
  const { actor, moment, handlingSinceMs } = facts;
  const sinceMs =
    handlingSinceMs ?? actor?.enteredMs.get('reader.active.deliver.delivering') ?? null;
  if (sinceMs !== null && moment.nowMs - sinceMs >= LONG_CALL_MS) {
    return {
      kind: 'slow',
      sentence: `The handler of ${owner} has been running for ${duration(moment.nowMs - sinceMs)}.`,
      wayOut: 'It has to return: nothing more of this shard is handed out before. Others go on.',
    };
  }
  if (actor?.activeIds.includes('reader.active.deliver.settling') === true) {
    return waiting(
      `${owner} has read it to its end; its last records are not completed yet.`,
      'The handler has to return, or to mark the last record.',
    );
  }
  return null;
}

function silentWhy({ ownerMember, moment }: ShardFacts, owner: string): Why | null {
  const { heartbeatAtMs = null, ttlMs = null } = ownerMember ?? {};
  if (heartbeatAtMs === null || ttlMs === null) return null;
  const silentMs = moment.heardMs - heartbeatAtMs;
  if (silentMs < ttlMs * SILENT_SHARE) return null;
  const leftMs = heartbeatAtMs + takenWithinMs(ttlMs) + moment.seenLateMs - moment.heardMs;
  return {
    kind: 'waiting',
    sentence: `${owner} has been silent for ${duration(silentMs)}; if it stays so, ${takenIn(leftMs)}.`,
    wayOut: overdue(leftMs) ? LOOK_AT_LEADER : `See whether ${owner} runs and reaches the table.`,
  };
}

function lagWhy({ behindMs, backlogRecords }: ShardFacts, owner: string): Why | null {
  if (behindMs === null || behindMs.value < LONG_LAG_MS) return null;
  const waits = backlogRecords === null ? '' : `, with ${records(backlogRecords.value)} waiting`;
  return {
    kind: 'slow',
    sentence: `${owner} reads it and is ${duration(behindMs.value)} behind${waits}.`,
    wayOut: 'A faster handler, or more shards: one shard is read by one client.',
  };
}
