import { describe, expect, it } from 'vitest';
import type { StateValueFrom } from 'xstate';
import type { roleMachine } from '../../src/machines/role.ts';
import { NO_MEMORY } from '../../src/machines/steps/round.ts';
import { failure } from './group.ts';
import { after, done, ignored, testRegion, threw, type Leaf, type Under } from './harness.ts';
import {
  bench,
  context,
  expelledOne,
  nextView,
  publishes,
  rounded,
  samples,
  sightings,
  tidied,
} from './role-world.ts';

type Value = StateValueFrom<typeof roleMachine>;
type Duty = Under<Value, 'duty'>;

/** Whatever a leader is at, it is none any more. */
const replaced = {
  'SEEN alive': '#follower',
  'SEEN silent': '#follower',
  'SEEN absent': '#follower',
  'SEEN planGone': '#follower',
  'SEEN none': '#campaigning.claiming',
} as const;

describe('the leadership', () => {
  const events = { CONTESTED: { event: { type: 'CONTESTED' } }, ...sightings } as const;

  testRegion<
    typeof roleMachine,
    Leaf<Under<Under<Duty, 'leader'>, 'leadership'>>,
    keyof typeof events
  >({
    bench,
    region: ['duty', 'leader', 'leadership'],
    beside: {
      look: 'resting',
      duty: { leader: { leadership: 'confirmed', progress: 'failing', planning: 'debouncing' } },
    },
    context,
    samples,
    above: ['RETIRE'],
    events,
    rows: {
      confirmed: { ...replaced, CONTESTED: 'contested', 'SEEN me': ignored },
      contested: { ...replaced, CONTESTED: ignored, 'SEEN me': 'confirmed' },
    },
  });
});

describe('the progress of a leader', () => {
  const events = {
    FAILED: { event: { type: 'FAILED' } },
    FINISHED: { event: { type: 'FINISHED' } },
    ...sightings,
  } as const;

  testRegion<
    typeof roleMachine,
    Leaf<Under<Under<Duty, 'leader'>, 'progress'>>,
    keyof typeof events
  >({
    bench,
    region: ['duty', 'leader', 'progress'],
    beside: {
      look: 'resting',
      duty: { leader: { leadership: 'confirmed', progress: 'going', planning: 'debouncing' } },
    },
    context,
    samples,
    above: ['RETIRE'],
    events,
    rows: {
      // however long a round takes: it gets on
      going: {
        ...replaced,
        FAILED: 'failing',
        FINISHED: ignored,
        'SEEN me': { to: 'going', told: ['parent WORKED'] },
      },
      // who cannot lead falls silent
      failing: { ...replaced, FAILED: ignored, FINISHED: 'going', 'SEEN me': ignored },
    },
  });

  const leader = (planning: string, progress: string) => ({
    look: 'polling',
    duty: { leader: { leadership: 'confirmed', progress, planning } },
  });
  it.each([
    ['a round', 'rounding', done('round', failure('unanswered'))],
    ['a publish', 'publishing', publishes('publish').unanswered.event],
  ])('fails with %s', (_what, planning, event) => {
    const { after: then } = bench.send(bench.at(leader(planning, 'going'), context), event);
    expect(then.matches({ duty: { leader: { progress: 'failing' } } })).toBe(true);
  });

  it.each([
    ['a round without a cause', 'rounding', rounded('none')],
    ['a generation', 'publishing', publishes('publish').published.event],
    ['a publish that is not due any more', 'publishing', publishes('publish').noCause.event],
  ])('goes on with %s', (_what, planning, event) => {
    const { after: then } = bench.send(bench.at(leader(planning, 'failing'), context), event);
    expect(then.matches({ duty: { leader: { progress: 'going' } } })).toBe(true);
  });

  it('is not saved by rounds whose generation cannot be published', () => {
    const before = bench.at(leader('rounding', 'failing'), context);
    const { after: then, told } = bench.send(before, rounded('urgent'));
    expect(then.matches({ duty: { leader: { progress: 'failing' } } })).toBe(true);
    expect(told).toEqual([]);
  });
});

