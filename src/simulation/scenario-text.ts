/** A scenario to be read: all that makes it differ from a calm group, then its script. */
import type { Member } from './action.ts';
import type { Scenario } from './scenario.ts';
import { scriptText } from './shrink.ts';
import type { Climate } from './weather.ts';

const shown = (value: unknown): string =>
  typeof value === 'string' ? value : JSON.stringify(value);

/** What an object holds; null: nothing. */
function details(of: object | undefined): string | null {
  const fields = Object.entries(of ?? {}).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${shown(value)}`],
  );
  return fields.length === 0 ? null : fields.join('  ');
}

function* weatherLines({ weather }: Scenario): Iterable<readonly [string, string | null]> {
  if (typeof weather === 'string') {
    yield ['weather', weather === 'calm' ? null : weather];
    return;
  }
  const { store, stream, clockError }: Climate = weather;
  yield ['the way to the table', details(store)];
  yield ['the way to the streams', details(stream)];
  yield ['clocks are off by', clockError === 0 ? null : String(clockError)];
}

/** Slots that are alike, in one line. */
function* memberLines(members: readonly Member[]): Iterable<readonly [string, string | null]> {
  const alike = new Map<string, number[]>();
  for (const { slot, ...rest } of members) {
    const how = details(rest);
    if (how !== null) alike.set(how, [...(alike.get(how) ?? []), slot]);
  }
  for (const [how, slots] of alike) {
    yield [`${slots.length === 1 ? 'slot' : 'slots'} ${rangesOf(slots)}`, how];
  }
}

/** Numbers that rise: `0–3, 7`. */
function rangesOf(numbers: readonly number[]): string {
  const ranges: { readonly first: number; last: number }[] = [];
  for (const number of numbers.toSorted((a, b) => a - b)) {
    const range = ranges.at(-1);
    if (range?.last === number - 1) range.last = number;
    else ranges.push({ first: number, last: number });
  }
  return ranges
    .map(({ first, last }) => (first === last ? String(first) : `${first}–${last}`))
    .join(', ');
}

/** What differs from a calm group in a line each, and the script in a line per step. */
export function scenarioText(scenario: Scenario): string {
  const { seed, shards, start, streams, script, quietAtMs, quietMs } = scenario;
  const { protocol, wallSkewMs, trickleMs, maxOpenShards, kinesis, setup, members } = scenario;
  const of = streams === undefined ? '' : ` of ${streams.join(', ')}`;
  const lines: (readonly [string, string | null])[] = [
    ['seed', `${seed}, ${shards} shards${of}, from ${start}`],
    ...weatherLines(scenario),
    ['Kinesis', details(kinesis)],
    ['clients', details(setup)],
    ...memberLines(members ?? []),
    ['besides', details({ protocol, wallSkewMs, trickleMs, maxOpenShards })],
    ['quiet', `from ${quietAtMs / 1_000} s, for ${quietMs / 1_000} s`],
  ];
  return [
    ...lines.flatMap(([name, text]) => (text === null ? [] : [`${name}: ${text}`])),
    scriptText(script),
  ].join('\n');
}
