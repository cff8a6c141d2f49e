/** Figure 3: what a group at rest and a busy one cost in the state table. */
import { startLocalDynamo } from '../../dev/local-servers/dynamo.ts';
import { localAws } from '../../dev/consumer/local-aws.ts';
import { clientsPk } from '../../src/machines/rules/keys.ts';
import { PROFILES } from '../../src/options.ts';
import { DynamoStateStore } from '../../src/services/dynamodb/state-store.ts';
import {
  atMost,
  shown,
  upTo,
  type Effort,
  type Figure,
  type Progress,
  type Row,
} from './figure.ts';
import { clock, Group, pass, until } from './group.ts';

const SHARDS = 16;
const CLIENTS = 3;
const MINUTE_MS = 60_000;
/** Until the leadership has settled and everything of the start is committed. */
const SETTLE_MS = 12_000;
/** Every shard has something to commit at each of the commits. */
const PRODUCE_MS = 1_000;
/** A local server shares the machine with the clients. */
const REQUEST_TIMEOUT_MS = 5_000;

const MEASURE_MS = { full: 2 * MINUTE_MS, quick: MINUTE_MS } as const satisfies Record<
  Effort,
  number
>;

/** Of the profile `default`, per minute, as in SPEC.md; commits each 5 s are 12 a minute. */
function formula(dirtyShards: number): { readonly write: number; readonly read: number } {
  const { heartbeatIntervalMs, pollIntervalMs } = PROFILES.default;
  const beats = MINUTE_MS / heartbeatIntervalMs;
  const polls = MINUTE_MS / pollIntervalMs;
  return {
    write: beats * CLIENTS + 12 * dirtyShards,
    read: polls * CLIENTS + 0.5 * polls * Math.ceil((200 * CLIENTS) / 4_096),
  };
}

type Load = 'idle' | 'busy';
type Backing = 'memory' | 'dynalite';

interface Usage {
  readonly load: Load;
  readonly backing: Backing;
  readonly write: number;
  readonly read: number;
  /** Writes to anything but client items; null where only the server knows. */
  readonly otherWrites: number | null;
  readonly throttled: number;
  readonly errors: number;
}

export async function measureStoreUnits(effort: Effort, progress: Progress): Promise<Figure> {
  const server = await startLocalDynamo();
  try {
    const measureMs = MEASURE_MS[effort];
    const cases = (['memory', 'dynalite'] as const).flatMap((backing) =>
      (['idle', 'busy'] as const).map((load) => ({ backing, load })),
    );
    const usages = await Promise.all(
      cases.map(({ backing, load }) => usage(load, backing, server.endpoint, measureMs, progress)),
    );
    return figure(usages, measureMs);
  } finally {
    await server.stop();
  }
}

async function usage(
  load: Load,
  backing: Backing,
  endpoint: string,
  measureMs: number,
  progress: Progress,
): Promise<Usage> {
  const openStore = (): DynamoStateStore =>
    new DynamoStateStore({
      clock,
      client: localAws(endpoint),
      create: true,
      requestTimeoutMs: REQUEST_TIMEOUT_MS,
    });
  if (backing === 'dynalite') {
    const first = openStore();
    const opened = await first.open();
    first.close();
    if (opened.kind !== 'ready') throw opened.error;
  }
  const group = new Group({
    app: `units-${load}`,
    profile: 'default',
    shards: SHARDS,
    ...(backing === 'dynalite' ? { openStore } : {}),
  });
  try {
    if (load === 'busy') group.produceEvery(PRODUCE_MS);
    for (let n = 0; n < CLIENTS; n += 1) group.join();
    await until(`${load} on ${backing}: balanced`, () => group.isBalanced());
    await pass(SETTLE_MS);
    const stores = group.members.map((member) => member.store);
    const before = stores.map((store) => store.usage());
    let otherWrites = 0;
    const unlisten = group.table.onWrite(({ before: old, after }) => {
      if ((after ?? old)?.pk !== clientsPk(group.app)) otherWrites += 1;
    });
    const fromMs = performance.now();
    progress(`figure 3: ${load} on ${backing}: measuring for ${measureMs / 1_000} s`);
    await pass(measureMs);
    const minutes = (performance.now() - fromMs) / MINUTE_MS;
    unlisten();
    const after = stores.map((store) => store.usage());
    const sum = (of: 'writeUnits' | 'readUnits' | 'throttled'): number =>
      after.reduce((total, now, index) => total + now[of] - (before[index]?.[of] ?? 0), 0);
    return {
      load,
      backing,
      write: sum('writeUnits') / minutes,
      read: sum('readUnits') / minutes,
      otherWrites: backing === 'memory' ? otherWrites : null,
      throttled: sum('throttled'),
      errors: [...group.errors.values()].reduce((total, count) => total + count, 0),
    };
  } finally {
    await group.end();
  }
}

function figure(usages: readonly Usage[], measureMs: number): Figure {
  const rows: Row[] = [];
  const units = (value: number): string => upTo(value, 1);
  for (const { load, backing, write, read, otherWrites } of usages) {
    const expected = formula(load === 'busy' ? SHARDS : 0);
    const name = `${load} on ${backing}`;
    rows.push(writeOrRead(`${name}: write units`, write, expected.write));
    rows.push(writeOrRead(`${name}: read units`, read, expected.read));
    if (otherWrites === null || load === 'busy') continue;
    rows.push(atMost(`${name}: writes that are no heartbeat`, otherWrites, 0, String));
  }
  const troubles = usages.reduce((total, each) => total + each.throttled + each.errors, 0);
  rows.push(shown('throttled requests and errors told', String(troubles)));
  return {
    number: 3,
    title: `State store units per minute, ${CLIENTS} clients × ${SHARDS} shards, profile default`,
    method: [
      `Over ${measureMs / 1_000} s, from 12 s after the group was balanced; commits each 5 s; busy: every shard has something to commit each time.`,
      'W = (60/heartbeat)·C + 12·S_dirty;  R = (60/poll)·C + 0.5·(60/poll)·⌈200·C/4096⌉; at most 5 % more.',
      'memory: as MemoryStateStore counts them, which is what DynamoDB documents; dynalite: as that server answers them.',
      `The formula gives ${units(formula(0).write)} / ${units(formula(0).read)} for the idle group and ${units(formula(SHARDS).write)} / ${units(formula(SHARDS).read)} for the busy one (write / read).`,
    ],
    rows,
    notes: [],
  };
}

function writeOrRead(what: string, value: number, expected: number): Row {
  return atMost(what, value, expected * 1.05, (each) => upTo(each, 1));
}
