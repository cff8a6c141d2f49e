import { beforeAll, describe, expect, it } from 'vitest';
import { play } from '../../src/simulation/scenario.ts';
import { hop } from './host.ts';
import { TransitionCoverage } from './transitions/coverage.ts';
import { SCENES } from './transitions/scenes.ts';
import { UNREACHABLE } from './transitions/unreachable.ts';

const TIMEOUT_MS = 120_000;

describe('the statecharts in simulated groups', () => {
  const coverage = new TransitionCoverage();

  beforeAll(async () => {
    for (const make of Object.values(SCENES)) {
      const { scenario, host } = make();
      await play(scenario, { hop, ...host, inspect: coverage.inspect });
    }
  }, TIMEOUT_MS);

  it('take every transition but those that are known to be out of reach', () => {
    const notTaken = coverage.machines().flatMap((machine) => machine.notTaken);
    expect(notTaken.filter((words) => UNREACHABLE[words] === undefined)).toEqual([]);
  });

  it('take none of those that are said to be out of reach, and each of these exists', () => {
    const notTaken = new Set(coverage.machines().flatMap((machine) => machine.notTaken));
    expect(Object.keys(UNREACHABLE).filter((words) => !notTaken.has(words))).toEqual([]);
  });
});
