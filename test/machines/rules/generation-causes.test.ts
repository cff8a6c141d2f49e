import { describe, expect, it } from 'vitest';
import {
  causesOf,
  isUrgent,
  type PresentMember,
} from '../../../src/machines/rules/generation-causes.ts';
import type { Plan } from '../../../src/machines/rules/plan.ts';

const memberOf = (clientId: string, overrides: Partial<PresentMember> = {}): PresentMember => ({
  clientId,
  session: `${clientId}/1`,
  streamsHash: 'h',
  state: 'active',
  ...overrides,
});

const plan: Plan = {
  gen: 1,
  planId: 'p',
  leader: 'a/1',
  members: ['a', 'b'].map((clientId) => ({ clientId, session: `${clientId}/1`, streamsHash: 'h' })),
  assignor: 'sticky-range',
  tolerance: 0,
  streams: { s: { mapVersion: 4, ranges: [] } },
};

const causes = (
  members: readonly PresentMember[],
  mapVersions: Record<string, number> = { s: 4 },
) => causesOf({ plan, members, mapVersions });

describe('causes of a generation', () => {
  it('are none while nothing changes, nor when a client restarts under its clientId', () => {
    expect(causes([memberOf('a'), memberOf('b')])).toEqual([]);
    expect(causes([memberOf('a', { session: 'a/2' }), memberOf('b')])).toEqual([]);
  });

  it('are its absence alone where there is none yet', () => {
    expect(causesOf({ plan: null, members: [memberOf('a')], mapVersions: { s: 1 } })).toEqual([
      { kind: 'first' },
    ]);
  });

  it('are joins, leaves and losses of members', () => {
    const leaving = { state: 'leaving' } as const;
    expect(causes([memberOf('c'), memberOf('b', leaving)])).toEqual([
      { kind: 'join', clientId: 'c' },
      { kind: 'leave', clientId: 'b' },
      { kind: 'loss', clientId: 'a' },
    ]);
    expect(causes([memberOf('a'), memberOf('b'), memberOf('c', leaving)])).toEqual([]);
  });

  it('are other streams of a member, and maps that changed or came in', () => {
    expect(causes([memberOf('a', { streamsHash: 'other' }), memberOf('b')])).toEqual([
      { kind: 'streams', clientId: 'a' },
    ]);
    const both = [memberOf('a'), memberOf('b')];
    expect(causes(both, { s: 5, constructor: 1 })).toEqual([
      { kind: 'map', stream: 's' },
      { kind: 'map', stream: 'constructor' },
    ]);
    expect(causes(both, { s: 3 })).toEqual([{ kind: 'map', stream: 's' }]);
    expect(causes(both, {})).toEqual([]);
  });

  it('are urgent unless all of them are joins', () => {
    const join = { kind: 'join', clientId: 'c' } as const;
    expect(isUrgent([])).toBe(false);
    expect(isUrgent([join, join])).toBe(false);
    expect(isUrgent([join, { kind: 'loss', clientId: 'a' }])).toBe(true);
    expect(isUrgent([{ kind: 'first' }])).toBe(true);
  });
});
