/** Scenarios that stand in a file: one by itself, one of a result or of a trace, or a list of kept ones. */
import { readFile } from 'node:fs/promises';
import { KinesumerError } from '../../index.ts';
import { parseScenario, type Scenario } from '../../simulation/index.ts';
import { Refusal } from '../flags.ts';

/** @throws Refusal where the file cannot be read, or holds something else */
export async function readScenarios(path: string): Promise<readonly Scenario[]> {
  const refuse = (why: string): never => {
    throw new Refusal(`--scenario ${path}: ${why}`);
  };
  const text = await readFile(path, 'utf8').catch((error: unknown) =>
    refuse(error instanceof Error ? error.message : String(error)),
  );
  const value = parsed(text) ?? refuse('it is no JSON');
  try {
    const scenarios = Array.isArray(value)
      ? value.map((entry, at) => scenarioIn(entry, `[${at}]`))
      : [scenarioIn(value, '')];
    if (new Set(scenarios.map(({ protocol = 'kinesumer' }) => protocol)).size === 1) {
      return scenarios;
    }
    return refuse('it has to hold scenarios, all of one protocol');
  } catch (error) {
    if (!(error instanceof KinesumerError)) throw error;
    return refuse(`${error.code}: ${error.message}`);
  }
}

/** @returns null: it is no JSON */
function parsed(text: string): unknown {
  // of a trace its first line
  for (const json of [text, text.slice(0, text.indexOf('\n') + 1)]) {
    try {
      return JSON.parse(json) as unknown;
    } catch {
      continue;
    }
  }
  return null;
}

/** What `--json` prints has it in its counterexample; what is kept, and a trace, in a field of their own. */
function scenarioIn(value: unknown, path: string): Scenario {
  if (typeof value !== 'object' || value === null) return parseScenario(value, path);
  const within = (name: string): string => (path === '' ? name : `${path}.${name}`);
  if ('counterexample' in value) return scenarioIn(value.counterexample, within('counterexample'));
  if ('scenario' in value) return parseScenario(value.scenario, within('scenario'));
  return parseScenario(value, path);
}
