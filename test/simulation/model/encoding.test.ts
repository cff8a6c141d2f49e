import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Model } from '../../../src/simulation/model/explorer.ts';
import { generationsModel } from '../../../src/simulation/model/generations/model.ts';
import { ownershipModel } from '../../../src/simulation/model/ownership/model.ts';

/** What may follow a state, each by its text and by what is wrong with it. */
function following<S>(model: Model<S>, state: S): string[] {
  const texts = new Set<string>();
  model.expand(state, (next, _words, faults) => {
    const wrong = [...faults, ...model.faultsOf(next)].map(({ invariant }) => invariant);
    texts.add(`${model.encode(next)} ${wrong.join()}`);
  });
  return [...texts].sort();
}

/** Where these are as likely as anything else, nothing comes to anything. */
const SETBACK = /expel|expulsion|not answered|lost|release|leaving|deletes/;

/** Names only grow on a way. */
const STEPS_UNDER_OLD_NAMES = 25;

/** Goes its way in the names that it began with, and compares each state with the one of its text. */
function expectFaithful<S>(model: Model<S>): void {
  fc.assert(
    fc.property(fc.array(fc.nat(), { minLength: 200, maxLength: 400, size: 'max' }), (choices) => {
      let state = model.initial;
      let taken = 0;
      for (const choice of choices) {
        const text = model.encode(state);
        const named = model.decode(text);
        expect(model.encode(named)).toBe(text);
        expect(following(model, named)).toEqual(following(model, state));
        const steps: S[] = [];
        const setbacks: S[] = [];
        model.expand(state, (next, words) => {
          (SETBACK.test(words()) ? setbacks : steps).push(next);
        });
        const among = steps.length === 0 || choice % 6 === 0 ? setbacks : steps;
        const next = among[Math.floor(choice / 6) % among.length];
        if (next === undefined) return;
        taken += 1;
        state = taken % STEPS_UNDER_OLD_NAMES === 0 ? model.decode(model.encode(next)) : next;
      }
    }),
    { numRuns: 10, endOnFailure: true },
  );
}

const ownership = { name: 'walks', clients: 2, shards: 'one', records: 2, inFlight: 3 } as const;
const generations = { name: 'walks', processes: [0, 1], inFlight: 3 };

describe('what can follow a state follows the one of its text, and nothing else', () => {
  it.each([
    ['one shard', ownership],
    ['a split', { ...ownership, shards: 'split' as const }],
    ['three clients', { ...ownership, clients: 3 }],
    ['deleted items', { ...ownership, deletions: { times: 2, fences: 4 } }],
  ])('in the ownership model: %s', (_, config) => expectFaithful(ownershipModel(config)));

  it.each([
    ['two clients', generations],
    ['three clients', { ...generations, processes: [0, 1, 2] }],
    ['a client id of several', { ...generations, processes: [0, 0, 1] }],
  ])('in the generation model: %s', (_, config) => expectFaithful(generationsModel(config)));
});
