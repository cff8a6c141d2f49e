/** From a scenario that fails to a smaller one that still does. */
import type { Scenario, Step } from './scenario.ts';
import type { Climate } from './weather.ts';

export interface ShrinkOptions {
  /** Whether a scenario still shows what is looked for. */
  readonly fails: (scenario: Scenario) => Promise<boolean>;
  /** Runs at most. @default 200 */
  readonly maxRuns?: number;
}

export interface Shrunk {
  readonly scenario: Scenario;
  readonly runs: number;
}

const MAX_RUNS = 200;

/**
 * Leaves steps of the script out, large parts first, then members that differ, then faults of the weather, as long as
 * the scenario fails. Deterministic.
 *
 * @param scenario one that fails
 */
export async function shrink(scenario: Scenario, options: ShrinkOptions): Promise<Shrunk> {
  const { fails, maxRuns = MAX_RUNS } = options;
  let smallest = scenario;
  let runs = 0;
  /** Takes a smaller one if it fails too. */
  const attempt = async (smaller: Scenario): Promise<boolean> => {
    if (runs >= maxRuns) return false;
    runs++;
    if (!(await fails(smaller))) return false;
    smallest = smaller;
    return true;
  };

  for (let size = Math.ceil(scenario.script.length / 2); size >= 1 && runs < maxRuns;) {
    const before = smallest.script.length;
    for (let at = 0; at < smallest.script.length;) {
      const without = smallest.script.filter((_, index) => index < at || index >= at + size);
      if (!(await attempt({ ...smallest, script: without }))) at += size;
    }
    // the last steps may be left out only once others are
    if (size > 1 || smallest.script.length === before) size = size === 1 ? 0 : Math.ceil(size / 2);
  }
  for (const member of scenario.members ?? []) {
    const members = (smallest.members ?? []).filter(({ slot }) => slot !== member.slot);
    await attempt({ ...smallest, members });
  }
  if (typeof scenario.weather !== 'string') {
    for (const weather of calmer(scenario.weather)) {
      await attempt({ ...smallest, weather: weather(smallest.weather as Climate) });
    }
  }
  return { scenario: smallest, runs };
}

/** Ways to leave one fault of a weather out. */
function calmer({ store, stream }: Climate): readonly ((weather: Climate) => Climate)[] {
  const without = (faults: object, name: string): object =>
    Object.fromEntries(Object.entries(faults).filter(([other]) => other !== name));
  return [
    ...Object.keys(store).map((name) => (weather: Climate) => ({
      ...weather,
      store: without(weather.store, name),
    })),
    ...Object.keys(stream).map((name) => (weather: Climate) => ({
      ...weather,
      stream: without(weather.stream, name),
    })),
  ];
}

/** A script in a line per step, to be read. */
export function scriptText(script: readonly Step[]): string {
  return script
    .map(({ atMs, action: { kind, ...rest } }) => {
      const details = Object.entries(rest).map(([name, value]) => `${name}=${shown(value)}`);
      return [`${(atMs / 1_000).toFixed(3)} s`, kind, ...details].join('  ');
    })
    .join('\n');
}

const shown = (value: unknown): string =>
  typeof value === 'string' ? value : JSON.stringify(value);
