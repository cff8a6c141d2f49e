import { describe, expect, it } from 'vitest';
import type { Write } from '../../../src/machines/ports.ts';
import { checkpointKey, mapsPk } from '../../../src/machines/rules/keys.ts';
import { positionOf, SHARD_END } from '../../../src/machines/rules/positions.ts';
import { noteListed } from '../../../src/machines/rules/writes.ts';
import { readMaps, surveyStream, writeMap } from '../../../src/machines/steps/maps.ts';
import { tidy } from '../../../src/machines/steps/tidy.ts';
import { MemoryStream, SeededRandom } from '../../../src/services/memory/index.ts';
import { APP, config } from '../../regressions/group-table.ts';
import { failed } from '../../regressions/intercepted-store.ts';
import { mapOf, shardId, STREAM } from '../group.ts';
import { DAY, TidyWorld } from './tidy-world.ts';

/** Ids far from those of the stream. */
const GONE = 900;
const OTHER = 'other';

/** A world in which the item of the old shard is marked, and the time of the mark. */
async function marked(): Promise<{ readonly world: TidyWorld; readonly sinceMs: number }> {
  const world = new TidyWorld();
  await world.withOldShard();
  await world.day();
  await world.day();
  await world.tidy();
  const sinceMs = world.group.kinesis.nowMs();
  expect(world.item(0)).toMatchObject({ position: SHARD_END, unlisted_since: sinceMs });
  return { world, sinceMs };
}

