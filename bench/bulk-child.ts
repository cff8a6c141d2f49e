/** The whole client and a bare loop over the same prepared batches, in one process. */
import { Kinesumer } from '../src/kinesumer.ts';
import { parseOptions } from '../src/options.ts';
import { MemoryStateStore, MemoryTable } from '../src/services/memory/index.ts';
import { silentLog } from '../src/services/system/log.ts';
import { systemRandom } from '../src/services/system/random.ts';
import { answerParent, type Numbers } from './figures/child.ts';
import { clock, pass, until } from './figures/group.ts';
import { PreparedStream } from './figures/prepared-stream.ts';

const WARM_BATCHES = 3;
const MILLION = 1_000_000;
const SIZES = { shards: 20, recordsPerBatch: 10_000, recordBytes: 100 } as const;

type Consumer = 'eachBatch' | 'eachRecord' | 'consume';

const random = systemRandom();

async function measure(): Promise<Numbers> {
  const measured = Number(process.argv[2] ?? '10');
  const batches = WARM_BATCHES + measured;
  const perBatch = SIZES.shards * SIZES.recordsPerBatch;
  const stream = new PreparedStream({ ...SIZES, batches });
  const perMillion = (cpuMs: number): number => (cpuMs / (measured * perBatch)) * MILLION;

  const found: Record<string, number> = {};
  stream.openTap(batches);
  await bareLoop(stream, 0, WARM_BATCHES);
  const bare = process.cpuUsage();
  await bareLoop(stream, WARM_BATCHES, batches);
  found['bare'] = perMillion(cpuMs(bare));

  for (const consumer of ['eachBatch', 'eachRecord', 'consume'] as const) {
    found[consumer] = perMillion(
      await withClient(stream, consumer, WARM_BATCHES * perBatch, batches),
    );
  }
  found['records'] = measured * perBatch;
  return found;
}

const cpuMs = (before: NodeJS.CpuUsage): number => {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
};

/** @returns bytes, so that the loop is not optimised away */
async function bareLoop(stream: PreparedStream, from: number, to: number): Promise<number> {
  let bytes = 0;
  for (const shardId of stream.shardIds) {
    let iterator = String(from);
    for (let n = from; n < to; n += 1) {
      const answer = await stream.fetch({ stream: 'bulk', shardId }, iterator);
      if (answer.kind !== 'batch' || answer.nextIterator === null) break;
      for (const record of answer.batch.records) bytes += record.data.length;
      iterator = answer.nextIterator;
    }
  }
  return bytes;
}

/** @returns processor time, in ms, from after the warm-up to the last record */
async function withClient(
  stream: PreparedStream,
  consumer: Consumer,
  warmRecords: number,
  batches: number,
): Promise<number> {
  const { config } = parseOptions({ app: consumer, start: 'TRIM_HORIZON', scanLimit: 10_000 }, () =>
    random.id('client id'),
  );
  const table = new MemoryTable({ clock });
  const store = new MemoryStateStore({ table, clock, random });
  const client = new Kinesumer({
    config,
    store,
    stream,
    clock,
    random,
    log: silentLog,
    decoder: null,
    inspect: undefined,
  });
  let records = 0;
  let bytes = 0;
  stream.openTap(WARM_BATCHES);
  const running = ((): Promise<void> => {
    const streams = ['bulk'];
    switch (consumer) {
      case 'eachBatch':
        return client.run({
          streams,
          eachBatch: (batch) => {
            for (const record of batch.records) bytes += record.data.length;
            records += batch.records.length;
          },
        });
      case 'eachRecord':
        return client.run({
          streams,
          eachRecord: (record) => {
            bytes += record.data.length;
            records += 1;
          },
        });
      case 'consume':
        return (async () => {
          for await (const record of client.consume(streams)) {
            bytes += record.data.length;
            records += 1;
          }
        })();
    }
  })();
  running.catch((error: unknown) => process.stderr.write(`${String(error)}\n`));
  await until(`${consumer}: warm`, () => records === warmRecords);
  await pass(2_000);
  const all = (warmRecords / WARM_BATCHES) * batches;
  const before = process.cpuUsage();
  stream.openTap(batches);
  await until(`${consumer}: everything was delivered`, () => records === all);
  const spentMs = cpuMs(before);
  if (bytes !== all * SIZES.recordBytes) throw new Error(`${bytes} bytes of ${all} records`);
  await client.close();
  return spentMs;
}

await answerParent(measure);
