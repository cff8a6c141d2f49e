import { describe, expect, it } from 'vitest';
import { mapKey, planRefOf } from '../../src/machines/rules/keys.ts';
import { putPlanPart, putStreams } from '../../src/machines/rules/writes.ts';
import { planCovers } from '../../src/simulation/checkers/s7-plan-covers.ts';
import { APP, found, HandMade, sessionOf, STREAM } from './hand-made.ts';

const SHARDS = { '0': {}, '1': {} };

/** One client that subscribes to the stream. */
const alone = (): HandMade =>
  new HandMade()
    .write('p', putStreams(APP, 'h', [STREAM]))
    .starts('p')
    .map('p', SHARDS);

/** A generation, by its number, that divides no stream. */
const leavesOut = (history: HandMade, generation: number): HandMade => {
  const planRef = planRefOf(generation, 'p');
  const session = sessionOf('p');
  const plan = {
    gen: generation,
    planId: planRef,
    leader: session,
    members: [{ clientId: 'p', session, streamsHash: 'h' }],
    assignor: 'sticky-range',
    tolerance: 0,
    streams: {},
  };
  return history.write('p', putPlanPart(APP, planRef, 0, 1, JSON.stringify(plan))).names('p', 'p');
};

describe('the checker of S7', () => {
  const judged = (history: HandMade): readonly string[] => found(planCovers, history.until(60));
  const removed = (history: HandMade): HandMade => history.operatorRemoves(mapKey(APP, STREAM));

  it('lets a plan leave out a stream whose map an operator removed before', () => {
    expect(judged(alone().publishes('p', { p: '0' }))).toEqual([]);
    expect(judged(leavesOut(removed(alone().publishes('p', { p: '0' })), 2))).toEqual([]);
  });

  it('finds a plan that leaves out a stream with a map, also where that is removed later', () => {
    expect(judged(leavesOut(alone(), 1))).toEqual(['S7']);
    expect(judged(removed(leavesOut(alone(), 1)))).toEqual(['S7']);
  });
});