describe('the planning of a leader', () => {
  const publish = publishes('publish');
  const events = {
    LOOK: { event: { type: 'LOOK' } },
    'a period is over': { event: after('roundPeriod', 'role.duty.leader.planning.resting') },
    'a period after a generation is over': {
      event: after('pollPeriod', 'role.duty.leader.planning.spacing'),
    },
    'the joins have had their time': {
      event: after('joinDebounce', 'role.duty.leader.planning.debouncing'),
    },
    'round: no cause': { event: rounded('none', expelledOne) },
    'round: a join': { event: rounded('join') },
    'round: urgent': { event: rounded('urgent') },
    'round: unanswered': { event: done('round', failure('unanswered')) },
    'round: refused for good': { event: done('round', failure('failed')) },
    'round: threw': { event: threw('round') },
    'publish: published': publish.published,
    'publish: outrun': publish.outrun,
    'publish: noCause': publish.noCause,
    'publish: unanswered': publish.unanswered,
    'publish: throttled': publish.throttled,
    'publish: refused for good': publish.refused,
    'publish: threw': publish.threw,
  } as const;
  const noRound = {
    'round: no cause': ignored,
    'round: a join': ignored,
    'round: urgent': ignored,
    'round: unanswered': ignored,
    'round: refused for good': ignored,
    'round: threw': ignored,
  } as const;
  const noPublish = {
    'publish: published': ignored,
    'publish: outrun': ignored,
    'publish: noCause': ignored,
    'publish: unanswered': ignored,
    'publish: throttled': ignored,
    'publish: refused for good': ignored,
    'publish: threw': ignored,
  } as const;
  const rest = {
    to: 'resting',
    starts: ['after xstate.after.roundPeriod.role.duty.leader.planning.resting'],
  } as const;

  testRegion<
    typeof roleMachine,
    Leaf<Under<Under<Duty, 'leader'>, 'planning'>>,
    keyof typeof events
  >({
    bench,
    region: ['duty', 'leader', 'planning'],
    beside: {
      look: 'polling',
      duty: { leader: { leadership: 'confirmed', progress: 'going', planning: 'resting' } },
    },
    context,
    samples,
    above: ['RETIRE', 'SEEN', 'xstate.done.actor.poll', 'xstate.error.actor.poll'],
    events,
    rows: {
      rounding: {
        ...noPublish,
        LOOK: ignored,
        'a period is over': ignored,
        'a period after a generation is over': ignored,
        'the joins have had their time': ignored,
        'round: no cause': {
          ...rest,
          told: ['notify error', 'notify expelled', 'parent WORKED'],
          context: { memory: { ...context.memory, seenAtMs: 55 }, roundInMs: 700 },
        },
        // it has worked once the generation stands
        'round: a join': { to: 'debouncing', told: [] },
        'round: urgent': { to: 'publishing', told: [], starts: ['publish'] },
        // the pace of the looks: none is named
        'round: unanswered': {
          ...rest,
          told: ['notify error'],
          context: { roundInMs: context.nextInMs },
        },
        'round: refused for good': { ...rest, told: ['parent FATAL'] },
        'round: threw': { ...rest, told: ['parent FATAL'] },
      },
      debouncing: {
        ...noRound,
        ...noPublish,
        LOOK: ignored,
        'a period is over': ignored,
        'a period after a generation is over': ignored,
        'the joins have had their time': { to: 'publishing', starts: ['publish'] },
      },
      publishing: {
        ...noRound,
        LOOK: ignored,
        'a period is over': ignored,
        'a period after a generation is over': ignored,
        'the joins have had their time': ignored,
        'publish: published': {
          to: 'spacing',
          told: ['parent VIEW', 'parent WORKED'],
          context: { view: nextView },
        },
        'publish: outrun': { ...rest, told: ['parent WORKED'] },
        'publish: noCause': {
          ...rest,
          told: ['parent WORKED'],
          context: { memory: { ...NO_MEMORY, seenAtMs: 66 } },
        },
        'publish: unanswered': { ...rest, told: ['notify error'] },
        'publish: throttled': { ...rest, told: ['notify error'] },
        'publish: refused for good': { ...rest, told: ['parent FATAL'] },
        'publish: threw': { ...rest, told: ['parent FATAL'] },
      },
      // the members shall see each generation: a LOOK makes no other at once
      spacing: {
        ...noRound,
        ...noPublish,
        LOOK: ignored,
        'a period is over': ignored,
        'a period after a generation is over': { to: 'rounding', starts: ['round'] },
        'the joins have had their time': ignored,
      },
      resting: {
        ...noRound,
        ...noPublish,
        LOOK: { to: 'rounding', starts: ['round'] },
        'a period is over': { to: 'rounding', starts: ['round'] },
        'a period after a generation is over': ignored,
        'the joins have had their time': ignored,
      },
    },
  });
});

