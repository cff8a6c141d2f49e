import { describe, expect, it } from 'vitest';
import type { FeedLine } from '../../../src/feed/events.ts';
import { SeededRandom } from '../../../src/services/memory/seeded-random.ts';
import { Driver } from '../../../visualize/worker/driver.ts';
import type { Beginning, FromWorker } from '../../../visualize/worker/messages.ts';
import { hop } from '../../simulation/host.ts';

const FRAME_MS = 50;

const calm: Beginning = {
  seed: 5,
  profile: 'fast',
  clients: 3,
  shards: 4,
  recordsPerSecond: 20,
  faults: 0,
  chaos: 0,
  speed: 1,
};

/** A driver with a page that shows everything at once, on a machine whose work takes no time. */
function driven(overrides: Partial<Beginning> = {}, costMs = 0) {
  let nowMs = 0;
  const random = new SeededRandom(11);
  const told: FromWorker[] = [];
  const driver = new Driver(
    { ...calm, ...overrides },
    {
      hop,
      nowMs: () => (nowMs += costMs),
      chance: () => random.next('chaos'),
      post: (message) => void told.push(message),
    },
  );
  const frames = async (count: number, page: 'quick' | 'frozen' = 'quick'): Promise<void> => {
    for (let frame = 0; frame < count; frame += 1) {
      nowMs += FRAME_MS;
      await driver.frame();
      if (page === 'quick') driver.shown();
    }
  };
  const lines = (): readonly FeedLine[] =>
    told.flatMap((message) => (message.kind === 'lines' ? message.lines : []));
  const last = (): FromWorker | undefined => told.at(-1);
  const actions = (): readonly string[] =>
    lines().flatMap((line) => (line.kind === 'action' ? [line.action.kind] : []));
  return { driver, frames, lines, last, actions, told };
}

const openIn = (lines: readonly FeedLine[], first: number): number =>
  lines.reduce(
    (open, line) =>
      line.kind === 'reshard' ? open + line.children.length - line.parents.length : open,
    first,
  );

const livingIn = (lines: readonly FeedLine[]): ReadonlySet<string> => {
  const living = new Set<string>();
  for (const line of lines) {
    if (line.kind !== 'process') continue;
    if (line.what === 'started') living.add(line.clientId);
    if (line.what === 'crashed' || line.what === 'left') living.delete(line.clientId);
  }
  return living;
};

describe('the driver of a simulated group', () => {
  it('lets as much virtual time pass as the speed says, a header first', async () => {
    const { frames, lines, last, driver } = driven();
    await frames(20);
    expect(lines()[0]).toMatchObject({ kind: 'trace', source: 'simulation' });
    expect(last()).toMatchObject({ kind: 'lines', nowMs: 1_000 });
    driver.change({ speed: 4 });
    await frames(20);
    expect(last()).toMatchObject({ kind: 'lines', nowMs: 5_000 });
    driver.change({ speed: 0 });
    await frames(20);
    expect(last()).toMatchObject({ kind: 'lines', nowMs: 5_000 });
    expect(lines().some(({ kind }) => kind === 'delivered')).toBe(true);
  });

  it('says what speed it reached where the machine is too slow for more', async () => {
    const { frames, last } = driven({ speed: 50 }, 10);
    await frames(60);
    const message = last();
    expect(message?.kind === 'lines' && message.speed).toBeGreaterThan(1);
    expect(message?.kind === 'lines' && message.speed).toBeLessThan(10);
  });

  it('stands still for a page that shows nothing, and goes on from there', async () => {
    const { driver, frames, lines, told, last } = driven({ speed: 20, recordsPerSecond: 200 });
    await frames(40, 'frozen');
    expect(told).toHaveLength(1);
    driver.shown();
    await frames(1);
    // what it may make up for is a quarter of a second
    expect(last()).toMatchObject({ nowMs: 20 * (FRAME_MS + 250) });
    const orders = lines().flatMap((line) => ('order' in line ? [line.order ?? 0] : []));
    expect(orders).toEqual(orders.toSorted((one, other) => one - other));
  });

  it('tells the statecharts that run, and that those of a dead process are gone', async () => {
    const { driver, frames, lines } = driven({ speed: 10 });
    await frames(20);
    const machines = (): ReadonlySet<string> =>
      new Set(lines().flatMap((line) => (line.kind === 'actor' ? [line.machine] : [])));
    expect(machines()).toEqual(
      new Set(['client', 'membership', 'role', 'assignment', 'survey', 'reader']),
    );
    const livingOf = (process: string): number =>
      lines().reduce((living, line) => {
        if (line.kind === 'actor' && line.process === process) return living + 1;
        return line.kind === 'actorGone' && line.process === process ? living - 1 : living;
      }, 0);
    expect(livingOf('c1#1')).toBeGreaterThan(4);
    driver.act({ kind: 'kill', clientId: 'c1' });
    await frames(2);
    expect(livingOf('c1#1')).toBe(0);
  });

  it('follows the sliders: clients, shards, rate and faults', async () => {
    const { driver, frames, lines } = driven({ speed: 10 });
    await frames(20);
    driver.change({ clients: 5, shards: 9 });
    await frames(20);
    expect(livingIn(lines()).size).toBe(5);
    expect(openIn(lines(), 4)).toBe(9);
    driver.change({ clients: 2, shards: 3, recordsPerSecond: 0 });
    await frames(30);
    expect(livingIn(lines()).size).toBe(2);
    expect(openIn(lines(), 4)).toBe(3);
    const puts = (): number => lines().filter(({ kind }) => kind === 'put').length;
    const before = puts();
    driver.change({ faults: 1 });
    await frames(20);
    expect(puts()).toBe(before);
    expect(lines().some((line) => line.kind === 'notice' && line.name === 'error')).toBe(true);
  });

  it('does what the buttons say', async () => {
    const { driver, frames, lines, actions } = driven({ speed: 10 });
    await frames(10);
    driver.act({ kind: 'add' });
    driver.act({ kind: 'kill', clientId: 'c1' });
    driver.act({ kind: 'pause', clientId: 'c0-1' });
    driver.act({ kind: 'stop', clientId: 'c2-1' });
    driver.act({ kind: 'kill', clientId: 'nobody' });
    driver.act({ kind: 'split', stream: 'orders', shardId: 'shardId-000000000002' });
    driver.act({ kind: 'merge' });
    await frames(10);
    expect(actions().slice(3)).toEqual(['join', 'crash', 'pause', 'leave', 'split', 'merge']);
    const split = lines().find((line) => line.kind === 'reshard');
    expect(split).toMatchObject({ parents: ['shardId-000000000002'] });
    expect(livingIn(lines())).toEqual(new Set(['c0-1', 'c3']));
  });

  it('lets the chaos strike by itself', async () => {
    const { frames, actions } = driven({ speed: 50, chaos: 1, shards: 1, recordsPerSecond: 1 });
    await frames(12);
    // the first three are the joins
    expect(actions().length).toBeGreaterThan(5);
  });
});
