import { describe, expect, it } from 'vitest';
import type { AnyMachineSnapshot, EventObject } from 'xstate';
import { clientMachine } from '../../src/machines/client.ts';
import { assignmentMachine } from '../../src/machines/assignment.ts';
import * as assignment from './assignment-world.ts';
import * as client from './client-world.ts';
import { notTaken, walk } from './exploration.ts';
import { STREAM, errorOf, failure, mapOf, planOf, viewOf } from './group.ts';
import { Bench, after, done, threw } from './harness.ts';

const DRAINING = 'client.active.duty.draining';

describe('every transition is taken on some way through', () => {
  it('the client', () => {
    const retry = { retryInMs: 1 };
    const closes = [client.drain, client.drainAndStay, client.abort, client.abortAndStay];
    const retired: EventObject[] = ['none', 'planned'].map((successors) =>
      Object.assign({ type: 'RETIRED' }, { successors }),
    );
    const events: EventObject[] = [
      ...Object.values(client.samples).filter(({ type }) => type !== 'CLOSE' && type !== 'RETIRED'),
      ...closes.map((request): EventObject => Object.assign({ type: 'CLOSE' }, { request })),
      ...retired,
      done('prepare', { kind: 'prepared' }),
      done('prepare', { kind: 'unusable', ...errorOf('StreamMissing') }),
      done('prepare', { kind: 'notYet', ...errorOf('StreamCreating'), ...retry }),
      done('prepare', { ...failure('failed'), ...retry }),
      threw('prepare'),
      after('retry', 'client.registering.resting'),
      done('register', client.registered),
      done('register', { kind: 'replaced', ...errorOf('SessionReplaced') }),
      done('register', { ...failure('unanswered'), triedNonce: 'n', ...retry }),
      done('register', { ...failure('failed'), triedNonce: 'n', ...retry }),
      threw('register'),
      done('withdraw', { kind: 'left' }),
      threw('withdraw'),
      after('commitInterval', 'client.active.commits.ticking'),
      done('refresh', { kind: 'refreshed' }),
      done('refresh', { kind: 'refused', ...errorOf('StreamMissing') }),
      threw('refresh'),
      after('closeDeadline', DRAINING),
      after('farewell', `${DRAINING}.announcing`),
      after('linger', `${DRAINING}.lingering`),
      after('leaveRetry', `${DRAINING}.deleting.resting`),
      done('leave', { kind: 'left' }),
      done('leave', failure('unanswered')),
      done('leave', failure('failed')),
      threw('leave'),
    ];
    const key = (context: AnyMachineSnapshot['context']) => [
      context.close?.manner,
      context.close?.place,
      context.failure !== null,
      context.registrations > 0,
      context.nextStreams === context.streams,
    ];
    const { input } = client;
    const byItself = walk({ bench: client.bench, input, events: () => events, key });
    expect(
      notTaken(clientMachine, byItself).filter((words) => !words.includes('commits.deciding')),
    ).toEqual([]);

    // commits are by hand or by themselves for the whole life of a client
    const byHand = clientMachine.provide({ guards: { commitsByItself: () => false } });
    const walked = walk({ bench: new Bench(byHand, input), input, events: () => events, key });
    expect(notTaken(byHand, walked).filter((words) => words.includes('commits.deciding'))).toEqual([
      'client.active.commits.deciding · always #1 → client.active.commits.ticking',
    ]);
  });

  it('the assignment', () => {
    const { asked, acquired, bench, input, readerDone, target } = assignment;
    const failed = errorOf('HandlerFailed');
    const askedForAll = (state: AnyMachineSnapshot): EventObject => {
      const answers = state.context.turn.slice(0, 32).map((key: string) => ({
        stream: STREAM,
        shardId: key.slice(STREAM.length + 1),
        result: acquired,
      }));
      return done('ask', { kind: 'asked', answers, againInMs: 1 });
    };
    const shared: EventObject[] = [
      ...Object.values(assignment.samples),
      target(0),
      target(1),
      target(null),
      asked(1, { kind: 'held', owner: 'client-1/n' }),
      asked(1, { kind: 'ended' }),
      done('ask', { ...failure('unanswered'), againInMs: 1_000 }),
      threw('ask'),
      after('askAgain', 'assignment.staying.rebalancing.acquiring.resting'),
      after(0, 'assignment.staying.rebalancing.acquiring.more'),
      after('linger', 'assignment.staying.rebalancing.revoking.lingering'),
      after('askEnded', 'assignment.staying.settled.unsure'),
      after(0, 'assignment.staying.rebalancing.revoking.draining'),
      after(0, 'assignment.leaving.draining'),
    ];
    const ends = (state: AnyMachineSnapshot): EventObject[] =>
      Object.keys(state.context.own.owned).length === 0
        ? []
        : [0, 1].flatMap((n) => [
            { ...readerDone({ kind: 'released' }, n), fence: 2 },
            { ...readerDone({ kind: 'failed', ...failed }, n), fence: 2 },
          ]);
    const key = ({ own, turn, barred, againInMs }: AnyMachineSnapshot['context']) => [
      againInMs > 500,
      Object.entries(own.owned).map(([name, entry]) => [
        name,
        Reflect.get(entry as object, 'phase'),
      ]),
      Object.keys(own.pending),
      Object.keys(own.target),
      turn,
      barred,
    ];
    const small = walk({
      bench,
      input,
      events: (state) => [...shared, askedForAll(state), ...ends(state)],
      key,
    });

    // more than can be asked for or given back at once
    const crowded = walk({
      bench,
      input,
      events: (state) => [
        ...[0, null].map((first): EventObject =>
          Object.assign({ type: 'TARGET' }, { view: viewOf(planOf(4, first), mapOf(40)) }),
        ),
        askedForAll(state),
        after(0, 'assignment.staying.rebalancing.acquiring.more'),
        after('linger', 'assignment.staying.rebalancing.revoking.lingering'),
        after(0, 'assignment.staying.rebalancing.revoking.draining'),
        { type: 'DRAIN_ALL' },
        after(0, 'assignment.leaving.draining'),
      ],
      key: ({ own, turn }) => [
        Object.keys(own.owned).length,
        Object.values(own.owned).map((entry) => Reflect.get(entry as object, 'phase')),
        turn.length,
      ],
    });
    expect(notTaken(assignmentMachine, small, crowded)).toEqual([]);
  });
});