describe('the tidying of a leader', () => {
  const at = (delay: string, state: string) => ({
    event: after(delay, `role.duty.leader.tidying.${state}`),
  });
  const events = {
    'it has led for a while': at('firstTidy', 'waiting'),
    'a day is over': at('tidyPeriod', 'resting'),
    'an hour is over': at('tidyAgain', 'pausing'),
    tidied: { event: tidied('tidied'), context: { tidyTold: ['before'] } },
    unfinished: { event: tidied('unfinished') },
    'unfinished, with an error': { event: tidied('unfinished', ['AccessDenied', 'before']) },
    'it threw': { event: threw('tidy') },
    LOOK: { event: { type: 'LOOK' } },
    CONTESTED: { event: { type: 'CONTESTED' } },
    'SEEN me': sightings['SEEN me'],
    RETIRE: { event: { type: 'RETIRE' } },
    'SEEN alive': sightings['SEEN alive'],
    'SEEN none': sightings['SEEN none'],
  } as const;
  const noTidy = {
    tidied: ignored,
    unfinished: ignored,
    'unfinished, with an error': ignored,
    'it threw': ignored,
  } as const;
  // whatever it is at: who leads, plans or leaves does not wait for it
  const neverWaited = (state: string) => ({
    LOOK: { to: state, starts: ['round'] },
    CONTESTED: state,
    'SEEN me': ignored,
    RETIRE: { to: '#retiring.handingOver', starts: ['handOver'] },
    'SEEN alive': '#follower',
    'SEEN none': { to: '#campaigning.claiming', starts: ['claim'] },
  });
  const timer = (delay: string, state: string) =>
    `after xstate.after.${delay}.role.duty.leader.tidying.${state}`;
  const rest = { to: 'resting', starts: [timer('tidyPeriod', 'resting')] } as const;
  const pause = { to: 'pausing', starts: [timer('tidyAgain', 'pausing')] } as const;
  const begin = { to: 'tidying', told: [], starts: ['tidy'] } as const;

  testRegion<
    typeof roleMachine,
    Leaf<Under<Under<Duty, 'leader'>, 'tidying'>>,
    keyof typeof events
  >({
    bench,
    region: ['duty', 'leader', 'tidying'],
    beside: {
      look: 'polling',
      // a round failed: what is seen is no work, so that only the tidy's own words are heard
      duty: { leader: { leadership: 'confirmed', progress: 'failing', planning: 'resting' } },
    },
    context,
    samples,
    above: ['SEEN', 'FINISHED', 'xstate.done.actor.poll', 'xstate.error.actor.poll'],
    events,
    rows: {
      waiting: {
        ...noTidy,
        ...neverWaited('waiting'),
        'it has led for a while': begin,
        'a day is over': ignored,
        'an hour is over': ignored,
      },
      tidying: {
        ...neverWaited('tidying'),
        'it has led for a while': ignored,
        'a day is over': ignored,
        'an hour is over': ignored,
        // it is no work of a leader: one that only tidies shall fall silent
        tidied: { ...rest, told: [], context: { tidyTold: [] } },
        unfinished: { ...pause, told: [] },
        // no FATAL: what only the tidy may not do holds nobody up
        'unfinished, with an error': {
          ...pause,
          told: ['notify error'],
          context: { tidyTold: ['AccessDenied', 'before'] },
        },
        'it threw': { ...rest, told: ['parent FATAL'] },
      },
      resting: {
        ...noTidy,
        ...neverWaited('resting'),
        'it has led for a while': ignored,
        'a day is over': begin,
        'an hour is over': ignored,
      },
      pausing: {
        ...noTidy,
        ...neverWaited('pausing'),
        'it has led for a while': ignored,
        'a day is over': ignored,
        'an hour is over': begin,
      },
    },
  });
});
