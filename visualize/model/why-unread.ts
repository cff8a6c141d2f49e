/** Sentences for shards that nobody owns, or whose owner's session is gone. */
import { movedWithinMs } from './rhythm.ts';
import type { ShardFacts } from './shard-facts.ts';
import type { Member } from './members.ts';
import type { Why } from './view.ts';
import { LOOK_AT_LEADER, overdue, takenIn } from './why-read.ts';
import { duration, durationLeft } from './words.ts';

/** The time to live of the default profile, where no member has stated one. */
const DEFAULT_TTL_MS = 9_000;
/** A member that has not taken a free shard after this has a problem. */
const LATE_MS = 15_000;

const DESERTED: Why = {
  kind: 'stopped',
  sentence: 'No client is in the group.',
  wayOut: 'Start a client that consumes this stream.',
};

/** Its owner's session is gone. */
export function goneWhy(facts: ShardFacts, owner: string): Why {
  const { moment, target, targetMember, unreadSinceMs, ownerMember } = facts;
  if (moment.activeMembers === 0) {
    return {
      ...DESERTED,
      sentence: `The session of its owner ${owner} is gone, and no client is in the group.`,
    };
  }
  const ttlMs = targetMember?.ttlMs ?? ownerMember?.ttlMs ?? DEFAULT_TTL_MS;
  const leftMs =
    unreadSinceMs === null
      ? null
      : unreadSinceMs + movedWithinMs(ttlMs) + moment.seenLateMs - moment.nowMs;
  const taker = target === null || target === owner ? takenIn(leftMs) : takenBy(target, leftMs);
  return {
    kind: 'waiting',
    sentence: `The session of its owner ${owner} is gone; ${taker}.`,
    wayOut: overdue(leftMs) ? LOOK_AT_LEADER : 'Nothing to do: the next plan gives it away.',
  };
}

const takenBy = (target: string, leftMs: number | null): string => {
  if (leftMs === null) return `${target} takes it by the newest plan`;
  return leftMs > 0
    ? `${target} takes it at most ${durationLeft(leftMs)} from now`
    : `${target} should have taken it ${duration(-leftMs)} ago`;
};

/** Nobody owns it. */
export function unownedWhy(facts: ShardFacts): Why {
  const { moment, generation, subscribed, stream, target, targetMember } = facts;
  if (moment.activeMembers === 0) return DESERTED;
  if (generation === null) {
    return {
      kind: 'waiting',
      sentence: 'No plan has been published yet.',
      wayOut: 'The first member that runs publishes one within seconds; else look at its errors.',
    };
  }
  if (subscribed === null) {
    return {
      kind: 'unknown',
      sentence: `Nobody owns it; the plan of generation ${generation.number} is not known here.`,
      wayOut: null,
    };
  }
  if (!subscribed) {
    return {
      kind: 'stopped',
      sentence: `Nobody subscribes to ${stream}.`,
      wayOut: `Consume ${stream} from a client.`,
    };
  }
  if (!facts.targetsKnown) {
    return {
      kind: 'unknown',
      sentence: `Nobody owns it; whose it is by generation ${generation.number} is not known here.`,
      wayOut: null,
    };
  }
  if (target === null) return unplannedWhy(facts);
  return namedWhy(facts, target, targetMember);
}

function unplannedWhy({ generation, moment, unreadSinceMs }: ShardFacts): Why {
  const since = unreadSinceMs === null ? null : moment.nowMs - unreadSinceMs;
  const late = since !== null && since > LATE_MS;
  return {
    kind: 'waiting',
    sentence:
      `No plan names it yet${since === null ? '' : `, ${duration(since)} after it could be read`}; ` +
      `generation ${generation?.number ?? 0} is older.`,
    wayOut: late ? LOOK_AT_LEADER : 'Nothing to do: the leader publishes a plan with it.',
  };
}

function namedWhy(facts: ShardFacts, target: string, member: Member | undefined): Why {
  const { generation, moment, unreadSinceMs, targetProcess } = facts;
  const plan = `The plan of generation ${generation?.number ?? 0} names ${target}`;
  const gone = member === undefined || member.state === 'gone' || targetProcess?.life === 'ended';
  if (gone) {
    return {
      kind: 'waiting',
      sentence: `${plan}, which is gone; the next plan names another member.`,
      wayOut: 'Nothing to do, unless it lasts: then look at the errors of the leader.',
    };
  }
  const since = Math.max(unreadSinceMs ?? 0, generation?.publishedAtMs ?? 0);
  const pastMs = moment.nowMs - since;
  const halted = targetProcess?.life === 'paused' ? ', which stands still and' : ', which';
  const late = pastMs > LATE_MS;
  const error = member.lastError === null ? '' : ` Its last error: ${member.lastError.text}`;
  return {
    kind: 'waiting',
    sentence: `${plan}${halted} has not taken it yet, for ${duration(pastMs)}.`,
    wayOut: late
      ? `See whether ${target} reaches the state table.${error}`
      : 'Nothing to do: it asks for it several times a second.',
  };
}
