import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  assign,
  checkAssignment,
  movedShards,
  type Assignment,
  type AssignmentQuestion,
  type Member,
} from '../../../src/machines/rules/assignment.ts';
import { openShards } from './shard-world.ts';

const memberOf = (index: number, streams: readonly string[], life = 1): Member => {
  const clientId = `client-${String(index).padStart(3, '0')}`;
  return { clientId, session: `${clientId}/${life}`, streams };
};

const membersOf = (indexes: readonly number[], streams = ['s'], life = 1): Member[] =>
  indexes.map((index) => memberOf(index, streams, life));

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

function asked(overrides: Partial<AssignmentQuestion> = {}): AssignmentQuestion {
  return {
    assignor: 'sticky-range',
    tolerance: 0,
    members: membersOf([0, 1, 2]),
    streams: [{ stream: 's', shards: openShards(10) }],
    previous: null,
    ...overrides,
  };
}

/** Assigns, and expects S7. */
function assigned(question: AssignmentQuestion): Assignment {
  const assignment = assign(question);
  expect(checkAssignment({ ...question, assignment })).toBeNull();
  return assignment;
}

function loadsOf(assignment: Assignment, members: readonly Member[]): number[] {
  const ranges = Object.values(assignment).flat();
  return members.map(({ clientId }) =>
    ranges
      .filter((range) => range.clientId === clientId)
      .reduce((sum, range) => sum + range.shardIds.length, 0),
  );
}

/** Clients by index, with the streams that each subscribes to. */
const crowds = (streams: readonly string[]) =>
  fc.uniqueArray(fc.tuple(fc.nat({ max: 30 }), fc.subarray([...streams])), {
    selector: ([index]) => index,
    maxLength: 12,
  });
const STREAMS = ['a', 'b', 'c', '__proto__'];
const clusters = fc.record({
  assignor: fc.constantFrom('sticky-range' as const, 'range' as const),
  tolerance: fc.nat({ max: 4 }),
  sizes: fc.array(fc.nat({ max: 25 }), { minLength: 4, maxLength: 4 }),
  resized: fc.array(fc.nat({ max: 25 }), { minLength: 4, maxLength: 4 }),
  before: crowds(STREAMS),
  after: crowds(STREAMS),
});
const streamsOf = (sizes: readonly number[]) =>
  STREAMS.map((stream, i) => ({ stream, shards: openShards(sizes[i] ?? 0) }));
const crowdOf = (crowd: readonly (readonly [number, string[]])[]) =>
  crowd.map(([index, streams]) => memberOf(index, streams));

describe('both assignors', () => {
  it('cover every stream by contiguous ranges of its subscribers, before and after any change', () => {
    fc.assert(
      fc.property(clusters, ({ assignor, tolerance, sizes, resized, before, after }) => {
        const first = { assignor, tolerance, streams: streamsOf(sizes), members: crowdOf(before) };
        const previous = assigned({ ...first, previous: null });
        const second = { ...first, streams: streamsOf(resized), members: crowdOf(after) };
        const next = assigned({ ...second, previous });
        expect(assigned({ ...second, previous })).toEqual(next);
      }),
    );
  });

  it('move nothing in a rolling restart with the same clientIds', () => {
    fc.assert(
      fc.property(clusters, ({ assignor, tolerance, sizes, before, after }) => {
        const first = { assignor, tolerance, streams: streamsOf(sizes), members: crowdOf(before) };
        const old = assigned({ ...first, previous: null });
        const settled = { ...first, members: crowdOf(after) };
        const previous = assigned({ ...settled, previous: old });
        const restarted = settled.members.map((m) => ({ ...m, session: `${m.clientId}/2` }));
        const next = assigned({ ...settled, members: restarted, previous });
        expect(movedShards(previous, next)).toBe(0);
        for (const stream of STREAMS) {
          const held = (assignment: Assignment) =>
            new Map((assignment[stream] ?? []).map((range) => [range.clientId, range.shardIds]));
          expect(held(next)).toEqual(held(previous));
        }
      }),
    );
  });

  it('refuse two members of one clientId', () => {
    expect(() => assign(asked({ members: membersOf([1, 1]) }))).toThrow('S7');
  });
});

