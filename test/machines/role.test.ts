import { describe, expect, it } from 'vitest';
import type { StateValueFrom } from 'xstate';
import type { roleMachine } from '../../src/machines/role.ts';
import { errorOf } from './group.ts';
import { after, ignored, testRegion, threw, type Leaf, type Under } from './harness.ts';
import {
  bench,
  context,
  nextView,
  planless,
  pollFailed,
  polled,
  publishes,
  samples,
  seen,
  sightings,
  view,
} from './role-world.ts';

type Value = StateValueFrom<typeof roleMachine>;
type Duty = Under<Value, 'duty'>;

const LOOKING = { look: 'resting', duty: { retiring: 'retired' } };

describe('the look at the group', () => {
  const events = {
    LOOK: { event: { type: 'LOOK' } },
    'a period is over': { event: after('pollPeriod', 'role.look.resting') },
    'answer: as before': { event: polled() },
    'answer: a new view': { event: polled({ change: 'view', view: nextView }) },
    'answer: with an error': { event: polled({ errors: [errorOf('ItemCorrupted').error] }) },
    'answer: on an old view': {
      event: polled({ basedOn: nextView, change: 'view', view: nextView }),
    },
    'answer: unanswered': { event: pollFailed('unanswered') },
    'answer: refused for good': { event: pollFailed('failed') },
    'it threw': { event: threw('poll') },
  } as const;
  const noneAsked = {
    'answer: as before': ignored,
    'answer: a new view': ignored,
    'answer: with an error': ignored,
    'answer: on an old view': ignored,
    'answer: unanswered': ignored,
    'answer: refused for good': ignored,
    'it threw': ignored,
  } as const;
  const look = { to: 'polling', starts: ['poll'] } as const;
  const rest = { to: 'resting', starts: ['after xstate.after.pollPeriod.role.look.resting'] };

  testRegion<typeof roleMachine, Leaf<Under<Value, 'look'>>, keyof typeof events>({
    bench,
    region: ['look'],
    beside: LOOKING,
    context,
    samples,
    events,
    rows: {
      polling: {
        LOOK: ignored,
        'a period is over': ignored,
        'answer: as before': { ...rest, told: ['parent WORKED'], context: { nextInMs: 950 } },
        'answer: a new view': {
          ...rest,
          told: ['parent VIEW', 'parent WORKED'],
          context: { view: nextView },
        },
        'answer: with an error': { ...rest, told: ['notify error', 'parent WORKED'] },
        'answer: on an old view': { ...look, told: [], context: { view } },
        'answer: unanswered': { ...rest, told: ['notify error'], context: { nextInMs: 950 } },
        'answer: refused for good': { ...rest, told: ['parent FATAL'] },
        'it threw': { ...rest, told: ['parent FATAL'] },
      },
      resting: { ...noneAsked, LOOK: look, 'a period is over': look },
    },
  });
});

