/**
 * Keeps the maps of streams: which shards there are. A stream is listed by its lowest subscriber each minute,
 * and at once by whoever read one of its shards to the end.
 *
 *   line    resting → listing → resting …  what is urgent first, then what the minute brought, then what failed before
 *   retry   idle → waiting → idle: what failed is due again, once nothing else is
 *   minute  running: each minute all of this client's streams are due
 *
 * In:  LISTER {streams} (what this client lists each minute) · SURVEY {stream} (list at once)
 * Out: MAP_CHANGED · MAP_LISTED {version} · STREAM_FAULT {stream, error} · FATAL to the parent, and notices
 */
import { assign, enqueueActions, fromPromise, sendParent, setup } from 'xstate';
import { KinesumerError } from '../errors.ts';
import { named } from './guards.ts';
import type { Notice } from './notices.ts';
import type { SurveyOutcome } from './steps/maps.ts';

export interface SurveyInput {
  readonly streams: readonly string[];
}

/** The next stream's outcome, and how long to rest once all are done. */
export interface SurveyAnswer {
  readonly stream: string;
  readonly outcome: SurveyOutcome;
  readonly againInMs: number;
}

export interface SurveyContext {
  /** Listed each minute. */
  readonly streams: readonly string[];
  /** To be listed next, in order. One that is being listed is not among them: it may become due again meanwhile. */
  readonly due: readonly string[];
  /** What failed and may be tried again; it comes after all that is due. */
  readonly again: readonly string[];
  /** What failed and waits for its retry. */
  readonly failed: readonly string[];
  /** The stream that is being listed, or was last. */
  readonly current: string;
  readonly againInMs: number;
}

export type SurveyEvent =
  | { readonly type: 'LISTER'; readonly streams: readonly string[] }
  | { readonly type: 'SURVEY'; readonly stream: string };

export type SurveyReport =
  | { readonly type: 'MAP_CHANGED'; readonly stream: string }
  /** The map was as the listing. An earlier change of it that was not answered may stand, and nobody have told. */
  | { readonly type: 'MAP_LISTED'; readonly stream: string; readonly version: number }
  /** The stream is another one than the map's: nothing of it may be read until it is reset. */
  | { readonly type: 'STREAM_FAULT'; readonly stream: string; readonly error: KinesumerError }
  /** Refused for good, or a broken contract: asking again does not help. */
  | { readonly type: 'FATAL'; readonly error: KinesumerError };

const surveySetup = setup({
  types: {
    context: {} as SurveyContext,
    input: {} as SurveyInput,
    events: {} as SurveyEvent,
  },
  actors: {
    survey: fromPromise<SurveyAnswer, { readonly stream: string }>(() => {
      throw new Error('survey is not provided');
    }),
  },
  actions: {
    notifyAll: (_, _params: { readonly notices: readonly Notice[] }) => {},
    reportAll: enqueueActions(
      ({ enqueue }, { reports }: { readonly reports: readonly SurveyReport[] }) => {
        for (const report of reports) enqueue(sendParent(report));
      },
    ),
    addDue: assign({
      due: ({ context }, { streams }: { readonly streams: readonly string[] }) => [
        ...new Set([...context.due, ...streams]),
      ],
    }),
    /** A reader waits for it. */
    addUrgent: assign({
      due: ({ context }, { stream }: { readonly stream: string }) => [
        ...new Set([stream, ...context.due]),
      ],
    }),
    takeNext: assign(({ context }) => {
      const [current = ''] = [...context.due, ...context.again];
      const others = (streams: readonly string[]): string[] =>
        streams.filter((stream) => stream !== current);
      // it is looked at now, whatever list it is on
      const { due, again, failed } = context;
      return { current, due: others(due), again: others(again), failed: others(failed) };
    }),
    /** It holds nobody else up. */
    postpone: assign(({ context }, { againInMs }: { readonly againInMs: number }) => ({
      failed: [...new Set([...context.failed, context.current])],
      againInMs,
    })),
    retryFailed: assign(({ context }) => ({
      again: [...new Set([...context.again, ...context.failed])],
      failed: [],
    })),
  },
  delays: { surveyPeriod: () => 0, surveyRetry: ({ context }) => context.againInMs },
  guards: {
    hasDue: ({ context }) => context.due.length + context.again.length > 0,
    hasFailed: ({ context }) => context.failed.length > 0,
  },
});