describe('a daily tidy', () => {
  it('removes the item of an ended shard a week after the first listing without it, and no other', async () => {
    const world = new TidyWorld();
    await world.withOldShard();
    const others = world.items().filter(({ sk }) => sk !== shardId(0));
    const written: Write[] = [];
    world.group.table.onWrite(({ write }) => void written.push(write));
    const stood: string[] = [];
    for (let day = 0; day < 11; day += 1) {
      expect(await world.tidy()).toEqual({ kind: 'tidied', errors: [], told: [] });
      const item = world.item(0);
      stood.push(item === null ? 'gone' : 'unlisted_since' in item ? 'marked' : 'unmarked');
      await world.day();
    }
    // still listed a day later, by the retention of a day
    const marked = Array.from({ length: 7 }, () => 'marked');
    expect(stood).toEqual(['unmarked', 'unmarked', ...marked, 'gone', 'gone']);
    // maps are put; those are the lister's
    const own = written.filter(({ kind }) => kind !== 'put').map(({ kind }) => kind);
    expect(own).toEqual(['update', 'delete']);
    expect(world.items()).toEqual(others);
  });

  it('begins the week anew where the shard shows up in a listing again', async () => {
    const { world } = await marked();
    const listed = world.group.kinesis.listShards(STREAM);
    if (listed.kind !== 'listed') throw new Error(listed.kind);
    const [shard] = listed.shards;
    if (shard === undefined) throw new Error('no shards');
    const once = { ...shard, shardId: shardId(0), closed: true };
    for (let day = 0; day < 6; day += 1) await world.day();
    const shown = world.meddled(
      {},
      {
        listShards: () => {
          const now = world.group.kinesis.listShards(STREAM);
          if (now.kind !== 'listed') throw new Error(now.kind);
          return Promise.resolve({ ...now, shards: [...now.shards, once] });
        },
      },
    );
    await world.tidy(shown);
    expect(world.item(0)).not.toHaveProperty('unlisted_since');
    await world.day();
    await world.tidy();
    const again = world.group.kinesis.nowMs();
    expect(world.item(0)).toMatchObject({ unlisted_since: again });
    for (let day = 0; day < 6; day += 1) await world.day();
    await world.tidy();
    expect(world.item(0)).toMatchObject({ unlisted_since: again });
    await world.day();
    await world.tidy();
    expect(world.item(0)).toBeNull();
  });

  it('removes nothing that lost its mark between the look and the deletion', async () => {
    const { world, sinceMs } = await marked();
    for (let day = 0; day < 8; day += 1) await world.day();
    const { store } = world.leader;
    let refused = 0;
    const late = world.meddled({
      async write(write) {
        // another leader's tidy saw the shard again
        await store.write(noteListed(APP, STREAM, shardId(0), sinceMs));
        const answer = await store.write(write);
        if (answer.kind === 'refused') refused += 1;
        return answer;
      },
    });
    expect(await world.tidy(late)).toMatchObject({ kind: 'tidied', errors: [] });
    expect(refused).toBe(1);
    expect(world.item(0)).toMatchObject({ position: SHARD_END });
  });

  it('makes no item where another tidy removed it meanwhile, and lets the earlier of two marks stand', async () => {
    const world = new TidyWorld();
    await world.survey();
    world.putEnded(GONE);
    world.putEnded(GONE + 1);
    const seen = world.items();
    const late = world.meddled({
      query: (pk) => Promise.resolve({ kind: 'items', items: pk === mapsPk(APP) ? [] : seen }),
    });
    world.group.table.remove(checkpointKey(APP, STREAM, shardId(GONE)));
    world.putEnded(GONE + 1, { unlisted_since: 5 });
    expect(await world.tidy(late)).toMatchObject({ kind: 'tidied', errors: [] });
    expect(world.item(GONE)).toBeNull();
    expect(world.item(GONE + 1)).toMatchObject({ unlisted_since: 5 });
  });

  it('leaves the items of a recreated stream alone, marked or not', async () => {
    const { world } = await marked();
    world.putEnded(GONE);
    const before = world.items();
    world.group.kinesis.deleteStream(STREAM);
    world.group.clock.advance(1_000);
    world.group.kinesis.createStream(STREAM, 2);
    for (let day = 0; day < 30; day += 1) {
      world.group.clock.advance(DAY);
      expect(await world.tidy()).toMatchObject({ kind: 'tidied', errors: [] });
    }
    expect(world.items()).toEqual(before);
  });

  it('leaves the items of a stream alone that was deleted, or whose listing is torn', async () => {
    const { world } = await marked();
    for (let day = 0; day < 8; day += 1) await world.day();
    const before = world.items();
    const torn = new MemoryStream({
      kinesis: world.group.kinesis,
      random: new SeededRandom(7),
      faults: { partialListing: 1 },
    });
    const seesTorn = { ...world.leader, stream: torn };
    expect(await world.tidy(seesTorn)).toMatchObject({ kind: 'tidied', errors: [] });
    expect(world.items()).toEqual(before);
    world.group.kinesis.deleteStream(STREAM);
    expect(await world.tidy()).toMatchObject({ kind: 'tidied', errors: [] });
    expect(world.items()).toEqual(before);
  });

  it('leaves items alone that are not those of an ended shard of this group', async () => {
    const { world } = await marked();
    const key = (n: number) => checkpointKey(APP, STREAM, shardId(n));
    const { table } = world.group;
    // of a Go group
    table.put({ ...key(GONE), sequence_number: '496' });
    table.put({ ...key(GONE + 1), fence: 2, position: positionOf('496', null) });
    table.put({ ...key(GONE + 2), fence: 2, position: '~ENDED' });
    table.put({ ...key(GONE + 3), fence: 2, position: SHARD_END, lease_owner: 'c9/n' });
    table.put({ ...key(GONE + 4), fence: 'torn', position: SHARD_END });
    table.put({ ...key(GONE + 5), fence: 2, position: SHARD_END, unlisted_since: 'long ago' });
    const strange = () => world.items().filter(({ sk }) => sk >= shardId(GONE));
    const before = strange();
    for (let day = 0; day < 10; day += 1) {
      await world.day();
      await world.tidy();
    }
    expect(world.item(0)).toBeNull();
    expect(strange()).toEqual(before);
    expect(before).toHaveLength(6);
  });

  it('writes nothing and costs a unit or two where there is nothing to do', async () => {
    const world = new TidyWorld();
    await world.withOldShard();
    const writes: Write[] = [];
    world.group.table.onWrite(({ write }) => void writes.push(write));
    let listings = 0;
    const watched = world.meddled(
      {},
      {
        listShards: (stream, options) => {
          listings += 1;
          return world.leader.stream.listShards(stream, options);
        },
      },
    );
    const before = world.leader.store.usage();
    expect(await world.tidy(watched)).toEqual({ kind: 'tidied', errors: [], told: [] });
    const after = world.leader.store.usage();
    // the maps 0.5, the items of the shards 0.5, the map strongly 1
    expect(after.readUnits - before.readUnits).toBe(2);
    expect(after.writeUnits).toBe(before.writeUnits);
    // all ended shards are in the map
    expect([writes, listings]).toEqual([[], 0]);

    const fresh = new TidyWorld();
    await fresh.survey();
    await fresh.tidy();
    // no shard has ended: the map is not read
    expect(fresh.leader.store.usage()).toMatchObject({ readUnits: 1, writeUnits: 0 });
  });
});

