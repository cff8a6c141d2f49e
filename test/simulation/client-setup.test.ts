import { describe, expect, it } from 'vitest';
import { violationsOf } from '../../src/simulation/checkers/all.ts';
import type { ClientSetup } from '../../src/simulation/client-setup.ts';
import type { Evidence } from '../../src/simulation/history.ts';
import { play } from '../../src/simulation/scenario.ts';
import { workload } from '../../src/simulation/workloads.ts';
import { hop, shown } from './host.ts';

const options = { seed: 3, clients: 2, shards: 2, streams: 1, profile: 'fast' } as const;

async function rolled(setup: ClientSetup): Promise<Evidence> {
  const scenario = workload('roll', { ...options, durationMs: 12_000, setup });
  const evidence = await play(scenario, { hop });
  expect(shown(violationsOf(evidence))).toEqual([]);
  return evidence;
}

/** Ids of the clients that each slot had. */
const idsOf = ({ events }: Evidence): readonly (readonly string[])[] =>
  [0, 1].map((slot) =>
    events.flatMap((event) =>
      event.kind === 'setup' && event.slot === slot ? [event.clientId] : [],
    ),
  );

/** From the end of each client to the start of its successor. */
function pausesOf({ events }: Evidence): readonly number[] {
  const endedMs = new Map<string, number>();
  return events.flatMap((event) => {
    if (event.kind !== 'process') return [];
    const slot = event.process.split('#')[0] ?? '';
    if (event.what === 'left') endedMs.set(slot, event.atMs);
    const ended = endedMs.get(slot);
    return event.what === 'started' && ended !== undefined ? [event.atMs - ended] : [];
  });
}

/** How long each handler call took, by true time. */
function handledMs({ events }: Evidence): readonly number[] {
  const givenMs = new Map<string, number>();
  return events.flatMap((event) => {
    if (event.kind !== 'delivered' && event.kind !== 'completed') return [];
    const call = `${event.process} ${event.call}`;
    if (event.kind === 'delivered') givenMs.set(call, event.atMs);
    return event.kind === 'completed' ? [event.atMs - (givenMs.get(call) ?? Number.NaN)] : [];
  });
}

const commits = ({ events }: Evidence): number =>
  events.filter((event) => event.kind === 'notice' && event.name === 'commit').length;

describe('how the clients of a group are set up', () => {
  it.each([
    ['dynamic', ['c0-1', 'c0-2'], ['c1-1', 'c1-2']],
    ['static', ['c0', 'c0'], ['c1', 'c1']],
    ['mixed', ['c0-1', 'c0-2'], ['c1', 'c1']],
  ] as const)('%s: says whose id a successor has', async (membership, ...ids) => {
    const evidence = await rolled({ membership });
    expect(idsOf(evidence)).toEqual(ids);
    expect(pausesOf(evidence)).toEqual([0, 0]);
  });

  it('says when a successor starts, however late that is', async () => {
    expect(pausesOf(await rolled({ restartAfterMs: 7_000 }))).toEqual([7_000, 7_000]);
  });

  it('says how long a handler takes, and how long a client that leaves waits for it', async () => {
    const patient = await rolled({ handlerMs: 6_000, drainTimeoutMs: 8_000 });
    expect(new Set(handledMs(patient))).toEqual(new Set([6_000]));
    const told = ({ events }: Evidence): boolean =>
      events.some(
        (event) => event.kind === 'notice' && event.detail?.startsWith('DrainTimeout') === true,
      );
    expect(told(patient)).toBe(false);
    expect(told(await rolled({ handlerMs: 6_000, drainTimeoutMs: 1_000 }))).toBe(true);
  });

  it('says how often positions are committed', async () => {
    const [often, rarely] = [
      await rolled({ commitIntervalMs: 500 }),
      await rolled({ commitIntervalMs: 10_000 }),
    ];
    expect(commits(often)).toBeGreaterThan(5 * commits(rarely));
    expect(commits(rarely)).toBeGreaterThan(0);
  });
});
