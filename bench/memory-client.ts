/** One client alone in this process, on ports in memory that take as long as those of a region. */
import { Kinesumer } from '../src/kinesumer.ts';
import { parseOptions } from '../src/options.ts';
import {
  MemoryKinesis,
  MemoryStateStore,
  MemoryStream,
  MemoryTable,
} from '../src/services/memory/index.ts';
import { silentLog } from '../src/services/system/log.ts';
import { systemRandom } from '../src/services/system/random.ts';
import { clock, STORE_WAY, STREAM_WAY } from './figures/group.ts';

export interface MemoryClient {
  readonly client: Kinesumer;
  readonly table: MemoryTable;
  readonly kinesis: MemoryKinesis;
}

/** @param retentionMs for how long records stay; undefined: as long as Kinesis keeps them by default */
export function memoryClient(app: string, retentionMs?: number): MemoryClient {
  const random = systemRandom();
  const table = new MemoryTable({ clock });
  const kinesis = new MemoryKinesis({
    clock,
    ...(retentionMs === undefined ? {} : { retentionMs }),
  });
  const { config } = parseOptions({ app, start: 'TRIM_HORIZON' }, () => random.id('client id'));
  const ways = (way: typeof STORE_WAY | typeof STREAM_WAY) => ({
    clock,
    random,
    faults: { requestMs: way, answerMs: way },
  });
  const client = new Kinesumer({
    config,
    store: new MemoryStateStore({ table, ...ways(STORE_WAY) }),
    stream: new MemoryStream({ kinesis, ...ways(STREAM_WAY) }),
    clock,
    random,
    log: silentLog,
    decoder: null,
    inspect: undefined,
  });
  return { client, table, kinesis };
}
