/** From when on the group has nothing but itself to blame, and how long it may take then. */
import type { Pace } from '../history.ts';
import { Sessions, type Violation } from './evidence.ts';
import { once } from './once.ts';

export interface Calm {
  /** Nothing disturbs the group any more. */
  readonly fromMs: number;
  /** The same, and the last of its sessions is there. */
  readonly togetherFromMs: number;
  /** No request of before can arrive any more; those that disturb are in `fromMs` where they did. */
  readonly stragglersUntilMs: number;
}

/**
 * The quiet phase begins with its event; what was under way then still comes to its end: stopped processes that go on,
 * those that leave, their successors, ways that are cut off for a while, requests of before that are carried out late,
 * and a request timeout for those that never are.
 *
 * @returns null where the run has no quiet phase
 */
export const calmOf = once((evidence): Calm | null => {
  const quiet = evidence.events.find((event) => event.kind === 'quiet');
  if (quiet === undefined) return null;
  const { stragglerMs, requestTimeoutMs, clockError } = evidence.pace;
  const sessions = new Sessions(evidence.app);
  const owners = new Map<string, string | null>();
  const gone = new Set<string>();
  let disturbedMs = quiet.atMs;
  let joinedMs = quiet.atMs;
  for (const event of evidence.events) {
    const disturbs = (): void => void (disturbedMs = Math.max(disturbedMs, event.atMs));
    switch (event.kind) {
      case 'process':
        disturbs();
        if (['left', 'crashed', 'failed'].includes(event.what)) gone.add(event.process);
        disturbedMs = Math.max(disturbedMs, event.untilMs ?? 0);
        break;
      case 'reshard':
      case 'stream':
        disturbs();
        break;
      case 'notice':
        if (event.name === 'ready') joinedMs = event.atMs;
        break;
      case 'write': {
        const change = sessions.apply(event);
        const ended = change?.before ?? null;
        if (change?.after && change.after !== ended) owners.set(change.after, event.process);
        const expels = ended !== null && change?.after !== ended;
        const late =
          (event.process !== null && gone.has(event.process)) ||
          (expels && owners.get(ended) !== event.process) ||
          event.after?.sk === 'head';
        const straggles = late && event.atMs <= quiet.atMs + stragglerMs;
        if (straggles || event.process === null) disturbs();
        break;
      }
      default:
    }
  }
  const fromMs = disturbedMs + requestTimeoutMs / (1 - clockError);
  const stragglersUntilMs = quiet.atMs + stragglerMs;
  return { fromMs, stragglersUntilMs, togetherFromMs: Math.max(fromMs, joinedMs) };
});

/** True time for so many milliseconds of the slowest clock and so many requests, one after the other. */
const trueMs = ({ clockError, roundTripMs }: Pace, clockMs: number, requests: number): number =>
  clockMs / (1 - clockError) + requests * roundTripMs;

/** Send periods are spread by ±10 %. */
const SPREAD = 1.1;
const LONGEST_BACKOFF_MS = 5_000;
const LISTING_RETRY_MS = 2_000 * SPREAD;
const JOIN_DEBOUNCE_MS = 1_000;
const IDLE_READ_MS = 1_000;

/** What SPEC.md allows, by the slowest clock, and the messages on the way. All in true time, ms. */
export function boundsOf(pace: Pace) {
  const { heartbeatIntervalMs, ttlMs, pollIntervalMs, drainTimeoutMs, commitIntervalMs } = pace;
  const leaderMs = trueMs(pace, ttlMs + 2 * pollIntervalMs + 2_000, 16);
  const ownedMs = trueMs(
    pace,
    ttlMs + 2 * heartbeatIntervalMs + 3 * pollIntervalMs + drainTimeoutMs,
    40,
  );
  return {
    /** L1: silent for the TTL by looks at poll rhythm, a campaign of 1 s, a request that is not answered, a publish. */
    leaderMs,
    /** L2: the same, expelled in the first round of the new leader, asked for. */
    ownedMs,
    /** L2, where the leader died with others: the new one has to see them silent for their TTL itself. */
    secondTtlMs: trueMs(pace, ttlMs, 0),
    /** L3: and what was taken in the meantime is moved once more. */
    targetMs: ownedMs + trueMs(pace, drainTimeoutMs, 0),
    /** L3: one move: the plan is seen, read on for 1.1 polls and 250 ms, drained, given back, asked for each 250 ms. */
    moveMs: trueMs(pace, 3 * SPREAD * pollIntervalMs + 1_000 + drainTimeoutMs, 20),
    /** L5 */
    commitMs: trueMs(pace, 2 * commitIntervalMs, 4),
    /** L6: heard of by a heartbeat, then registered, where the last try before may have backed off. */
    returnMs: trueMs(
      pace,
      SPREAD * (heartbeatIntervalMs + pollIntervalMs) + LONGEST_BACKOFF_MS,
      20,
    ),
    /** L6: seen by a leader's round, which may have to be elected first, gathered with others, published. */
    plannedMs: leaderMs + trueMs(pace, 3 * SPREAD * pollIntervalMs + JOIN_DEBOUNCE_MS, 30),
    /** L6: who was silent may be expelled until its first heartbeat is seen. */
    forgivenMs: trueMs(pace, SPREAD * (heartbeatIntervalMs + 2 * pollIntervalMs), 10),
    /** L7: told, entered and published by a round, seen by a poll, asked for; one poll between two generations. */
    childMs: trueMs(pace, 3 * SPREAD * pollIntervalMs, 30),
    /** L7: the child is not in the map yet, and a listing failed. */
    listingMs: trueMs(pace, LISTING_RETRY_MS, 6),
    /** L8: the deadline of `close()`. */
    closeMs: trueMs(pace, pace.closeTimeoutMs, 2),
    /** L9: a heartbeat may have to wait for a poll. */
    beatMs: trueMs(pace, 2 * (heartbeatIntervalMs + pollIntervalMs), 8),
    /** L9: reads of before may have backed off. */
    readAgainMs: trueMs(pace, LONGEST_BACKOFF_MS, 4),
    /** L9: an iterator, and reads that find nothing at first. */
    deliveryMs: trueMs(pace, 3 * Math.max(IDLE_READ_MS, pace.scanIntervalMs), 12),
  };
}

/** While something is wrong, by its name; told once it is over, or the run is. */
export class Spells {
  readonly #since = new Map<string, number>();
  readonly #judge: (name: string, sinceMs: number, untilMs: number) => void;

  constructor(judge: (name: string, sinceMs: number, untilMs: number) => void) {
    this.#judge = judge;
  }

  set(name: string, state: 'wrong' | 'right', atMs: number): void {
    const since = this.#since.get(name);
    if (state === 'wrong' && since === undefined) this.#since.set(name, atMs);
    if (state === 'right' && since !== undefined) {
      this.#since.delete(name);
      this.#judge(name, since, atMs);
    }
  }

  names(): readonly string[] {
    return [...this.#since.keys()];
  }

  end(atMs: number): void {
    for (const name of this.names()) this.set(name, 'right', atMs);
  }
}

/** A violation of a bound: something stayed wrong beyond its time. */
export const overdue = (
  invariant: string,
  message: string,
  [sinceMs, deadlineMs, untilMs]: readonly [number, number, number],
): Violation => ({
  invariant,
  order: null,
  message: `${message}, from ${Math.round(sinceMs)} to ${Math.round(untilMs)} ms, allowed until ${Math.round(deadlineMs)} ms`,
});
