/** A role between states: context, answers of its steps and events, for its tables and its graph. */
import { roleMachine, type RoleEvent } from '../../src/machines/role.ts';
import type { RoleContext } from '../../src/machines/role/setup.ts';
import { beatsFrom } from '../../src/machines/rules/own-beats.ts';
import { EMPTY_LEDGER } from '../../src/machines/rules/session-expiry.ts';
import { NO_MEMORY } from '../../src/machines/steps/round.ts';
import { PROFILES } from '../../src/options.ts';
import { ME, STREAM, errorOf, failure, planOf, viewOf } from './group.ts';
import { Bench, done, threw, type SamplesOf } from './harness.ts';

export const input = {
  session: ME,
  timings: PROFILES.default,
  streams: [STREAM],
  beats: beatsFrom(0),
};
export const bench = new Bench(roleMachine, input);

export const view = viewOf(planOf(3, 1));
export const nextView = viewOf(planOf(4, 1));
/** A plan that this client is no member of. */
export const planless = viewOf({ ...planOf(4, null), members: [] });

export const context: RoleContext = {
  ...input,
  view,
  ledger: EMPTY_LEDGER,
  memory: NO_MEMORY,
  nextInMs: 1_000,
  campaignInMs: 400,
  tidyTold: [],
  roundInMs: 800,
};

export const samples: SamplesOf<RoleEvent> = {
  BEAT: { type: 'BEAT', sentMonotonicMs: 5 },
  STREAMS: { type: 'STREAMS', streams: ['b'] },
  RETIRE: { type: 'RETIRE' },
  LOOK: { type: 'LOOK' },
  SEEN: { type: 'SEEN', leader: 'alive' },
  CONTESTED: { type: 'CONTESTED' },
  FAILED: { type: 'FAILED' },
  FINISHED: { type: 'FINISHED' },
};

/** What a look at the group brings. */
export const polled = (more: object = {}) =>
  done('poll', {
    kind: 'polled',
    basedOn: view,
    view,
    change: 'none',
    ledger: EMPTY_LEDGER,
    leader: 'alive',
    errors: [],
    nextInMs: 950,
    campaignInMs: 300,
    ...more,
  });
export const pollFailed = (kind: 'unanswered' | 'throttled' | 'failed') =>
  done('poll', { ...failure(kind), nextInMs: 950 });

/** The answers of one of the three publishes. */
export const publishes = (id: 'claim' | 'handOver' | 'publish') => ({
  published: {
    event: done(id, {
      kind: 'published',
      head: nextView.head,
      plan: nextView.plan,
      maps: nextView.maps,
      memory: { ...NO_MEMORY, seenAtMs: 77 },
      errors: [],
    }),
  },
  outrun: { event: done(id, { kind: 'outrun' }) },
  noCause: {
    event: done(id, {
      kind: 'noCause',
      memory: { ...NO_MEMORY, seenAtMs: 66 },
      errors: [errorOf('ItemCorrupted').error],
    }),
  },
  unanswered: { event: done(id, failure('unanswered')) },
  throttled: { event: done(id, failure('throttled')) },
  refused: { event: done(id, failure('failed')) },
  threw: { event: threw(id) },
});

export const rounded = (cause: 'none' | 'join' | 'urgent', more: object = {}) =>
  done('round', {
    kind: 'rounded',
    memory: { ...NO_MEMORY, seenAtMs: 55 },
    cause,
    expelled: [],
    errors: [],
    nextInMs: 700,
    ...more,
  });
export const expelledOne = {
  expelled: ['client-9/n'],
  errors: [errorOf('ItemCorrupted').error],
};

/** What a tidy came to: a problem that was not told yet, among those that stand. */
export const tidied = (kind: 'tidied' | 'unfinished', told: readonly string[] = []) =>
  done('tidy', {
    kind,
    errors: told.length === 0 ? [] : [errorOf('AccessDenied').error],
    told,
  });

export const seen = (leader: string) => ({ event: { type: 'SEEN', leader } });
/** What a look says of the leader. */
export const sightings = {
  'SEEN me': seen('me'),
  'SEEN alive': seen('alive'),
  'SEEN silent': seen('silent'),
  'SEEN absent': seen('absent'),
  'SEEN planGone': seen('planGone'),
  'SEEN none': seen('none'),
} as const;
