/** What each fault of a swarm does: its own draws make its own steps and settings. */
import type { ProfileName } from '../options.ts';
import type { StoreFaults } from '../services/memory/state-store.ts';
import type { StreamFaults } from '../services/memory/stream.ts';
import type { Action, Member, Step } from './action.ts';
import type { KinesisSetting } from './cluster.ts';
import type { Dice } from './dice.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** What a fault may count on. */
export interface Ground {
  /** Slots that are taken at first. */
  readonly slots: readonly number[];
  readonly streams: readonly string[];
  /** The fault phase, once the group has formed. */
  readonly fromMs: number;
  readonly toMs: number;
}

/** What a fault adds to a scenario. */
export interface Share {
  readonly steps?: readonly Step[];
  readonly members?: readonly Member[];
  readonly kinesis?: KinesisSetting;
  readonly store?: StoreFaults;
  readonly stream?: StreamFaults;
  /** How much longer than others it needs to settle. */
  readonly settleMs?: number;
}

type Fault = (dice: Dice, ground: Ground) => Share;

/** Steps at random instants of the fault phase. */
function strewn(
  dice: Dice,
  { fromMs, toMs }: Ground,
  [min, max]: readonly [number, number],
  make: () => Action,
): readonly Step[] {
  const count = dice.whole(min, max, 'how often');
  return dice.instants(count, fromMs, toMs, 'when').map((atMs) => ({ atMs, action: make() }));
}

/** A step for each member that is hit. */
const each = (
  dice: Dice,
  { slots }: Ground,
  make: (slot: number) => Omit<Member, 'slot'>,
): readonly Member[] =>
  dice.some(slots, 0.5, 'who').map((slot) => Object.assign({ slot }, make(slot)));

const delayUpTo = (maxMs: number) => ({ minMs: 0, maxMs });

/** Long and short ones: what takes milliseconds breaks other things than what takes minutes. */
const spanMs = (dice: Dice, minMs: number, maxMs: number): number =>
  Math.round(dice.scaled(minMs, maxMs, 'how long'));

