/** One group's table and stream, with sessions that a test moves by hand, without actors. */
import type { Key, StateStore } from '../../src/machines/ports.ts';
import { clientsPk } from '../../src/machines/rules/keys.ts';
import {
  beatOnce,
  register,
  streamsHashOf,
  type Session,
} from '../../src/machines/steps/membership.ts';
import type { World } from '../../src/machines/steps/step.ts';
import { parseOptions } from '../../src/options.ts';
import {
  ManualClock,
  MemoryKinesis,
  MemoryStateStore,
  MemoryStream,
  MemoryTable,
  SeededRandom,
} from '../../src/services/memory/index.ts';
import { STREAM } from '../machines/group.ts';

export const APP = 'group';

export const { config } = parseOptions({ app: APP, start: 'TRIM_HORIZON' }, () => 'client-id');

export class GroupTable {
  readonly clock = new ManualClock();
  readonly table = new MemoryTable({ clock: this.clock });
  readonly kinesis = new MemoryKinesis({ clock: this.clock });
  #worlds = 0;

  constructor() {
    this.kinesis.createStream(STREAM, 4);
  }

  /** A client's ports; each has draws of its own. */
  world(wrap: (store: StateStore) => StateStore = (store) => store): World {
    this.#worlds += 1;
    const random = new SeededRandom(this.#worlds);
    return {
      app: APP,
      store: wrap(new MemoryStateStore({ table: this.table, random })),
      stream: new MemoryStream({ kinesis: this.kinesis, random }),
      clock: this.clock,
      random,
    };
  }

  /** An operator deletes an item. */
  remove(key: Key): void {
    this.table.remove(key);
  }

  /** Ids of the clients whose items stand. */
  registered(): string[] {
    return this.table.partition(clientsPk(APP)).flatMap(({ item }) => item?.sk ?? []);
  }
}

/** Registers a session for the stream. */
export async function join(world: World, clientId: string): Promise<Session> {
  const done = await register(world, config.timings, {
    clientId,
    streams: [STREAM],
    ttlMs: config.timings.ttlMs,
    mode: 'dynamic',
    triedNonces: [],
    attempt: 0,
  });
  if (done.kind !== 'registered') throw new Error(`${clientId}: ${done.kind}`);
  return done.session;
}

/** Writes one heartbeat; returns the record version that stands then. */
export async function beat(world: World, session: Session, acknowledged: number): Promise<number> {
  const done = await beatOnce(world, config.timings, {
    session,
    ownNonces: [],
    acknowledged,
    fields: { state: 'active', streamsHash: streamsHashOf([STREAM]), endedCount: 0 },
  });
  if (done.kind !== 'beat') throw new Error(`${session.id}: ${done.kind}`);
  return done.rv;
}