const isForGood = (
  outcome: SurveyOutcome,
): outcome is Extract<SurveyOutcome, { readonly kind: 'failure' }> =>
  outcome.kind === 'failure' && outcome.failure === 'failed';

const reportsOf = ({ stream, outcome }: SurveyAnswer): readonly SurveyReport[] => {
  if (outcome.kind === 'recreated') {
    return [{ type: 'STREAM_FAULT', stream, error: outcome.error }];
  }
  if (isForGood(outcome)) return [{ type: 'FATAL', error: outcome.error }];
  if (outcome.kind !== 'surveyed') return [];
  return outcome.changed
    ? [{ type: 'MAP_CHANGED', stream }]
    : [{ type: 'MAP_LISTED', stream, version: outcome.map.version }];
};

/** What is reported with its error is told by the parent. */
const noticesOf = ({ outcome }: SurveyAnswer): readonly Notice[] =>
  outcome.kind === 'surveyed' || outcome.kind === 'recreated' || isForGood(outcome)
    ? []
    : [{ kind: 'error', error: outcome.error }];

export const surveyMachine = surveySetup.createMachine({
  id: 'survey',
  context: ({ input }) => ({
    streams: input.streams,
    due: [],
    again: [],
    failed: [],
    current: '',
    againInMs: 0,
  }),
  type: 'parallel',
  on: {
    LISTER: {
      actions: [
        {
          // the map of a stream that this client takes up may be old, or of a stream of that name that is gone
          type: 'addDue',
          params: ({ context, event }) => ({
            streams: event.streams.filter((stream) => !context.streams.includes(stream)),
          }),
        },
        assign({ streams: ({ event }) => event.streams }),
      ],
    },
    SURVEY: { actions: { type: 'addUrgent', params: ({ event }) => event } },
  },
  states: {
    /** Apart from the line: a stream that is listed again and again holds nobody's minute up. */
    minute: {
      initial: 'running',
      states: {
        running: {
          after: {
            surveyPeriod: {
              target: 'running',
              reenter: true,
              actions: {
                type: 'addDue',
                params: ({ context }) => ({ streams: context.streams }),
              },
            },
          },
        },
      },
    },
    line: {
      initial: 'resting',
      states: {
        resting: {
          always: { guard: 'hasDue', target: 'listing' },
        },
        listing: {
          entry: 'takeNext',
          invoke: {
            id: 'survey',
            src: 'survey',
            input: ({ context }) => ({ stream: context.current }),
            onDone: [
              {
                guard: named(
                  'surveyed, recreated, for good',
                  ({ event }) =>
                    event.output.outcome.kind === 'surveyed' ||
                    event.output.outcome.kind === 'recreated' ||
                    isForGood(event.output.outcome),
                ),
                target: 'resting',
                actions: [
                  {
                    type: 'notifyAll',
                    params: ({ event }) => ({ notices: noticesOf(event.output) }),
                  },
                  {
                    type: 'reportAll',
                    params: ({ event }) => ({ reports: reportsOf(event.output) }),
                  },
                ],
              },
              {
                // one failing stream never blocks another
                target: 'resting',
                actions: [
                  { type: 'postpone', params: ({ event }) => event.output },
                  {
                    type: 'notifyAll',
                    params: ({ event }) => ({ notices: noticesOf(event.output) }),
                  },
                ],
              },
            ],
            onError: {
              target: 'resting',
              actions: {
                type: 'reportAll',
                params: ({ event }) => ({
                  reports: [
                    {
                      type: 'FATAL' as const,
                      error: new KinesumerError('InvariantBroken', 'A survey threw', {
                        cause: event.error,
                      }),
                    },
                  ],
                }),
              },
            },
          },
        },
      },
    },
    /** On a clock of its own: a stream that fails and fails keeps no other from its turn. */
    retry: {
      initial: 'idle',
      states: {
        idle: { always: { guard: 'hasFailed', target: 'waiting' } },
        waiting: { after: { surveyRetry: { target: 'idle', actions: 'retryFailed' } } },
      },
    },
  },
});
