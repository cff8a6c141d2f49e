import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { FeedEvent, FeedHeader } from '../../../src/feed/events.ts';
import { swarm } from '../../../src/simulation/swarm.ts';
import type { GroupModel } from '../../../visualize/model/group-model.ts';
import { Recording } from '../../../visualize/model/recording.ts';
import { at, scenario } from '../../simulation/host.ts';
import { fed, played, type Played } from './played.ts';

/** All that a page can see of a model. */
const seen = (model: GroupModel, atMs: number) => ({
  view: model.view(atMs),
  actors: model.actors(),
  marks: model.marks(0, atMs),
  heat: model.heat('orders', 0, 60_000, 40),
  throughput: model.throughput(0, 60_000, 40),
});

let runs: readonly Played[];
beforeAll(async () => {
  runs = [
    await played(
      scenario({
        script: [
          at(0, 'join', 0),
          at(0.5, 'join', 1),
          at(2, 'put', 200),
          at(5, 'split', 1),
          at(8, 'crash', 0),
          at(12, 'restart', 1),
        ],
        quietAtMs: 20_000,
        quietMs: 5_000,
      }),
    ),
    await played(swarm(11, { faultMs: 30_000 })),
  ];
}, 60_000);

describe('a recording', () => {
  it('shows at any moment what was shown then, in whatever order the moments are looked at', () => {
    const moments = fc.array(fc.nat({ max: 45_000 }), { minLength: 1, maxLength: 6 });
    const question = fc.record({
      run: fc.nat({ max: 1 }),
      block: fc.integer({ min: 1, max: 900 }),
      moments,
    });
    fc.assert(
      fc.property(question, ({ run, block, moments: each }) => {
        const feed = runs[run] as Played;
        const recording = new Recording(feed.header, { blockEvents: block });
        recording.append(feed.events);
        for (const atMs of each) {
          const then = fed(feed, atMs);
          expect(seen(recording.modelAt(atMs), atMs)).toEqual(seen(then, atMs));
        }
      }),
      { numRuns: 25 },
    );
  });

  it('shows a moment as it was then also where the feed began anew behind it', () => {
    const feed = runs[0] as Played;
    const half = Math.floor(feed.events.length / 2);
    const [before, after] = [feed.events.slice(0, half), feed.events.slice(half)];
    const last = before.at(-1) as FeedEvent;
    const dropped = { kind: 'dropped', count: 1, atMs: last.atMs, order: last.order ?? 0 } as const;
    // what stands is told again, as of when it came
    const stands = before.filter(({ kind }) => ['member', 'map', 'shard', 'plan'].includes(kind));
    const told = [...before, dropped, ...stands, ...after];
    for (const blockEvents of [1, 7, 50]) {
      const recording = new Recording(feed.header, { blockEvents });
      recording.append(told);
      for (const atMs of [1_000, 3_000, last.atMs - 1]) {
        expect(seen(recording.modelAt(atMs), atMs)).toEqual(seen(fed(feed, atMs), atMs));
      }
    }
  });

  it('goes on at its end while somebody looks at what was', () => {
    const feed = runs[0] as Played;
    const recording = new Recording(feed.header, { blockEvents: 100 });
    const half = Math.floor(feed.events.length / 2);
    recording.append(feed.events.slice(0, half));
    recording.modelAt(3_000);
    recording.append(feed.events.slice(half));
    expect(seen(recording.live, 25_000)).toEqual(seen(fed(feed), 25_000));
    expect(seen(recording.modelAt(3_000), 3_000)).toEqual(seen(fed(feed, 3_000), 3_000));
    expect(recording.modelAt(25_000)).toBe(recording.live);
  });

  it('keeps to its bound, forgets the oldest, and shows the rest as it was', () => {
    const feed = runs[0] as Played;
    const maxBytes = 200_000;
    const recording = new Recording(feed.header, { maxBytes, blockEvents: 50 });
    for (const event of feed.events) {
      recording.append([event]);
      // what was appended last stays, whatever it takes
      expect(recording.bytes).toBeLessThan(maxBytes + 60_000);
    }
    const { fromMs, toMs } = recording.range;
    expect(fromMs).toBeGreaterThan(5_000);
    expect(toMs).toBe(feed.events.at(-1)?.atMs);
    for (const atMs of [fromMs, (fromMs + toMs) / 2, toMs]) {
      expect(recording.modelAt(atMs).view(atMs)).toEqual(fed(feed, atMs).view(atMs));
    }
    // before that, the first moment that is kept
    const first = recording.modelAt(0);
    expect(first.heardAtMs).toBe(fromMs);
  });

  it('holds no more of a long feed than of a short one', () => {
    const header: FeedHeader = {
      kind: 'trace',
      version: 1,
      source: 'table',
      app: 'a',
      scenario: null,
    };
    const recording = new Recording(header, { maxBytes: 1_000_000, blockEvents: 500 });
    let most = 0;
    for (let order = 0; order < 60_000; order += 1) {
      const shardId = `shardId-${order % 20}`;
      const position = `021${String(order).padStart(21, '1')}.~`;
      const event: FeedEvent = {
        kind: 'shard',
        atMs: order * 50,
        order,
        by: null,
        stream: 'orders',
        shardId,
        change: 'committed',
        owner: 'a/1',
        fence: 1,
        position,
      };
      recording.append([event]);
      most = Math.max(most, recording.bytes);
    }
    expect(most).toBeLessThan(1_200_000);
    const { fromMs, toMs } = recording.range;
    expect(toMs - fromMs).toBeGreaterThan(60_000);
    expect(recording.live.marks(0, toMs).length).toBeLessThan(20_000);
  });
});