describe('a tidy is bounded', () => {
  it('to a hundred writes, one after the other, and the next one goes on', async () => {
    const world = new TidyWorld();
    await world.survey();
    for (let n = 0; n < 150; n += 1) world.putEnded(GONE + n);
    let running = 0;
    let most = 0;
    const watched = world.meddled({
      async write(write) {
        running += 1;
        most = Math.max(most, running);
        const answer = await world.leader.store.write(write);
        running -= 1;
        return answer;
      },
    });
    const markedNow = () => world.items().filter((item) => 'unlisted_since' in item).length;
    expect(await world.tidy(watched)).toMatchObject({ kind: 'unfinished', errors: [] });
    expect(markedNow()).toBe(100);
    expect(await world.tidy(watched)).toMatchObject({ kind: 'tidied' });
    expect([markedNow(), most]).toEqual([150, 1]);
  });

  it('to a hundred writes over all its streams', async () => {
    const world = new TidyWorld();
    await world.survey();
    world.group.kinesis.createStream(OTHER, 1);
    await surveyStream(world.world, OTHER, config.start);
    for (let n = 0; n < 80; n += 1) {
      world.putEnded(GONE + n);
      world.putEnded(GONE + n, {}, OTHER);
    }
    const markedNow = () =>
      [STREAM, OTHER].flatMap((stream) =>
        world.items(stream).filter((item) => 'unlisted_since' in item),
      ).length;
    expect(await world.tidy(world.leader, [STREAM, OTHER])).toMatchObject({ kind: 'unfinished' });
    expect(markedNow()).toBe(100);
  });

  it('by no order of its streams: it begins with another one each time', async () => {
    const world = new TidyWorld();
    const streams = Array.from({ length: 12 }, (_, n) => `s${n}`);
    for (const stream of streams) await writeMap(world.world, { ...mapOf(1), stream }, null);
    const firsts = new Set<string>();
    for (let n = 0; n < 12; n += 1) {
      const asked: string[] = [];
      const watched = world.meddled({
        query: (pk) => {
          asked.push(pk);
          return Promise.resolve({ kind: 'items', items: [] });
        },
      });
      await world.tidy(watched, streams);
      expect(new Set(asked).size).toBe(streams.length + 1);
      firsts.add(asked[1] ?? '');
    }
    expect(firsts.size).toBeGreaterThan(3);
  });

  it('by a table that throttles: it stops at once', async () => {
    const world = new TidyWorld();
    await world.survey();
    world.putEnded(GONE);
    world.putEnded(GONE + 1);
    let requests = 0;
    const throttled = failed('throttled', 'StoreThrottled');
    const busy = world.meddled({
      write: () => {
        requests += 1;
        return Promise.resolve(throttled);
      },
    });
    const outcome = await world.tidy(busy, [STREAM, STREAM]);
    expect(outcome).toMatchObject({ kind: 'unfinished', errors: [throttled.error] });
    expect(requests).toBe(1);
  });

  it('by the client that stops leading', async () => {
    const world = new TidyWorld();
    await world.survey();
    for (let n = 0; n < 10; n += 1) world.putEnded(GONE + n);
    const stop = new AbortController();
    const stopping = world.meddled({
      write: (write) => {
        stop.abort();
        return world.leader.store.write(write);
      },
    });
    const input = { streams: [STREAM, OTHER], told: [] };
    expect(await tidy(stopping, input, stop.signal)).toMatchObject({ kind: 'unfinished' });
    expect(world.items().filter((item) => 'unlisted_since' in item)).toHaveLength(1);
  });
});