describe('range', () => {
  it('cuts where the Go client cuts, by the ids of shards and clients', () => {
    const question = asked({ assignor: 'range', members: membersOf([2, 0, 3, 1]) });
    const ranges = assigned(question)['s'] ?? [];
    expect(ranges.map((range) => range.clientId.slice(-1))).toEqual(['0', '1', '2', '3']);
    expect(ranges.map((range) => range.shardIds.length)).toEqual([3, 2, 3, 2]);
    const reversed = openShards(10).toReversed();
    expect(assigned({ ...question, streams: [{ stream: 's', shards: reversed }] })['s']).toEqual(
      ranges,
    );
  });

  it('divides the shards by the clients before it multiplies', () => {
    // 5 · (S / N) and (5 · S) / N fall on different sides of a half for these.
    const differing = upTo(60)
      .flatMap((n) => upTo(60).map((s) => [s + 1, n + 1] as const))
      .filter(([s, n]) => upTo(n).some((i) => Math.round(i * (s / n)) !== Math.round((i * s) / n)));
    expect(differing.length).toBeGreaterThan(0);
    for (const [s, n] of differing.slice(0, 20)) {
      const streams = [{ stream: 's', shards: openShards(s) }];
      const ranges = assigned(asked({ assignor: 'range', members: membersOf(upTo(n)), streams }))[
        's'
      ];
      let start = 0;
      for (const [i, range] of (ranges ?? []).entries()) {
        expect(start).toBe(Math.round(i * (s / n)));
        start += range.shardIds.length;
      }
    }
  });
});

/** All orders of some members in which those that hold shards stay in order. */
function ordersOf(settled: readonly string[], free: readonly string[]): string[][] {
  const [first, ...rest] = settled;
  if (first === undefined && free.length === 0) return [[]];
  const orders = first === undefined ? [] : ordersOf(rest, free).map((order) => [first, ...order]);
  for (const one of free) {
    const others = free.filter((other) => other !== one);
    orders.push(...ordersOf(settled, others).map((order) => [one, ...order]));
  }
  return orders;
}

/** The fewest moves over every order and every choice of the larger ranges. */
function fewestMoves(holders: readonly (string | null)[], clientIds: readonly string[]): number {
  const settled = [...new Set(holders)].filter((id) => id !== null && clientIds.includes(id));
  const free = clientIds.filter((id) => !settled.includes(id));
  const least = Math.floor(holders.length / clientIds.length);
  const larger = holders.length % clientIds.length;
  let fewest = Number.POSITIVE_INFINITY;
  for (const order of ordersOf(settled as string[], free)) {
    for (let choice = 0; choice < 2 ** order.length; choice++) {
      const sizes = order.map((_, i) => least + ((choice >> i) % 2));
      if (sizes.reduce((sum, size) => sum + size - least, 0) !== larger) continue;
      let at = 0;
      let moves = 0;
      for (const [i, size] of sizes.entries()) {
        for (const holder of holders.slice(at, at + size)) {
          if (holder !== null && holder !== order[i]) moves += 1;
        }
        at += size;
      }
      fewest = Math.min(fewest, moves);
    }
  }
  return fewest;
}

