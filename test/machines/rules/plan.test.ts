import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assign, type Assignment, type Member } from '../../../src/machines/rules/assignment.ts';
import {
  activeShards,
  firstMap,
  markEnded,
  mergeListing,
  type ShardMap,
} from '../../../src/machines/rules/lineage.ts';
import { assignmentOf, planOf, targetsOf, type Plan } from '../../../src/machines/rules/plan.ts';
import { grown, listingOf, newWorld, reshards, type World } from './shard-world.ts';

function mapFor(stream: string, world: World): ShardMap {
  const first = firstMap(stream, listingOf(world), { kind: 'trimHorizon' }, new Map());
  if (first.kind !== 'map') throw new Error(first.kind);
  return first.map;
}

const memberOf = (clientId: string, streams: readonly string[]): Member => ({
  clientId,
  session: `${clientId}/1`,
  streams,
});

function planFor(
  assignor: Plan['assignor'],
  members: readonly Member[],
  maps: ReadonlyMap<string, ShardMap>,
): { plan: Plan; assignment: Assignment } {
  const streams = Array.from(maps, ([stream, map]) => ({ stream, shards: activeShards(map) }));
  const assignment = assign({ assignor, tolerance: 0, members, streams, previous: null });
  const plan = planOf({
    gen: 3,
    planId: 'p',
    leader: members[0]?.session ?? '',
    members: members.map(({ clientId, session }) => ({ clientId, session, streamsHash: 'h' })),
    assignor,
    tolerance: 0,
    mapVersions: Object.fromEntries(Array.from(maps, ([stream, map]) => [stream, map.version])),
    assignment,
  });
  return { plan, assignment };
}

const STREAMS = ['a', '__proto__'];
const clusters = fc.record({
  assignor: fc.constantFrom('sticky-range' as const, 'range' as const),
  histories: fc.tuple(fc.array(reshards, { maxLength: 12 }), fc.array(reshards, { maxLength: 12 })),
  subscriptions: fc.array(fc.subarray(STREAMS, { minLength: 1 }), { minLength: 1, maxLength: 7 }),
});

/** The maps of both streams and their members, of a generated cluster. */
function clusterOf(
  histories: readonly (readonly Parameters<typeof grown>[1][number][])[],
  subscriptions: readonly string[][],
) {
  const maps = new Map(
    STREAMS.map((stream, i) => [stream, mapFor(stream, grown(i + 2, histories[i] ?? []))]),
  );
  const members = subscriptions.map((streams, i) => memberOf(`c${i}`, streams));
  return { maps, members };
}

describe('a plan', () => {
  it('gives every active shard of a subscribed stream to exactly one member', () => {
    fc.assert(
      fc.property(clusters, ({ assignor, histories, subscriptions }) => {
        const { maps, members } = clusterOf(histories, subscriptions);
        const { plan } = planFor(assignor, members, maps);
        const given = members.flatMap((member) => {
          const targets = targetsOf(plan, maps, member.clientId);
          expect(targets).toMatchObject({ kind: 'targets', held: [] });
          for (const { stream } of targets.shards) expect(member.streams).toContain(stream);
          return targets.shards.map(({ stream, shardId }) => `${stream}/${shardId}`);
        });
        const active = Array.from(maps)
          .filter(([stream]) => members.some((member) => member.streams.includes(stream)))
          .flatMap(([stream, map]) =>
            activeShards(map).map(({ shardId }) => `${stream}/${shardId}`),
          );
        expect(given.toSorted()).toEqual(active.toSorted());
      }),
    );
  });

  it('says on its own maps exactly the assignment that it was made from', () => {
    fc.assert(
      fc.property(clusters, ({ assignor, histories, subscriptions }) => {
        const { maps, members } = clusterOf(histories, subscriptions);
        const { plan, assignment } = planFor(assignor, members, maps);
        const stored = JSON.parse(JSON.stringify(plan)) as Plan;
        const subscribed = Object.entries(assignment).filter(([, ranges]) => ranges.length > 0);
        const said = Object.entries(assignmentOf(stored, maps)).filter(([, r]) => r.length > 0);
        expect(said).toEqual(subscribed);
        expect(assignmentOf(stored, Object.fromEntries(maps))).toEqual(assignmentOf(stored, maps));
      }),
    );
  });

  it('lets a stream be held whose map is another version or absent, and gives the others', () => {
    const maps = new Map(['a', 'b'].map((stream) => [stream, mapFor(stream, newWorld(4))]));
    const members = [memberOf('c0', ['a', 'b']), memberOf('c1', ['a'])];
    const { plan } = planFor('sticky-range', members, maps);
    const moved = new Map(maps).set('a', { ...mapFor('a', newWorld(4)), version: 2 });
    const targets = targetsOf(plan, moved, 'c0');
    expect(targets).toMatchObject({ kind: 'mapMissing', held: ['a'] });
    expect(targets.shards.map(({ stream }) => stream)).toEqual(['b', 'b', 'b', 'b']);
    expect(targetsOf(plan, {}, 'c0')).toEqual({ kind: 'mapMissing', shards: [], held: ['a', 'b'] });
    expect(targetsOf(plan, {}, 'c1').held).toEqual(['a']);
    expect(targetsOf(plan, maps, 'stranger')).toEqual({ kind: 'targets', shards: [], held: [] });
  });

  it('that does not fit the map it names gives nothing of that stream', () => {
    const maps = new Map([['a', mapFor('a', newWorld(4))]]);
    const { plan } = planFor('sticky-range', [memberOf('c0', ['a'])], maps);
    const spoilt = (first: string): Plan => ({
      ...plan,
      streams: { a: { mapVersion: 1, ranges: [{ clientId: 'c0', first }] } },
    });
    for (const first of ['unknown', 'shardId-000000000001']) {
      expect(targetsOf(spoilt(first), maps, 'c0')).toMatchObject({ shards: [], held: ['a'] });
    }
  });
});

it('the children of an ended shard count for the member that held it', () => {
  const world = newWorld(4);
  const map = mapFor('a', world);
  const members = [memberOf('c0', ['a']), memberOf('c1', ['a'])];
  const { plan } = planFor('sticky-range', members, new Map([['a', map]]));
  const split = grown(4, [{ kind: 'split', pick: 2, thousandth: 500 }]);
  const listed = mergeListing(map, listingOf(split));
  if (listed.kind !== 'changed') throw new Error(listed.kind);
  const now = { a: markEnded(listed.map, ['shardId-000000000002']) };
  expect(assignmentOf(plan, now)['a']).toEqual([
    { clientId: 'c0', shardIds: ['shardId-000000000000', 'shardId-000000000001'] },
    {
      clientId: 'c1',
      shardIds: ['shardId-000000000004', 'shardId-000000000005', 'shardId-000000000003'],
    },
  ]);
  expect(assignmentOf(plan, {})).toEqual({});
});
