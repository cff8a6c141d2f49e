import { describe, expect, it } from 'vitest';
import type { ActorView } from '../../../visualize/model/view.ts';
import { byMachine, byState, stateText } from '../../../visualize/page/actor/by-state.ts';

const actor = (over: Partial<ActorView> = {}): ActorView => ({
  process: 'p1',
  actorId: 'x:1',
  parentId: null,
  machine: 'reader',
  name: 'reader orders/shardId-0001',
  stream: null,
  shardId: null,
  status: 'active',
  value: 'lost',
  activeIds: [],
  last: null,
  sinceMs: null,
  context: null,
  atMs: 0,
  ...over,
});

describe('the state of an actor in words', () => {
  it('names states from outside in, and regions beside each other', () => {
    const text = (value: unknown) => stateText(actor({ value }));
    expect(text('lost')).toBe('lost');
    expect(text({ releasing: 'resting' })).toBe('releasing › resting');
    expect(text({ active: { fetch: 'waiting', deliver: 'idle' } })).toBe(
      'active › fetch waiting · deliver idle',
    );
    expect(
      text({ look: 'resting', duty: { leader: { planning: 'resting', tidying: 'waiting' } } }),
    ).toBe('look resting · duty (leader › planning resting · tidying waiting)');
    expect(text({ position: { writing: { committing: 'once' } } })).toBe(
      'position › writing › committing › once',
    );
  });

  it('says how one ended, and that none was told', () => {
    expect(stateText(actor({ status: 'done', value: 'released' }))).toBe('ended · released');
    expect(stateText(actor({ status: 'stopped', value: null }))).toBe('ended');
    expect(stateText(actor({ status: 'error', value: 'once' }))).toBe('broken · once');
    expect(stateText(actor({ status: 'unknown', value: null }))).toBe('not told yet');
  });
});

describe('many actors', () => {
  it('are counted by their states, in an order that stays', () => {
    const values = ['lost', 'ended', 'released', 'lost', 'failed'];
    const counts = byState(values.map((value) => actor({ value })));
    expect(counts.map(({ state, actors }) => `${actors.length} ${state}`)).toEqual([
      '1 ended',
      '1 failed',
      '2 lost',
      '1 released',
    ]);
  });

  it('are told apart by their machines, in the order in which these first come', () => {
    const machines = byMachine([
      actor({ machine: 'client' }),
      actor({ actorId: 'x:2' }),
      actor({ actorId: 'x:3', machine: 'client' }),
    ]);
    expect([...machines].map(([machine, { length }]) => [machine, length])).toEqual([
      ['client', 2],
      ['reader', 1],
    ]);
  });
});
