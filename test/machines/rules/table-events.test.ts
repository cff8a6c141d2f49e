import { describe, expect, it } from 'vitest';
import type { Item, Write } from '../../../src/machines/ports.ts';
import { tableEventOf, type TableEvent } from '../../../src/machines/rules/table-events.ts';
import { encodeMap } from '../../../src/machines/rules/map-codec.ts';
import { NOT_STARTED, positionOf, SHARD_END } from '../../../src/machines/rules/positions.ts';
import {
  acquire,
  commit,
  createClient,
  endShard,
  heartbeat,
  leave,
  publishHead,
  putMap,
  putPlanPart,
  putStreams,
  release,
} from '../../../src/machines/rules/writes.ts';
import { MemoryTable } from '../../../src/services/memory/index.ts';
import { mapOf, shardId, STREAM } from '../group.ts';

const APP = 'shop';
const session = 'worker/n1';

/** What the table tells while these writes are carried out, one after another. */
function told(...writes: readonly Write[]): (TableEvent | null)[] {
  const table = new MemoryTable();
  const events: (TableEvent | null)[] = [];
  table.onWrite(({ before, after }) => events.push(tableEventOf(APP, before, after)));
  for (const write of writes) expect(table.write(write, 'test').result.kind).toBe('applied');
  return events;
}

const put = (item: Item): Write => ({ kind: 'put', item, when: [] });
const p1 = positionOf('7', null);

describe('a change in the table', () => {
  it('of a client tells its registration, its heartbeats and its end', () => {
    const fields = { streamsHash: 'h', endedCount: 0 };
    const client = { clientId: 'worker', nonce: 'n1', ttlMs: 9_000, streamsHash: 'h' };
    const events = told(
      createClient(APP, client),
      heartbeat(APP, 'worker', 'n1', 0, { state: 'active', ...fields }),
      heartbeat(APP, 'worker', 'n1', 1, { state: 'leaving', ...fields }),
      leave(APP, 'worker', 'n1'),
    );
    const member = { kind: 'member', clientId: 'worker' };
    expect(events).toEqual([
      { ...member, session, state: 'registering', rv: 0, ttlMs: 9_000 },
      { ...member, session, state: 'active', rv: 1, ttlMs: 9_000 },
      { ...member, session, state: 'leaving', rv: 2, ttlMs: 9_000 },
      { ...member, session: null, state: 'gone', rv: 0, ttlMs: null },
    ]);
  });

  it('of a shard tells who took it, how far it is, and how it ended', () => {
    const taken = {
      session,
      fence: 1,
      ownerAsRead: null,
      fenceAsRead: null,
      firstPosition: NOT_STARTED,
      sequenceNumberAsRead: null,
    };
    const again = { ...taken, fence: 2, fenceAsRead: 1, firstPosition: null };
    const events = told(
      acquire(APP, STREAM, 's', taken),
      commit(APP, STREAM, 's', session, 1, p1),
      release(APP, STREAM, 's', session, 1, p1),
      acquire(APP, STREAM, 's', again),
      endShard(APP, STREAM, 's', session, 2),
    );
    const shard = { kind: 'shard', stream: STREAM, shardId: 's' };
    expect(events).toEqual([
      { ...shard, change: 'acquired', owner: session, fence: 1, position: NOT_STARTED },
      { ...shard, change: 'committed', owner: session, fence: 1, position: p1 },
      { ...shard, change: 'released', owner: null, fence: 1, position: p1 },
      { ...shard, change: 'acquired', owner: session, fence: 2, position: p1 },
      { ...shard, change: 'ended', owner: null, fence: 2, position: SHARD_END },
    ]);
  });

  it('of the group tells plans, generations and maps', () => {
    const map = mapOf(2, 3);
    const latest = { kind: 'atTimestamp', timestampMs: 77 } as const;
    const events = told(
      putPlanPart(APP, 'plan#0000000004#n', 0, 1, '{}'),
      publishHead(APP, null, { generation: 4, leader: session, planRef: 'plan#0000000004#n' }),
      putMap(encodeMap(APP, map, 'set').item, null),
      putMap(encodeMap(APP, mapOf(1_001, 4), '4#n').item, 3),
      putMap(encodeMap(APP, { ...mapOf(1, 5), start: latest }, 'set').item, 4),
    );
    expect(events).toEqual([
      { kind: 'plan', planRef: 'plan#0000000004#n', generation: 4, body: '{}', parts: 1 },
      { kind: 'generation', generation: 4, leader: session, planRef: 'plan#0000000004#n' },
      { kind: 'map', stream: STREAM, version: 3, startMs: null, shards: map.shards },
      { kind: 'map', stream: STREAM, version: 4, startMs: null, shards: null },
      { kind: 'map', stream: STREAM, version: 5, startMs: 77, shards: mapOf(1, 5).shards },
    ]);
  });

  it('that nobody can understand is told as such', () => {
    const head = { pk: `group#${APP}`, sk: 'head' };
    const checkpoint = { pk: `check_point#${APP}#${STREAM}`, sk: shardId(0) };
    const events = told(
      put({ ...head, gen: 'four' }),
      put({ ...checkpoint, fence: -1 }),
      put({ pk: `shard_cache#${APP}`, sk: STREAM, ver: 1 }),
      put({ pk: `client#${APP}`, sk: 'worker', nonce: 5 }),
    );
    expect(events.map((event) => event?.kind)).toEqual(Array(4).fill('unreadable'));
  });

  it('of another application, or of lists of streams, says nothing', () => {
    const events = told(
      put({ pk: 'client#other', sk: 'worker', nonce: 'n' }),
      put({ pk: 'check_point#other#orders', sk: 's' }),
      putStreams(APP, 'h', ['orders']),
    );
    expect(events).toEqual([null, null, null]);
  });
});