describe('sticky-range', () => {
  const small = fc.record({
    /** What each member held, in the order of the shards; client 9 is gone, null was nobody's. */
    held: fc.array(fc.tuple(fc.nat({ max: 5 }), fc.constantFrom(0, 1, 2, 3, 4, 9, null)), {
      maxLength: 5,
    }),
    after: fc.subarray([0, 1, 2, 3, 4], { minLength: 1 }),
  });

  it('moves as few shards as any cut of these sizes can', () => {
    fc.assert(
      fc.property(small, ({ held, after }) => {
        const seen = new Set<number | null>();
        const runs = held.filter(
          ([, owner]) => owner === null || (!seen.has(owner) && seen.add(owner)),
        );
        const owners = runs.flatMap(([count, owner]) => Array.from({ length: count }, () => owner));
        const shards = openShards(Math.max(1, owners.length));
        const clientOf = (index: number) => memberOf(index, ['s']).clientId;
        const holders = shards.map((_, i) => {
          const owner = owners[i] ?? null;
          return owner === null ? null : clientOf(owner);
        });
        const ranges = [...seen]
          .filter((owner) => owner !== null)
          .map((owner) => ({
            clientId: clientOf(owner),
            shardIds: shards.flatMap((s, i) => (holders[i] === clientOf(owner) ? [s.shardId] : [])),
          }));
        const members = membersOf(after);
        const previous = { s: ranges };
        const next = assigned(asked({ members, streams: [{ stream: 's', shards }], previous }));
        const best = fewestMoves(
          holders,
          members.map((member) => member.clientId),
        );
        expect(movedShards(previous, next)).toBe(best);
      }),
      { numRuns: 1_000 },
    );
  });

  it('never moves more than range does from the same start', () => {
    const changes = fc.record({
      size: fc.integer({ min: 1, max: 40 }),
      before: fc.uniqueArray(fc.nat({ max: 12 }), { minLength: 1, maxLength: 8 }),
      after: fc.uniqueArray(fc.nat({ max: 12 }), { minLength: 1, maxLength: 8 }),
    });
    fc.assert(
      fc.property(changes, ({ size, before, after }) => {
        const streams = [{ stream: 's', shards: openShards(size) }];
        const first = asked({ assignor: 'range', streams, members: membersOf(before) });
        const previous = assigned(first);
        const second = { ...first, members: membersOf(after), previous };
        const byRange = movedShards(previous, assigned(second));
        const sticky = movedShards(previous, assigned({ ...second, assignor: 'sticky-range' }));
        expect(sticky).toBeLessThanOrEqual(byRange);
      }),
    );
  });

  it('moves 270 of 1,000 shards when an eleventh client joins ten, and 129 within a tenth of the share', () => {
    const streams = [{ stream: 's', shards: openShards(1_000) }];
    const previous = assigned(asked({ streams, members: membersOf(upTo(10)) }));
    const joined = asked({ streams, members: membersOf(upTo(11)), previous });
    expect(movedShards(previous, assigned(joined))).toBe(270);
    expect(movedShards(previous, assigned({ ...joined, tolerance: 10 }))).toBe(129);
    const moves = upTo(11).map((newcomer) => {
      const others = upTo(11).filter((index) => index !== newcomer);
      const ranges = { ...joined, assignor: 'range' as const };
      const before = assigned({ ...ranges, members: membersOf(others), previous: null });
      return movedShards(before, assigned(ranges));
    });
    expect(moves.reduce((sum, moved) => sum + moved, 0) / moves.length).toBeCloseTo(363, -1);
  });

  it('gives each of five clients ten of fifty streams of one shard, and moves ten when the fifth joins', () => {
    const names = upTo(50).map((i) => `stream-${i}`);
    const streams = names.map((stream) => ({ stream, shards: openShards(1) }));
    const five = membersOf(upTo(5), names);
    expect(loadsOf(assigned(asked({ streams, members: five })), five)).toEqual([
      10, 10, 10, 10, 10,
    ]);
    const four = membersOf(upTo(4), names);
    const previous = assigned(asked({ streams, members: four }));
    const next = assigned(asked({ streams, members: five, previous }));
    expect(loadsOf(next, five)).toEqual([10, 10, 10, 10, 10]);
    expect(movedShards(previous, next)).toBe(10);
  });

  it('leaves all members within one shard of each other when all subscribe to the same', () => {
    const sharing = fc.record({
      sizes: fc.array(fc.nat({ max: 12 }), { minLength: 1, maxLength: 12 }),
      before: fc.integer({ min: 1, max: 8 }),
      after: fc.integer({ min: 1, max: 8 }),
    });
    fc.assert(
      fc.property(sharing, ({ sizes, before, after }) => {
        const names = sizes.map((_, i) => `stream-${i}`);
        const streams = names.map((stream, i) => ({ stream, shards: openShards(sizes[i] ?? 0) }));
        const previous = assigned(asked({ streams, members: membersOf(upTo(before), names) }));
        const members = membersOf(upTo(after), names);
        const loads = loadsOf(assigned(asked({ streams, members, previous })), members);
        expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(1);
      }),
    );
  });

  /** What stands when clients, by index, hold so many shards of a stream in this order. */
  const standing = (held: readonly (readonly [index: number, shards: number])[]) => {
    const ids = openShards(held.reduce((sum, [, count]) => sum + count, 0)).map((s) => s.shardId);
    return held.map(([index, count]) => ({
      clientId: memberOf(index, []).clientId,
      shardIds: ids.splice(0, count),
    }));
  };

  it('evens out by the stream where that moves the fewest', () => {
    const previous = {
      far: standing([
        [0, 2],
        [2, 1],
        [3, 1],
        [1, 1],
      ]),
      near: standing([
        [2, 1],
        [0, 2],
        [1, 1],
        [3, 1],
      ]),
    };
    const streams = ['far', 'near'].map((stream) => ({ stream, shards: openShards(5) }));
    const members = membersOf(upTo(4), ['far', 'near']);
    const next = assigned(asked({ streams, members, previous }));
    expect(loadsOf(next, members)).toEqual([3, 3, 2, 2]);
    expect(movedShards(previous, next)).toBe(1);
  });

  it('hands a single shard straight to a member that has none of the stream', () => {
    const previous = {
      a: standing([
        [0, 1],
        [1, 1],
        [2, 1],
      ]),
      b: standing([[0, 1]]),
    };
    const streams = [
      { stream: 'a', shards: openShards(3) },
      { stream: 'b', shards: openShards(1) },
    ];
    const members = [memberOf(0, ['a', 'b']), ...membersOf([1, 2, 3], ['a'])];
    const next = assigned(asked({ streams, members, previous }));
    expect(loadsOf(next, members)).toEqual([1, 1, 1, 1]);
    expect(movedShards(previous, next)).toBe(1);
  });

  it('leaves nothing to be evened out by the next generation', () => {
    const members = [['b', 'c'], ['b', 'c'], ['b', 'd'], ['d']].map((s, i) => memberOf(i, s));
    const streams = [
      { stream: 'b', shards: openShards(21) },
      { stream: 'c', shards: openShards(9) },
      { stream: 'd', shards: openShards(2) },
    ];
    const question = asked({ tolerance: 2, members, streams });
    const previous = assigned(question);
    expect(movedShards(previous, assigned({ ...question, previous }))).toBe(0);
  });

  it('saves moves with a tolerance, never adds any', () => {
    const changes = fc.record({
      size: fc.integer({ min: 1, max: 60 }),
      before: fc.integer({ min: 1, max: 8 }),
      after: fc.integer({ min: 1, max: 8 }),
      tolerance: fc.integer({ min: 1, max: 10 }),
    });
    fc.assert(
      fc.property(changes, ({ size, before, after, tolerance }) => {
        const streams = [{ stream: 's', shards: openShards(size) }];
        const previous = assigned(asked({ streams, members: membersOf(upTo(before)) }));
        const question = asked({ streams, members: membersOf(upTo(after)), previous });
        const strict = movedShards(previous, assigned(question));
        const loose = movedShards(previous, assigned({ ...question, tolerance }));
        expect(loose).toBeLessThanOrEqual(strict);
      }),
    );
    const fresh = assigned(asked({ tolerance: 5, members: membersOf([0, 1]) }));
    expect((fresh['s'] ?? []).map((range) => range.shardIds.length)).toEqual([5, 5]);
  });

  it('holds at full size: a thousand shards over a hundred clients, half of them replaced', () => {
    for (const [count, size] of [
      [1, 1_000],
      [6, 166],
      [1_000, 1],
    ] as const) {
      const names = upTo(count).map((i) => `stream-${i}`);
      const streams = names.map((stream) => ({ stream, shards: openShards(size) }));
      const previous = assigned(asked({ streams, members: membersOf(upTo(100), names) }));
      const after = membersOf(
        upTo(100).map((i) => i + 50),
        names,
      );
      const next = assigned(asked({ streams, members: after, previous }));
      expect(movedShards(previous, next)).toBeLessThanOrEqual(Math.ceil((count * size) / 2));
    }
  });
});