describe('what fails in a tidy', () => {
  it('holds no other stream up, is told once, and again when it comes back', async () => {
    const world = new TidyWorld();
    await world.survey();
    world.putEnded(GONE);
    const denied = failed('failed', 'AccessDenied');
    const lacking = world.meddled({
      query: (pk, options) =>
        pk.endsWith('#denied') ? Promise.resolve(denied) : world.leader.store.query(pk, options),
    });
    const streams = ['denied', STREAM];
    const first = await world.tidy(lacking, streams);
    expect(first).toMatchObject({ kind: 'tidied', errors: [denied.error] });
    expect(world.item(GONE)).toHaveProperty('unlisted_since');
    const second = await world.tidy(lacking, streams, first.told);
    expect(second).toEqual({ kind: 'tidied', errors: [], told: first.told });
    const well = await world.tidy(world.leader, streams, second.told);
    expect(well).toEqual({ kind: 'tidied', errors: [], told: [] });
    const back = await world.tidy(lacking, streams, well.told);
    expect(back.errors).toEqual([denied.error]);
  });

  it('stays told while a tidy does not come by it', async () => {
    const world = new TidyWorld();
    const unheard = failed('unanswered', 'StoreUnanswered');
    const deaf = world.meddled({ query: () => Promise.resolve(unheard) });
    const outcome = await world.tidy(deaf, [STREAM], ['of before']);
    expect(outcome).toMatchObject({ kind: 'unfinished', errors: [unheard.error] });
    expect(outcome.told).toEqual(['of before', 'StoreUnanswered: as the test wants it']);
  });

  it('is told of the listing, of the map and of the maps too', async () => {
    const world = new TidyWorld();
    await world.survey();
    world.putEnded(GONE);
    const unheard = failed('unanswered', 'StoreUnanswered');
    const deaf = [
      world.meddled({}, { listShards: () => Promise.resolve(unheard) }),
      world.meddled({ read: () => Promise.resolve(unheard) }),
      world.meddled({
        query: (pk, options) =>
          pk === mapsPk(APP) ? Promise.resolve(unheard) : world.leader.store.query(pk, options),
      }),
    ];
    for (const lacking of deaf) {
      const outcome = await world.tidy(lacking);
      expect(outcome).toMatchObject({ kind: 'unfinished', errors: [unheard.error] });
    }
  });
});

describe('the chunks of large maps', () => {
  const SHARDS = 1_001;
  const chunksIn = (world: TidyWorld): string[] =>
    world.group.table
      .partition(mapsPk(APP))
      .flatMap(({ item }) => (item?.sk.includes('#') === true ? [item.sk] : []));
  const versionsIn = (world: TidyWorld): number[] =>
    chunksIn(world).map((sk) => Number(sk.split('#')[1]));

  it('go when the map is more than three versions further, and the map can still be read', async () => {
    const world = new TidyWorld();
    for (let version = 1; version <= 8; version += 1) {
      const written = await writeMap(
        world.world,
        mapOf(SHARDS, version),
        version === 1 ? null : version - 1,
      );
      expect(written.kind).toBe('written');
    }
    // a stream whose map is not there
    const strays = [1, 2].map((n) => `elsewhere#${n}#ab#0`);
    for (const sk of strays) world.group.table.put({ pk: mapsPk(APP), sk, meta: [] });
    expect(await world.tidy()).toEqual({ kind: 'tidied', errors: [], told: [] });
    expect(chunksIn(world).filter((sk) => sk.startsWith('elsewhere'))).toEqual(strays);
    const versions = versionsIn(world).slice(strays.length);
    expect([...new Set(versions)]).toEqual([5, 6, 7, 8]);
    const read = await readMaps(world.world, [STREAM], true);
    expect(read).toEqual({ kind: 'maps', maps: { [STREAM]: mapOf(SHARDS, 8) }, errors: [] });
  });

  it('go by twenty at a time: each costs as much as it cost to write', async () => {
    const world = new TidyWorld();
    await writeMap(world.world, mapOf(1, 100), null);
    for (let n = 0; n < 50; n += 1) {
      world.group.table.put({ pk: mapsPk(APP), sk: `${STREAM}#1#ab#${n}`, meta: [] });
    }
    const left: number[] = [];
    for (let n = 0; n < 3; n += 1) {
      const { kind } = await world.tidy();
      left.push(chunksIn(world).length);
      expect(kind).toBe(n < 2 ? 'unfinished' : 'tidied');
    }
    expect(left).toEqual([30, 10, 0]);
  });
});
