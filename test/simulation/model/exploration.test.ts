import { describe, expect, it } from 'vitest';
import { SMALL } from '../../../src/simulation/model/configurations.ts';

/** Seconds on an idle machine; minutes on one that is busy with much else. */
const TIMEOUT_MS = 300_000;

/** The states that there are, so that one that is lost shows. */
const STATES: Readonly<Record<string, number>> = {
  'ownership, 2 clients, 1 shard of 1 record that is split': 341_157,
  'generations, 2 clients': 29_606,
  'generations, 2 processes of one client id': 41_141,
  'maps, 2 clients': 3_093,
};

describe('the protocol of the store', () => {
  it.each(SMALL)(
    'keeps its invariants in every state that can be reached: $name',
    ({ name, run }) => {
      const { states, end, violations } = run();
      expect(violations).toEqual([]);
      expect([end, states]).toEqual(['exhausted', STATES[name]]);
    },
    TIMEOUT_MS,
  );
});
