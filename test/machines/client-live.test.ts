import { expect, it } from 'vitest';
import { Kinesumer } from '../../src/kinesumer.ts';
import type { Log } from '../../src/machines/ports.ts';
import { STREAM } from './group.ts';
import { LiveWorld, type LiveOptions } from './live-world.ts';

const SILENT: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** A whole client. */
function live(options: LiveOptions): { readonly world: LiveWorld; readonly client: Kinesumer } {
  const world = new LiveWorld(options);
  const { config, world: ports } = world.parts;
  const client = new Kinesumer({
    ...ports,
    config,
    log: SILENT,
    decoder: null,
    inspect: undefined,
  });
  return { world, client };
}

it('heartbeats go on while a client takes hundreds of shards from a slow store', async () => {
  const shards = 300;
  const { world, client } = live({ shards, storeDelayMs: 250 });
  const { heartbeatIntervalMs } = world.parts.config.timings;
  const beatsMs: number[] = [];
  let taken = 0;
  const takenMs: number[] = [];
  world.table.onWrite(({ before, after, at }) => {
    if (after?.['rv'] !== undefined && after['rv'] !== before?.['rv']) beatsMs.push(at);
    if (after?.['fence'] !== undefined) takenMs[taken++] = at;
  });
  const run = client.run({ streams: [STREAM], eachBatch: () => {} });
  await world.until('all shards', () => taken === shards);
  const [firstMs = 0, lastMs = 0] = [takenMs[0], takenMs.at(-1)];
  // it took longer than a heartbeat may be late
  expect(lastMs - firstMs).toBeGreaterThan(heartbeatIntervalMs);
  const gaps = beatsMs.slice(1).map((at, index) => at - (beatsMs[index] ?? 0));
  // a period with its jitter, and the way there and back
  expect(Math.max(...gaps)).toBeLessThanOrEqual(heartbeatIntervalMs * 1.1 + 600);

  const closed = client.close({ abort: true });
  let over = false;
  void closed.then(() => (over = true));
  await world.until('the end', () => over);
  await run;
});

it('an abort of a client in the middle of its handlers is no failure of it', async () => {
  const { world, client } = live({ shards: 1, storeDelayMs: 50 });
  let busy = 0;
  const run = client.run({
    streams: [STREAM],
    eachBatch: () => {
      busy += 1;
      return new Promise(() => {});
    },
  });
  world.put('1');
  await world.until('the handler', () => busy === 1);
  world.put('2');
  await world.pass(1_000);
  let outcome: unknown = null;
  void client.close({ abort: true }).then((report) => (outcome = report.outcome));
  await world.until('the end', () => outcome !== null);
  await expect(run).resolves.toBeUndefined();
  expect(outcome).toBe('aborted');
  // the answers on their way come to nobody, and nothing is sent any more
  await world.pass(1_000);
  expect([world.clock.pending(), world.client()]).toEqual([0, null]);
});

it('a change of streams that is asked for while the client registers is done once it is there', async () => {
  const { world, client } = live({ shards: 1, storeDelayMs: 50 });
  world.kinesis.createStream('another', 1);
  const run = client.run({ streams: [STREAM], eachBatch: () => {} });
  let refreshed = 'asked';
  void client.refresh(['another']).then(() => (refreshed = 'done'));
  await world.until('the change', () => refreshed === 'done');
  let closed = false;
  void client.close({ abort: true }).then(() => (closed = true));
  await world.until('the end', () => closed);
  await run;
  expect(refreshed).toBe('done');
});
