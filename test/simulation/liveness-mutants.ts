/** Faults that make a group slow, restless or dear and never wrong at once: what the checkers of L and C must find. */
import type { Item, Key, StateStore, Write, WriteAnswer } from '../../src/machines/ports.ts';
import { SHARD_END } from '../../src/machines/rules/positions.ts';
import type { Host, Scenario, Step } from '../../src/simulation/scenario.ts';
import { at, scenario } from './host.ts';
import {
  bodyOf,
  isAcquire,
  isCheckpoint,
  isHeartbeat,
  isRegistration,
  isRelease,
  streamWays,
  unanswered,
  ways,
} from './wraps.ts';

export interface LivenessMutant {
  readonly host: () => Omit<Host, 'hop'>;
  readonly given: Partial<Scenario> & { readonly script: readonly Step[] };
  /** Invariants that it must break. */
  readonly breaks: readonly string[];
}

const QUIET_MS = 45_000;

export const livenessScenario = (given: LivenessMutant['given'], seed: number): Scenario =>
  scenario({ quietMs: QUIET_MS, seed, ...given });

// ---------------------------------------------------------------- ways

/** Answers some writes without a word to the table. */
const instead = (answerOf: (write: Write) => WriteAnswer | null): Pick<Host, 'wrapStore'> => ({
  wrapStore: (store) => ({
    ...ways(store),
    write: (write, options) => {
      const answer = answerOf(write);
      return answer === null ? store.write(write, options) : Promise.resolve(answer);
    },
  }),
});

/** Sees other items than those that stand. */
const seeing = (
  look: (item: Item | null, key: Key, consistent: boolean) => Item | null,
): Pick<Host, 'wrapStore'> => ({
  wrapStore: (store): StateStore => ({
    ...ways(store),
    async read(keys, options) {
      const answer = await store.read(keys, options);
      if (answer.kind !== 'items') return answer;
      const items = keys.map((key, index) =>
        look(answer.items[index] ?? null, key, options.consistent),
      );
      return { ...answer, items };
    },
  }),
});

const isOfClient = ({ pk }: Key): boolean => pk.startsWith('client#');
const demandsAnOwner = (write: Write): boolean =>
  write.when.some(({ attribute, op }) => attribute === 'lease_owner' && op === '=');

/** A plan in which each range is the next member's. */
function rotated(item: Item): Item {
  const plan = JSON.parse(bodyOf(item)) as {
    gen: number;
    streams: Record<string, { ranges: { clientId: string }[] }>;
  };
  if (plan.gen % 2 === 0) return item;
  for (const division of Object.values(plan.streams)) {
    const ids = division.ranges.map(({ clientId }) => clientId);
    division.ranges = division.ranges.map((range, index) => ({
      ...range,
      clientId: ids[(index + 1) % ids.length] ?? range.clientId,
    }));
  }
  return { ...item, body: JSON.stringify(plan) };
}

// ---------------------------------------------------------------- a handler that never comes back

const STUCK_SHARD = 'shardId-000000000000';
const stuck: Pick<Host, 'handlerMs'> = {
  handlerMs: (_, shardId) => (shardId === STUCK_SHARD ? Number.POSITIVE_INFINITY : 0),
};
/** One client, a stuck handler, and records for all shards. */
const stuckScript = [at(0, 'join', 0), at(5, 'put', 200), at(20, 'put', 200)];

/** Which shard was read last with records, until it is read again; others wait for that. */
class Turn {
  #holder: string | null = null;
  readonly #waiting: (() => void)[] = [];

  isFree(): boolean {
    return this.#holder === null;
  }