export const FAULTS = {
  // ------------------------------------------------------------ the ways to the services
  /** Requests and answers travel for up to a minute, in bursts. */
  delays: (dice, ground) => {
    const burst = (): Action => {
      const faults = {
        requestMs: delayUpTo(spanMs(dice, 50, MINUTE)),
        answerMs: delayUpTo(spanMs(dice, 50, 10 * SECOND)),
      };
      const forMs = spanMs(dice, SECOND, 20 * SECOND);
      return dice.chance(0.7, 'of the store')
        ? { kind: 'spell', forMs, store: faults }
        : { kind: 'spell', forMs, stream: faults };
    };
    return { steps: strewn(dice, ground, [1, 4], burst), settleMs: 30 * SECOND };
  },
  losses: (dice) => ({
    store: {
      lostRequest: dice.scaled(0.002, 0.1, 'lost requests'),
      lostAnswer: dice.scaled(0.002, 0.1, 'lost answers'),
    },
    stream: { lostRequest: dice.scaled(0.002, 0.1, 'lost requests of the stream') },
  }),
  lateWrites: (dice) => ({
    store: {
      lateApply: dice.scaled(0.002, 0.1, 'late'),
      lateByMs: delayUpTo(spanMs(dice, SECOND, MINUTE)),
    },
    settleMs: 30 * SECOND,
  }),
  /** What was not answered arrives twice. */
  duplicates: (dice) => ({
    store: {
      lostAnswer: dice.scaled(0.01, 0.1, 'lost answers'),
      duplicate: dice.scaled(0.05, 1, 'twice'),
      lateByMs: delayUpTo(spanMs(dice, SECOND, MINUTE)),
    },
    settleMs: 30 * SECOND,
  }),
  throttling: (dice, ground) => ({
    steps: strewn(dice, ground, [1, 4], () => {
      const throttle = dice.scaled(0.01, 1, 'throttled');
      const forMs = spanMs(dice, SECOND, 30 * SECOND);
      return dice.chance(0.7, 'of the store')
        ? { kind: 'spell', forMs, store: { throttle } }
        : { kind: 'spell', forMs, stream: { throttle } };
    }),
  }),
  /** Eventual reads go back, and forth, and back. */
  staleReads: (dice) => ({
    store: {
      stale: {
        probability: dice.scaled(0.05, 1, 'stale'),
        maxMs: spanMs(dice, 100, 30 * SECOND),
      },
    },
  }),
  outages: (dice, ground) => ({
    steps: strewn(dice, ground, [1, 2], () => ({
      kind: 'outage',
      of: dice.chance(0.7, 'of the store') ? 'store' : 'stream',
      forMs: spanMs(dice, SECOND, 2 * MINUTE),
    })),
  }),
  cuts: (dice, ground) => ({
    steps: strewn(dice, ground, [1, 4], () => ({
      kind: 'cut',
      slot: dice.one(ground.slots, 'who'),
      of: dice.chance(0.7, 'of the store') ? 'store' : 'stream',
      forMs: spanMs(dice, SECOND, 2 * MINUTE),
    })),
  }),

  // ------------------------------------------------------------ processes
  pauses: (dice, ground) => ({
    steps: strewn(dice, ground, [1, 6], () => ({
      kind: 'pause',
      slot: dice.one(ground.slots, 'who'),
      forMs: spanMs(dice, 100, 2 * MINUTE),
    })),
  }),
  /** Some come back as somebody else, some (of odd slots) under the same id, some never. */
  kills: (dice, ground) => {
    const times = dice.whole(1, 4, 'how often');
    return {
      steps: dice
        .instants(times, ground.fromMs, ground.toMs, 'when')
        .flatMap((atMs): readonly Step[] => {
          const slot = dice.one(ground.slots, 'who');
          const crash: Step = { atMs, action: { kind: 'crash', slot } };
          const backMs = Math.min(atMs + spanMs(dice, 100, 20 * SECOND), ground.toMs);
          return dice.chance(0.8, 'comes back')
            ? [crash, { atMs: backMs, action: { kind: 'join', slot } }]
            : [crash];
        }),
    };
  },
  deployments: (dice, ground) => ({
    steps: strewn(dice, ground, [1, 5], () => ({
      kind: dice.one(['restart', 'restart', 'leave', 'join'] as const, 'what'),
      slot: dice.whole(0, 5, 'who'),
    })),
  }),
  /** Two processes of one static client id. */
  replacements: (dice, ground) => ({
    steps: strewn(dice, ground, [1, 3], () => ({
      kind: 'replace',
      slot: dice.one([1, 3], 'who'),
    })),
  }),
  /** One client becomes a crowd, and the crowd one client. */
  crowds: (dice, { fromMs, toMs }) => {
    const most = dice.chance(0.1, 'a large one') ? 50 : dice.whole(6, 12, 'how many');
    const slots = Array.from({ length: most }, (_, index) => 10 + index);
    const turnMs = fromMs + (toMs - fromMs) * 0.4;
    const goneMs = fromMs + (toMs - fromMs) * 0.8;
    return {
      steps: slots.flatMap((slot): readonly Step[] => [
        { atMs: dice.whole(fromMs, turnMs, 'in'), action: { kind: 'join', slot } },
        {
          atMs: dice.whole(turnMs, goneMs, 'out'),
          action: { kind: dice.chance(0.2, 'dies') ? 'crash' : 'leave', slot },
        },
      ]),
    };
  },
  profiles: (dice, ground) => ({
    members: each(dice, ground, () => ({
      profile: dice.one<ProfileName>(['default', 'frugal', 'fast'], 'rhythm'),
    })),
    settleMs: 40 * SECOND,
  }),

  // ------------------------------------------------------------ clocks
  wallClocks: (dice, ground) => ({
    members: each(dice, ground, () => ({ wallOffsetMs: dice.whole(-HOUR, HOUR, 'skew') })),
    steps: strewn(dice, ground, [0, 4], () => ({
      kind: 'jumpWall',
      slot: dice.one(ground.slots, 'who'),
      byMs: dice.whole(-24 * HOUR, 24 * HOUR, 'jump'),
    })),
  }),
  drift: (dice, ground) => ({
    members: each(dice, ground, () => ({ clockRate: dice.whole(900, 1_100, 'rate') / 1_000 })),
  }),
  suspensions: (dice, ground) => ({
    steps: strewn(dice, ground, [1, 4], () => ({
      kind: 'suspend',
      slot: dice.one(ground.slots, 'who'),
      forMs: spanMs(dice, 100, 2 * MINUTE),
    })),
  }),

  // ------------------------------------------------------------ streams
  /** Shards split and merge every five seconds, whether their parents were read or not. */
  reshards: (dice, ground) => {
    const stream = dice.one(ground.streams, 'which');
    const times = dice.whole(3, 10, 'how often');
    const lastMs = ground.toMs - times * 5 * SECOND;
    const fromMs = dice.whole(ground.fromMs, Math.max(ground.fromMs, lastMs), 'when');
    return {
      steps: Array.from({ length: times }, (_, turn) => ({
        atMs: Math.min(fromMs + turn * 5 * SECOND, ground.toMs),
        action: {
          kind: dice.one(['split', 'merge'] as const, 'what'),
          pick: dice.whole(0, 11, 'which'),
          stream,
        },
      })),
    };
  },
  badListings: (dice) => ({
    stream: {
      partialListing: dice.scaled(0.01, 0.5, 'partial'),
      staleListing: {
        probability: dice.scaled(0.05, 1, 'stale'),
        maxMs: spanMs(dice, SECOND, MINUTE),
      },
    },
  }),
  expiredIterators: (dice, ground) => ({
    kinesis: { iteratorLifeMs: spanMs(dice, 3 * SECOND, 20 * SECOND) },
    steps: strewn(dice, ground, [0, 3], () => ({ kind: 'expireIterators' })),
  }),
  /** Another application takes most of what a shard may be read. */
  readLimits: (dice) => ({
    kinesis: { limits: true, otherReadsPerSecond: 4 },
    stream: { throttle: dice.scaled(0.01, 0.2, 'throttled'), emptyFetch: 0.1 },
  }),
  /** Clients consume other streams than each other, and others than before. */
  streams: (dice, ground) => {
    const lists = (): readonly string[] => dice.some(ground.streams, 0.6, 'streams');
    return {
      members: each(dice, ground, () => ({ streams: lists() })),
      steps: strewn(dice, ground, [1, 5], () => ({
        kind: 'refresh',
        slot: dice.one(ground.slots, 'who'),
        streams: lists(),
      })),
    };
  },

  // ------------------------------------------------------------ handlers
  slowHandlers: (dice, ground) => ({
    steps: strewn(dice, ground, [1, 3], () => ({
      kind: 'handler',
      slot: dice.one(ground.slots, 'who'),
      manner: 'slow',
      forMs: spanMs(dice, 5 * SECOND, MINUTE),
    })),
  }),
  throwingHandlers: (dice, ground) => ({
    steps: strewn(dice, ground, [1, 3], () => ({
      kind: 'handler',
      slot: dice.one(ground.slots, 'who'),
      manner: 'throwing',
      forMs: spanMs(dice, SECOND, 10 * SECOND),
    })),
  }),
  stuckHandlers: (dice, ground) => ({
    steps: strewn(dice, ground, [1, 2], () => ({
      kind: 'handler',
      slot: dice.one(ground.slots, 'who'),
      manner: 'stuck',
      forMs: spanMs(dice, 5 * SECOND, 2 * MINUTE),
    })),
  }),

  // ------------------------------------------------------------ operators and strangers
  erasures: (dice, ground) => ({
    steps: strewn(dice, ground, [1, 3], () => ({
      kind: 'erase',
      what: dice.one(
        [
          { item: 'checkpoint', pick: dice.whole(0, 99, 'which') },
          { item: 'map', stream: dice.one(ground.streams, 'which') },
          { item: 'client', slot: dice.one(ground.slots, 'who') },
          { item: 'head' },
        ] as const,
        'what',
      ),
    })),
  }),
  goClients: (dice, ground) => ({
    steps: [
      ...strewn(dice, ground, [1, 1], () => ({
        kind: 'goClient',
        clientId: 'go-client',
        forMs: spanMs(dice, SECOND, MINUTE),
      })),
      ...strewn(dice, ground, [0, 3], () => ({
        kind: 'goCommit',
        pick: dice.whole(0, 99, 'which'),
      })),
    ],
  }),
  lapses: (dice, ground) => ({
    steps: strewn(dice, ground, [1, 2], () => ({
      kind: 'lapse',
      stream: dice.one(ground.streams, 'which'),
    })),
  }),
  recreations: (dice, ground) => ({
    steps: strewn(dice, ground, [1, 1], () => ({
      kind: 'recreateStream',
      stream: dice.one(ground.streams, 'which'),
      shards: dice.whole(1, 4, 'shards'),
    })),
  }),
} as const satisfies Record<string, Fault>;

export type FaultName = keyof typeof FAULTS;
