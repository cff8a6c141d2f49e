/** One consumer of so many busy shards on ports in memory, looked at or not. Run with --expose-gc. */
import { createInspector, type Inspector } from '../src/inspector.ts';
import { pass, until } from './figures/group.ts';
import type { FromConsumer, Mode, ToConsumer } from './inspector/messages.ts';
import { memoryClient } from './memory-client.ts';

const APP = 'looked-at';
const STREAM = 'orders';
const SETTLE_MS = 6_000;
const PUT_EVERY_MS = 100;
const PUTS_PER_SECOND = 10;
const RETENTION_MS = 30_000;

const shards = Number(process.argv[2] ?? '16');
const { client, kinesis } = memoryClient(APP, RETENTION_MS);
kinesis.createStream(STREAM, shards);

let records = 0;
let owned = 0;
client.on('shardStart', () => (owned += 1)).on('shardEnd', () => (owned -= 1));
const running = client.run({
  streams: [STREAM],
  eachBatch: (batch) => {
    records += batch.records.length;
  },
});
running.catch((error: unknown) => process.stderr.write(`${String(error)}\n`));

/** About one record a second and shard, each tick to other shards. */
let key = 0;
const producing = setInterval(() => {
  for (let n = 0; n < Math.ceil(shards / PUTS_PER_SECOND); n += 1) {
    key += 1;
    kinesis.putRecord({ stream: STREAM, partitionKey: `key-${key}`, data: 'x'.repeat(100) });
  }
}, PUT_EVERY_MS);

let inspector: Inspector | null = null;
let detach = (): void => {};

async function watch(mode: Mode): Promise<string> {
  detach();
  detach = () => {};
  await inspector?.close();
  inspector = null;
  if (mode === 'off') return '';
  inspector = await createInspector();
  detach = inspector.attach(client);
  return inspector.url;
}

async function measure(forMs: number): Promise<FromConsumer> {
  globalThis.gc?.();
  const before = records;
  const cpu = process.cpuUsage();
  await pass(forMs);
  const { user, system } = process.cpuUsage(cpu);
  return { kind: 'measured', cpuMs: (user + system) / 1_000, records: records - before };
}

const tell = (message: FromConsumer): void => void process.send?.(message);

async function obey(message: ToConsumer): Promise<void> {
  switch (message.kind) {
    case 'watch':
      tell({ kind: 'watched', url: await watch(message.mode) });
      break;
    case 'measure':
      tell(await measure(message.forMs));
      break;
    case 'end':
      clearInterval(producing);
      await watch('off');
      await client.close({ abort: true });
      process.disconnect();
  }
}

process.once('disconnect', () => process.exit(0));
process.on('message', (message) => void obey(message as ToConsumer));
await until('all shards are owned', () => owned === shards);
await pass(SETTLE_MS);
tell({ kind: 'ready' });