describe('the duty', () => {
  const claim = publishes('claim');
  const handOver = publishes('handOver');
  const events = {
    ...sightings,
    'SEEN alive, planned without': { ...seen('alive'), context: { view: planless } },
    RETIRE: { event: { type: 'RETIRE' } },
    'RETIRE, never planned': { event: { type: 'RETIRE' }, context: { view: planless } },
    'the spread is over': { event: after('campaignDelay', 'role.duty.campaigning.waiting') },
    'claim: published': claim.published,
    'claim: outrun': claim.outrun,
    'claim: noCause': claim.noCause,
    'claim: unanswered': claim.unanswered,
    'claim: throttled': claim.throttled,
    'claim: refused for good': claim.refused,
    'claim: threw': claim.threw,
    'handOver: published': handOver.published,
    'handOver: outrun': handOver.outrun,
    'handOver: noCause': handOver.noCause,
    'handOver: unanswered': handOver.unanswered,
    'handOver: throttled': handOver.throttled,
    'handOver: refused for good': handOver.refused,
    'handOver: threw': handOver.threw,
  } as const;
  type State = Exclude<Leaf<Duty>, `leader.${string}` | 'retiring.deciding'> | 'leader';

  const noClaim = {
    'claim: published': ignored,
    'claim: outrun': ignored,
    'claim: noCause': ignored,
    'claim: unanswered': ignored,
    'claim: throttled': ignored,
    'claim: refused for good': ignored,
    'claim: threw': ignored,
  } as const;
  const noHandOver = {
    'handOver: published': ignored,
    'handOver: outrun': ignored,
    'handOver: noCause': ignored,
    'handOver: unanswered': ignored,
    'handOver: throttled': ignored,
    'handOver: refused for good': ignored,
    'handOver: threw': ignored,
  } as const;
  const working = (to: string) => ({ to, told: ['parent WORKED'] });
  const allSeen = (to: string) => ({
    'SEEN me': working(to),
    'SEEN alive': working(to),
    'SEEN silent': working(to),
    'SEEN absent': working(to),
    'SEEN planGone': working(to),
    'SEEN none': working(to),
    'SEEN alive, planned without': working(to),
  });
  const lead = {
    to: 'leader',
    told: ['notify leader'],
    starts: ['round', 'after xstate.after.firstTidy.role.duty.leader.tidying.waiting'],
  } as const;
  const claiming = { to: 'campaigning.claiming', starts: ['claim'] } as const;
  const retire = {
    RETIRE: { to: 'retiring.watching', told: [] },
    'RETIRE, never planned': { to: 'retiring.alone', told: ['parent RETIRED'] },
  } as const;
  const retired = { RETIRE: ignored, 'RETIRE, never planned': ignored } as const;

  testRegion<typeof roleMachine, State, keyof typeof events>({
    bench,
    region: ['duty'],
    beside: { look: 'resting', duty: 'follower' },
    context,
    samples,
    // the second: the planning's own
    above: ['LOOK', 'xstate.done.actor.round', 'xstate.error.actor.round'],
    events,
    rows: {
      follower: {
        ...noClaim,
        ...noHandOver,
        ...retire,
        'SEEN me': lead,
        'SEEN alive': working('follower'),
        'SEEN silent': {
          to: 'campaigning.waiting',
          told: ['parent WORKED'],
          starts: ['after xstate.after.campaignDelay.role.duty.campaigning.waiting'],
        },
        'SEEN absent': working('campaigning.waiting'),
        'SEEN planGone': working('campaigning.waiting'),
        'SEEN none': { ...claiming, told: ['parent WORKED'] },
        'SEEN alive, planned without': working('follower'),
        'the spread is over': ignored,
      },
      'campaigning.waiting': {
        ...noClaim,
        ...noHandOver,
        ...retire,
        'SEEN me': lead,
        'SEEN alive': working('follower'),
        'SEEN silent': working('campaigning.waiting'),
        'SEEN absent': working('campaigning.waiting'),
        'SEEN planGone': working('campaigning.waiting'),
        'SEEN none': working('campaigning.waiting'),
        'SEEN alive, planned without': working('follower'),
        'the spread is over': claiming,
      },
      'campaigning.claiming': {
        ...allSeen('campaigning.claiming'),
        ...noHandOver,
        ...retire,
        'the spread is over': ignored,
        'claim: published': {
          to: 'leader',
          told: ['parent VIEW', 'notify leader'],
          context: { view: nextView },
          starts: ['round'],
        },
        // the head says whose it is
        'claim: outrun': { to: 'follower', told: [], starts: ['poll'] },
        'claim: noCause': { to: 'follower', told: ['notify error'] },
        'claim: unanswered': { to: 'follower', told: ['notify error'], starts: ['poll'] },
        'claim: throttled': { to: 'follower', told: ['notify error'], starts: ['poll'] },
        'claim: refused for good': { to: 'follower', told: ['parent FATAL'] },
        'claim: threw': { to: 'follower', told: ['parent FATAL'] },
      },
      leader: {
        ...noClaim,
        ...noHandOver,
        'SEEN me': working('leader'),
        'SEEN alive': { to: 'follower', told: [] },
        'SEEN silent': 'follower',
        'SEEN absent': 'follower',
        'SEEN planGone': 'follower',
        'SEEN none': claiming,
        'SEEN alive, planned without': 'follower',
        RETIRE: { to: 'retiring.handingOver', starts: ['handOver'] },
        'RETIRE, never planned': { to: 'retiring.handingOver', starts: ['handOver'] },
        'the spread is over': ignored,
      },
      'retiring.handingOver': {
        ...allSeen('retiring.handingOver'),
        ...noClaim,
        ...retired,
        'the spread is over': ignored,
        'handOver: published': {
          to: 'retiring.retired',
          told: ['parent VIEW', 'parent RETIRED'],
          context: { view: nextView },
        },
        'handOver: noCause': {
          to: 'retiring.alone',
          told: ['notify error', 'parent RETIRED'],
        },
        // the head is looked at again, and tried again where it is still this client's
        'handOver: outrun': { to: 'retiring.watching', told: [] },
        'handOver: unanswered': { to: 'retiring.watching', told: ['notify error'] },
        'handOver: throttled': { to: 'retiring.watching', told: ['notify error'] },
        'handOver: refused for good': { to: 'retiring.watching', told: ['parent FATAL'] },
        'handOver: threw': { to: 'retiring.watching', told: ['parent FATAL'] },
      },
      'retiring.watching': {
        ...allSeen('retiring.watching'),
        ...noClaim,
        ...noHandOver,
        ...retired,
        'SEEN me': { to: 'retiring.handingOver', starts: ['handOver'] },
        // nobody else makes the generation without this client
        'SEEN silent': { to: 'retiring.handingOver', starts: ['handOver'] },
        'SEEN absent': { to: 'retiring.handingOver', starts: ['handOver'] },
        'SEEN planGone': { to: 'retiring.handingOver', starts: ['handOver'] },
        'SEEN none': { to: 'retiring.handingOver', starts: ['handOver'] },
        'SEEN alive, planned without': {
          to: 'retiring.retired',
          told: ['parent WORKED', 'parent RETIRED'],
        },
        'the spread is over': ignored,
      },
      'retiring.retired': {
        ...allSeen('retiring.retired'),
        ...noClaim,
        ...noHandOver,
        ...retired,
        'the spread is over': ignored,
      },
      'retiring.alone': {
        ...allSeen('retiring.alone'),
        ...noClaim,
        ...noHandOver,
        ...retired,
        'the spread is over': ignored,
      },
    },
  });
});

// else eventual reads that show it silent for a while yet are followed by a claim each, without a pause
it('rests until the next poll where a claim found the leader alive, and looks at once where it was not answered', () => {
  const before = bench.at({ look: 'resting', duty: { campaigning: 'claiming' } }, context);
  const { noCause, outrun, unanswered } = publishes('claim');
  const looks = [noCause, outrun, unanswered].map(({ event }) => {
    const { after: then } = bench.send(before, event);
    return then.matches({ look: 'polling' });
  });
  expect(looks).toEqual([false, true, true]);
});