  async take(shardId: string): Promise<void> {
    while (this.#holder !== null && this.#holder !== shardId) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.give();
  }

  hold(shardId: string): void {
    this.#holder = shardId;
  }

  give(): void {
    this.#holder = null;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

const takingTurns = (turn: Turn, who: 'waits' | 'only notes'): Pick<Host, 'wrapStream'> => ({
  wrapStream: (stream) => ({
    ...streamWays(stream),
    async fetch(shard, iterator, limit, options) {
      if (who === 'waits') await turn.take(shard.shardId);
      else if (shard.shardId === STUCK_SHARD) turn.give();
      const answer = await stream.fetch(shard, iterator, limit, options);
      const holds = who === 'waits' || shard.shardId === STUCK_SHARD;
      if (holds && answer.kind === 'batch' && answer.batch.records.length > 0) {
        turn.hold(shard.shardId);
      }
      return answer;
    },
  }),
});

/** What a sound group must bear. */
export const STUCK_HANDLER = { host: stuck, given: { script: stuckScript } } as const;

// ---------------------------------------------------------------- mutants

/** Two clients, one of which dies in the end. */
const crashOfLeader = [at(0, 'join', 0), at(1, 'join', 1), at(3, 'put', 40), at(23, 'crash', 0)];
const lateJoin = [at(0, 'join', 0), at(3, 'put', 40), at(15, 'join', 1), at(18, 'put', 40)];

export const LIVENESS_MUTANTS = {
  'reads every other plan as if it were rotated': {
    host: () =>
      seeing((item, key) => (item !== null && key.sk.startsWith('plan#') ? rotated(item) : item)),
    given: { script: [...lateJoin, at(20, 'join', 2)] },
    breaks: ['D8'],
  },
  'sees its leader live for ever': {
    host: () => {
      let rv = 1_000;
      return seeing((item, key, consistent) =>
        item !== null && isOfClient(key) && !consistent ? { ...item, rv: rv++ } : item,
      );
    },
    given: { script: crashOfLeader },
    breaks: ['L1'],
  },
  'takes nothing that a dead one owned': {
    host: () =>
      instead((write) =>
        isAcquire(write) && demandsAnOwner(write) ? { kind: 'refused', item: null } : null,
      ),
    given: { script: crashOfLeader },
    breaks: ['L2'],
  },
  'says that it gave its shards back, and keeps them': {
    host: () => instead((write) => (isRelease(write) ? { kind: 'applied', item: null } : null)),
    given: { script: lateJoin },
    breaks: ['L3'],
  },
  'takes the lead from a leader that lives': {
    host: () => seeing((item, key) => (isOfClient(key) ? null : item)),
    given: { script: lateJoin },
    breaks: ['L4'],
  },
  'commits only what it gives back': {
    host: () =>
      instead((write) =>
        isCheckpoint(write) && !isRelease(write) && write.set['position'] !== SHARD_END
          ? { kind: 'applied', item: null }
          : null,
      ),
    given: { script: lateJoin },
    breaks: ['L5'],
  },
  'registers once and never again': {
    host: () => ({
      wrapStore: (store) => {
        let sent = 0;
        return (
          instead((write) => (isRegistration(write) && sent++ > 0 ? unanswered : null)).wrapStore?.(
            store,
          ) ?? store
        );
      },
    }),
    given: { script: [at(0, 'join', 0), at(1, 'join', 1), at(12, 'pause', 1, 8)] },
    breaks: ['L6'],
  },
  'tells nobody of the end of a shard': {
    host: () => ({
      wrapStore: (store) => ({
        ...ways(store),
        write: (write, options) =>
          store.write(
            isHeartbeat(write) ? { ...write, set: { ...write.set, endedCount: 0 } } : write,
            options,
          ),
      }),
    }),
    given: { script: [at(0, 'join', 0), at(1, 'join', 1), at(23, 'split', 0)] },
    breaks: ['L7'],
  },
  'forgets when it has to be closed': {
    host: () => ({
      wrapClock: (clock) => ({
        monotonicMs: () => clock.monotonicMs(),
        wallMs: () => clock.wallMs(),
        setTimeout: (callback, delayMs) =>
          delayMs >= 9_000 ? null : clock.setTimeout(callback, delayMs),
        clearTimeout: (timer) => clock.clearTimeout(timer),
      }),
    }),
    given: {
      script: [at(0, 'join', 0), at(1, 'join', 1), at(9, 'cut', 1, 40), at(10, 'leave', 1)],
    },
    breaks: ['L8'],
  },
  'reads no shard while records of another are out': {
    host: () => ({ ...stuck, ...takingTurns(new Turn(), 'waits') }),
    given: { script: stuckScript },
    breaks: ['L9'],
  },
  'heartbeats not while records of one shard are out': {
    host: () => {
      const turn = new Turn();
      return {
        ...stuck,
        ...takingTurns(turn, 'only notes'),
        ...instead((write) => (isHeartbeat(write) && !turn.isFree() ? unanswered : null)),
      };
    },
    given: { script: stuckScript },
    breaks: ['L9'],
  },
  'polls twice': {
    host: () => ({
      wrapStore: (store) => ({
        ...ways(store),
        async read(keys, options) {
          if (!options.consistent) await store.read(keys, options);
          return store.read(keys, options);
        },
      }),
    }),
    given: { script: lateJoin },
    breaks: ['C1'],
  },
  'commits again what stands, with each heartbeat': {
    host: () => ({
      wrapStore: (store) => {
        let last: Write | null = null;
        return {
          ...ways(store),
          async write(write, options) {
            if (isHeartbeat(write) && last !== null) await store.write(last);
            const answer = await store.write(write, options);
            if (isCheckpoint(write) && !isRelease(write) && answer.kind === 'applied') {
              last = {
                ...write,
                when: write.when.filter(({ attribute }) => attribute !== 'position'),
              };
            }
            return answer;
          },
        };
      },
    }),
    given: { script: lateJoin },
    breaks: ['C1', 'C2'],
  },
  'gives records the key of another': {
    host: () => ({
      wrapStream: (stream) => ({
        ...streamWays(stream),
        async fetch(shard, iterator, limit, options) {
          const answer = await stream.fetch(shard, iterator, limit, options);
          if (answer.kind !== 'batch') return answer;
          const [first] = answer.batch.records;
          const records = answer.batch.records.map((record) => ({
            ...record,
            partitionKey: first?.partitionKey ?? record.partitionKey,
          }));
          return { ...answer, batch: { ...answer.batch, records } };
        },
      }),
    }),
    given: { script: lateJoin },
    breaks: ['D2'],
  },
} as const satisfies Record<string, LivenessMutant>;