describe('checkAssignment', () => {
  const question = asked();
  const good = assign(question);
  const ranges = good['s'] ?? [];
  const faultOf = (spoilt: Assignment) => checkAssignment({ ...question, assignment: spoilt });
  const withRange = (index: number, shardIds: readonly string[]): Assignment => ({
    s: ranges.map((range, i) => (i === index ? { ...range, shardIds } : range)),
  });

  it('tells what is missing, twice there, out of place, foreign or uneven', () => {
    const first = ranges[0]?.shardIds ?? [];
    const second = ranges[1]?.shardIds ?? [];
    expect(faultOf(good)).toBeNull();
    expect(faultOf({})).toContain('instead of');
    expect(faultOf({ ...good, other: [] })).toContain('not a stream');
    expect(faultOf(withRange(0, first.slice(1)))).toContain('9 shards covered of 10');
    expect(faultOf(withRange(0, [...first.slice(1), second[0] ?? '']))).toContain(
      'not in its place',
    );
    expect(faultOf({ s: ranges.slice(1) })).toContain('instead of');
    expect(
      faultOf({ s: [...ranges.slice(0, 2), { ...ranges[2], clientId: 'x', shardIds: [] }] }),
    ).toContain('instead of');
    const all = ranges.flatMap((range) => range.shardIds);
    const uneven = [all.slice(0, 5), all.slice(5, 8), all.slice(8)];
    const spoilt = { s: ranges.map((range, i) => ({ ...range, shardIds: uneven[i] ?? [] })) };
    expect(faultOf(spoilt)).toContain('5 of 3.33');
    expect(checkAssignment({ ...question, tolerance: 2, assignment: spoilt })).toBeNull();
    const twins = [...question.members, ...question.members];
    expect(checkAssignment({ ...question, members: twins, assignment: good })).toContain('same');
  });
});

it('a shard that is new or gone has not moved', () => {
  const previous = { s: [{ clientId: 'a', shardIds: ['1', '2', '3'] }] };
  const next = {
    s: [{ clientId: 'b', shardIds: ['2', '4'] }],
    t: [{ clientId: 'b', shardIds: ['1'] }],
  };
  expect(movedShards(previous, next)).toBe(1);
  expect(movedShards(null, next)).toBe(0);
});
