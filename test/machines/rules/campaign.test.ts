import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { campaignMs } from '../../../src/machines/rules/campaign.ts';
import { planOf } from '../group.ts';

const plan = {
  ...planOf(1, 0),
  leader: 'b/n',
  members: ['a', 'b', 'c', 'd', 'e', 'f'].map((clientId) => ({
    clientId,
    session: `${clientId}/n`,
    streamsHash: 'h',
  })),
};

describe('a follower claims the lead', () => {
  it.each([
    ['a', 0],
    ['c', 150],
    ['d', 300],
  ])('in its turn, without the leader that is gone: %s after %d ms', (clientId, expectedMs) => {
    expect(campaignMs(plan, plan.leader, clientId, 0.7)).toBe(expectedMs);
  });

  it('at random behind the turns, and never later than after a second', () => {
    const whoever = fc.constantFrom('e', 'f', 'a newcomer');
    fc.assert(
      fc.property(whoever, fc.double({ min: 0, max: 1, noNaN: true }), (clientId, random) => {
        expect(campaignMs(plan, plan.leader, clientId, random)).toBe(450 + random * 550);
        expect(campaignMs(null, plan.leader, clientId, random)).toBe(450 + random * 550);
      }),
    );
  });
});
