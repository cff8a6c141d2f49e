import { describe, expect, it } from 'vitest';
import type { AnyMachineSnapshot, EventObject } from 'xstate';
import { membershipMachine } from '../../src/machines/membership.ts';
import { surveyMachine } from '../../src/machines/survey.ts';
import { roleMachine } from '../../src/machines/role.ts';
import * as role from './role-world.ts';
import { notTaken, walk } from './exploration.ts';
import { ME, errorOf, failure } from './group.ts';
import { Bench, after, done, threw } from './harness.ts';

describe('every transition is taken on some way through', () => {
  it('the membership', () => {
    const input = {
      session: ME,
      ownNonces: [],
      acknowledged: 0,
      nextInMs: 10,
      fields: { state: 'active', streamsHash: 'h', endedCount: 0 },
    } as const;
    const events: EventObject[] = [
      { type: 'WORKED' },
      { type: 'HURRY', fields: {} } as EventObject,
      after('period', 'membership.beat.resting'),
      after('dutyTtl', 'membership.duty.working'),
      done('heartbeat', { kind: 'beat', rv: 1, sentMonotonicMs: 1, sentWallMs: 1, nextInMs: 1 }),
      done('heartbeat', { kind: 'lost' }),
      done('heartbeat', { kind: 'replaced', ...errorOf('SessionReplaced') }),
      done('heartbeat', { ...failure('unanswered'), nextInMs: 1 }),
      done('heartbeat', { ...failure('failed'), nextInMs: 1 }),
      threw('heartbeat'),
    ];
    const walked = walk({
      bench: new Bench(membershipMachine, input),
      input,
      events: () => events,
      key: ({ answer }) => answer,
    });
    expect(notTaken(membershipMachine, walked)).toEqual([]);
  });

  it('the survey', () => {
    const input = { streams: ['a'] };
    const answer = (outcome: object) => done('survey', { stream: 'a', outcome, againInMs: 1 });
    const events: EventObject[] = [
      { type: 'LISTER', streams: ['a', 'b'] } as EventObject,
      { type: 'SURVEY', stream: 'a' } as EventObject,
      after('surveyPeriod', 'survey.minute.running'),
      after('surveyRetry', 'survey.retry.waiting'),
      answer({ kind: 'surveyed', changed: true }),
      answer(failure('failed')),
      answer({ kind: 'missing', ...errorOf('StreamMissing') }),
      threw('survey'),
    ];
    const walked = walk({
      bench: new Bench(surveyMachine, input),
      input,
      events: () => events,
      key: ({ due, again, failed, current, streams }) => [due, again, failed, current, streams],
    });
    expect(notTaken(surveyMachine, walked)).toEqual([]);
  });

  it('the role', () => {
    const raised = new Set(['SEEN', 'CONTESTED', 'FAILED', 'FINISHED']);
    const views = [role.view, role.nextView, role.planless];
    const events = (state: AnyMachineSnapshot): EventObject[] => [
      ...Object.values(role.samples).filter(({ type }) => !raised.has(type)),
      ...['me', 'alive', 'silent', 'absent', 'planGone', 'none'].flatMap((leader) =>
        views.map((view) => role.polled({ basedOn: state.context.view, view, leader })),
      ),
      role.polled({ basedOn: role.view }),
      role.pollFailed('unanswered'),
      threw('poll'),
      after('pollPeriod', 'role.look.resting'),
      after('campaignDelay', 'role.duty.campaigning.waiting'),
      after('joinDebounce', 'role.duty.leader.planning.debouncing'),
      after('roundPeriod', 'role.duty.leader.planning.resting'),
      after('pollPeriod', 'role.duty.leader.planning.spacing'),
      after('firstTidy', 'role.duty.leader.tidying.waiting'),
      after('tidyPeriod', 'role.duty.leader.tidying.resting'),
      after('tidyAgain', 'role.duty.leader.tidying.pausing'),
      role.tidied('tidied'),
      role.tidied('unfinished'),
      threw('tidy'),
      role.rounded('none'),
      role.rounded('join'),
      role.rounded('urgent'),
      done('round', failure('unanswered')),
      threw('round'),
      ...(['claim', 'handOver', 'publish'] as const).flatMap((id) =>
        Object.values(role.publishes(id)).map(({ event }) => event),
      ),
    ];
    const walked = walk({
      bench: role.bench,
      input: role.input,
      events,
      // the view as the walk tells views apart: which generation, and whether this client is in it
      key: ({ view }) => [view.head?.generation ?? 0, view.plan?.members.length ?? 0],
    });
    expect(notTaken(roleMachine, walked)).toEqual([]);
  });
});
