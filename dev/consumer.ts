/**
 * One consumer process. Takes its config as JSON in CONSUMER_CONFIG or as first argument, reports as lines of JSON on
 * the file descriptor CONSUMER_REPORT_FD (default: stdout), takes commands as IPC messages, and ends with its parent.
 */
import { once } from 'node:events';
import { createKinesumer, type Kinesumer } from '../src/index.ts';
import { Following } from './consumer/following.ts';
import { ReportingHandler } from './consumer/handler.ts';
import { localAws } from './consumer/local-aws.ts';
import { errorReport, reportTo, type Tell } from './consumer/reporting.ts';
import { CONSUMER_DEFAULTS, type ConsumerConfig, type SentCommand } from './reports.ts';

const config: ConsumerConfig = {
  ...CONSUMER_DEFAULTS,
  ...(JSON.parse(
    process.env['CONSUMER_CONFIG'] ?? process.argv[2] ?? '{}',
  ) as Partial<ConsumerConfig> &
    Pick<ConsumerConfig, 'kinesisEndpoint' | 'dynamodbEndpoint' | 'app' | 'streams'>),
};
const tell = reportTo(Number(process.env['CONSUMER_REPORT_FD'] ?? 1));

// A parent that dies must leave nothing behind, also while this was still loading; one that lives decides when its
// consumers end, so that ctrl-C in a terminal, which reaches them all, does not end them under its hands.
const hasParent = process.env['CONSUMER_REPORT_FD'] !== undefined;
if (hasParent) {
  process.once('disconnect', () => process.exit(3));
  process.on('SIGINT', () => {});
  if (!process.connected) process.exit(3);
}

const client = await makeClient();
tell({ kind: 'started', pid: process.pid, clientId: client.clientId });
const following = new Following(client, config.name, tell);
const handler = new ReportingHandler(config, tell);
forwardEvents(client);
const snapshots =
  config.snapshotIntervalMs > 0
    ? setInterval(
        () => tell({ kind: 'snapshot', snapshot: client.snapshot() }),
        config.snapshotIntervalMs,
      )
    : undefined;
process.on('message', (command) => void obey(command as SentCommand));
if (!hasParent) for (const signal of ['SIGINT', 'SIGTERM'] as const) endOn(signal);

const closed = once(closings(), 'abort');
let exitCode = 0;
try {
  await consume();
  tell({ kind: 'over', error: null });
} catch (error) {
  exitCode = 1;
  tell({ kind: 'over', error: errorReport(error) });
  void client.close();
}
await closed;
following.stop();
clearInterval(snapshots);
// The open IPC channel would keep the process; from here nothing else may.
process.exitCode = exitCode;
process.removeAllListeners('disconnect');
if (process.connected) process.disconnect();

async function makeClient(): Promise<Kinesumer> {
  try {
    return await createKinesumer({
      app: config.app,
      ...(config.clientId === null ? {} : { clientId: config.clientId }),
      kinesis: localAws(config.kinesisEndpoint),
      dynamodb: localAws(config.dynamodbEndpoint),
      table: { name: config.table },
      profile: config.profile,
      start: config.start,
      scanIntervalMs: config.scanIntervalMs,
      scanLimit: config.scanLimit,
      drainTimeoutMs: config.drainTimeoutMs,
      commit: {
        auto: config.marking === 'auto',
        intervalMs: config.commitIntervalMs,
      },
    });
  } catch (error) {
    tell({ kind: 'over', error: errorReport(error) });
    process.exit(1);
  }
}

async function consume(): Promise<void> {
  const { streams } = config;
  switch (config.handler) {
    case 'batch':
      await client.run({ streams, eachBatch: (batch) => handler.batch(batch) });
      break;
    case 'record':
      await client.run({
        streams,
        eachRecord: (record) => handler.record(record, () => client.commit()),
      });
      break;
    case 'loop':
      for await (const record of client.consume(streams)) {
        await handler.record(record, () => client.commit());
      }
  }
}

function forwardEvents(from: Kinesumer): void {
  const told: Tell = tell;
  from.on('ready', ({ session }) => told({ kind: 'ready', session }));
  from.on('leader', (event) => told({ kind: 'leader', ...event }));
  from.on('rebalance', (event) => told({ kind: 'rebalance', ...event }));
  from.on('shardStart', (event) => told({ kind: 'shardStart', ...event }));
  from.on('shardEnd', (event) => told({ kind: 'shardEnd', ...event }));
  from.on('commit', (event) => told({ kind: 'commit', ...event }));
  from.on('error', (error) => told({ kind: 'error', error: errorReport(error) }));
  from.on('batch', ({ stream, shardId, fence, records, millisBehindLatest }) =>
    told({ kind: 'poll', stream, shardId, fence, records, millisBehindLatest }),
  );
}

/** Aborted when the client is closed. */
function closings(): AbortSignal {
  const end = new AbortController();
  client.on('close', () => {
    tell({ kind: 'close' });
    end.abort();
  });
  return end.signal;
}

async function obey(command: SentCommand): Promise<void> {
  const { id } = command;
  try {
    const value = await carryOut(command);
    tell({ kind: 'answer', id, error: null, value: value ?? null });
  } catch (error) {
    tell({ kind: 'answer', id, error: errorReport(error), value: null });
  }
}

function carryOut(command: SentCommand): unknown {
  switch (command.kind) {
    case 'close':
      return client.close(command.options);
    case 'refresh':
      return client.refresh(command.streams);
    case 'pause':
      return client.pause(command.shards);
    case 'resume':
      return client.resume(command.shards);
    case 'commit':
      return client.commit();
    case 'release':
      return handler.release();
    case 'follow':
      return following.start(command.epochMs);
    case 'unfollow':
      return following.stop();
  }
}

function endOn(signal: 'SIGINT' | 'SIGTERM'): void {
  process.once(signal, () => void client.close());
}
