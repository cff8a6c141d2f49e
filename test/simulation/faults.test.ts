import { describe, expect, it } from 'vitest';
import { clientsPk } from '../../src/machines/rules/keys.ts';
import { violationsOf } from '../../src/simulation/checkers/all.ts';
import type { Evidence, HistoryEvent } from '../../src/simulation/history.ts';
import { play, type Action, type Scenario, type Step } from '../../src/simulation/scenario.ts';
import { at, hop, scenario, shown } from './host.ts';

const SECOND = 1_000;

/** After so many seconds. */
const then = (second: number, action: Action): Step => ({ atMs: second * SECOND, action });

/** Two members of a group, then this. */
const group = (script: readonly Step[], overrides: Partial<Scenario> = {}): Scenario =>
  scenario({
    quietAtMs: 30 * SECOND,
    quietMs: 25 * SECOND,
    ...overrides,
    script: [at(0, 'join', 0), at(0.5, 'join', 1), ...script],
  });

const eventsOf = <Kind extends HistoryEvent['kind']>(evidence: Evidence, kind: Kind) =>
  evidence.events.filter(
    (event): event is HistoryEvent & { readonly kind: Kind } => event.kind === kind,
  );

const errorsOf = (evidence: Evidence, code: string) =>
  eventsOf(evidence, 'notice').filter(
    ({ name, detail }) => name === 'error' && detail?.startsWith(`${code}:`),
  );

/** Records that no handler got, of those put after an instant (or all). */
function unread(evidence: Evidence, afterMs = 0, stream = 'orders'): readonly string[] {
  const seen = new Set(eventsOf(evidence, 'delivered').map((event) => event.sequenceNumber));
  return eventsOf(evidence, 'put')
    .filter((put) => put.stream === stream && put.atMs > afterMs && !seen.has(put.sequenceNumber))
    .map((put) => `${put.shardId} ${put.key}:${put.n}`);
}

const expectSound = async (given: Scenario): Promise<Evidence> => {
  const evidence = await play(given, { hop });
  expect(shown(violationsOf(evidence))).toEqual([]);
  return evidence;
};

/** How often a fault of the ways struck. */
const struck = (evidence: Evidence, fault: string): number =>
  eventsOf(evidence, 'injected').at(-1)?.counts[fault] ?? 0;

describe('a simulated group', () => {
  it.each([
    ['a long delay', 'store.lateAnswer', { store: { requestMs: { minMs: 0, maxMs: 20_000 } } }],
    ['lost requests', 'store.lostRequest', { store: { lostRequest: 0.3 } }],
    ['lost answers', 'store.lostAnswer', { store: { lostAnswer: 0.3 } }],
    ['late writes', 'store.lateApply', { store: { lateApply: 0.3 } }],
    ['doubled writes', 'store.duplicate', { store: { lostAnswer: 0.3, duplicate: 1 } }],
    ['throttling', 'store.throttle', { store: { throttle: 1 } }],
    ['throttled reads', 'stream.throttle', { stream: { throttle: 1 } }],
  ])('recovers from a spell of %s', async (_, fault, faults) => {
    const spell: Action = { kind: 'spell', forMs: 10 * SECOND, ...faults };
    const evidence = await expectSound(group([then(8, spell)]));
    expect(struck(evidence, fault)).toBeGreaterThan(0);
    const before = await play(group([]), { hop });
    expect(struck(before, fault)).toBe(0);
  });

  it('hits one member alone where a spell or a cut says so', async () => {
    const spell: Action = { kind: 'spell', slot: 1, forMs: 9_000, store: { throttle: 1 } };
    const cut: Action = { kind: 'cut', slot: 1, of: 'stream', forMs: 5_000 };
    const evidence = await expectSound(group([then(8, spell), then(20, cut)]));
    const hit = (code: string) => new Set(errorsOf(evidence, code).map(({ process }) => process));
    expect([...hit('StoreThrottled')]).toEqual(['c1#1']);
    expect([...hit('StreamUnanswered')]).toEqual(['c1#1']);
  });

  it.each(['store', 'stream'] as const)('recovers from an outage of the %s', async (of) => {
    const evidence = await expectSound(group([then(8, { kind: 'outage', of, forMs: 15_000 })]));
    const during = eventsOf(evidence, 'delivered').filter(
      ({ atMs }) => atMs > 8_000 + 4_000 && atMs < 23_000,
    );
    expect(during).toEqual([]);
    expect(struck(evidence, `${of}.down`)).toBeGreaterThan(0);
  });

  it('lets nobody deliver on a machine that slept, whose monotonic clock did not see it', async () => {
    const evidence = await expectSound(
      group([then(10, { kind: 'suspend', slot: 1, forMs: 12_000 })]),
    );
    expect(errorsOf(evidence, 'SessionLost').map(({ process }) => process)).toContain('c1#1');
  });

  it('bears wall clocks that are hours off and jump by a day, and clocks that run wrong', async () => {
    const DAY = 24 * 3_600 * SECOND;
    const evidence = await expectSound(
      group(
        [
          then(9, { kind: 'jumpWall', slot: 0, byMs: DAY }),
          then(14, { kind: 'jumpWall', slot: 1, byMs: -DAY }),
        ],
        {
          start: 'LATEST',
          members: [
            { slot: 0, wallOffsetMs: 3_600_000, clockRate: 1.1 },
            { slot: 1, wallOffsetMs: -3_600_000, clockRate: 0.9 },
          ],
        },
      ),
    );
    expect(eventsOf(evidence, 'setup').map(({ trustMs }) => Math.round(trustMs))).toEqual([
      2727, 3333,
    ]);
    expect(evidence.trustMs).toBeCloseTo(3_333, 0);
  });

  it('mixes rhythms', async () => {
    const evidence = await expectSound(
      group([at(0.7, 'join', 2), at(12, 'crash', 0)], {
        members: [
          { slot: 1, profile: 'default' },
          { slot: 2, profile: 'frugal' },
        ],
        quietMs: 70 * SECOND,
      }),
    );
    const ttls = eventsOf(evidence, 'write')
      .filter(({ after }) => after?.pk === clientsPk('simulated'))
      .map(({ after }) => after?.['ttl']);
    expect(new Set(ttls)).toEqual(new Set([4_000, 9_000, 10_000]));
  });

  it('divides each stream among those that consume it, whatever they consume then', async () => {
    const refresh = (second: number, slot: number, ...streams: string[]): Step =>
      then(second, { kind: 'refresh', slot, streams });
    const evidence = await expectSound(
      group([refresh(9, 0, 'orders', 'payments'), refresh(15, 1, 'payments')], {
        streams: ['orders', 'payments', 'returns'],
        members: [{ slot: 1, streams: ['payments', 'returns'] }],
      }),
    );
    // nobody was left for the third one: somebody came to finish it
    expect(eventsOf(evidence, 'setup').length).toBeGreaterThan(2);
    expect(unread(evidence, 0, 'returns')).toEqual([]);
  });

  it('takes a stream in that was created while it ran', async () => {
    const evidence = await expectSound(
      group([
        then(6, { kind: 'createStream', stream: 'late', shards: 2 }),
        then(10, { kind: 'refresh', slot: 0, streams: ['orders', 'late'] }),
        then(14, { kind: 'put', records: 20, stream: 'late' }),
      ]),
    );
    expect(unread(evidence, 0, 'late')).toEqual([]);
  });

  it('reads on where listings are stale or partial, iterators expire and reads are throttled', async () => {
    const evidence = await expectSound(
      group(
        [
          at(6, 'split', 0),
          at(7, 'put', 100),
          at(11, 'split', 2),
          at(16, 'merge', 1),
          then(18, { kind: 'expireIterators' }),
        ],
        {
          weather: {
            store: {},
            stream: {
              partialListing: 0.3,
              staleListing: { probability: 0.8, maxMs: 20_000 },
            },
            clockError: 0,
          },
          kinesis: { iteratorLifeMs: 3_000, limits: true },
          quietMs: 35 * SECOND,
        },
      ),
    );
    expect(errorsOf(evidence, 'ListingIncomplete').length).toBeGreaterThan(0);
  });

  it('bears another application that leaves too few reads of each shard', async () => {
    const alone = await expectSound(group([at(6, 'put', 100)], { kinesis: { limits: true } }));
    expect(struck(alone, 'stream.readLimit')).toBe(0);
    const kinesis = { limits: true, otherReadsPerSecond: 4 };
    const evidence = await expectSound(group([at(6, 'put', 100)], { kinesis }));
    expect(struck(evidence, 'stream.readLimit')).toBeGreaterThan(20);
    expect(unread(evidence)).toEqual([]);
  });

  it('plans by the assignor and the tolerance of whoever leads', async () => {
    const members = [
      { slot: 0, assignor: 'range' as const },
      { slot: 1, assignorTolerance: 2 },
    ];
    const { events } = await expectSound(
      group([at(12, 'leave', 0), at(18, 'join', 2)], { members, shards: 7 }),
    );
    const plans = events.flatMap((event) => {
      const body = event.kind === 'write' ? event.after?.['body'] : undefined;
      return typeof body === 'string'
        ? [JSON.parse(body) as { readonly assignor: string; readonly tolerance: number }]
        : [];
    });
    const ways = plans.map(({ assignor, tolerance }) => `${assignor} ${tolerance}`);
    expect([...new Set(ways)]).toEqual(['range 0', 'sticky-range 2']);
  });

  it('keeps what it knows of closed shards that listings lack', async () => {
    const stream = { partialListing: 1, closedLeftOut: 1 };
    const evidence = await expectSound(
      group(
        [
          at(6, 'put', 40),
          then(7, { kind: 'outage', of: 'stream', forMs: 3_000 }),
          at(8, 'split', 0),
          at(9, 'merge', 1),
          then(9, { kind: 'spell', forMs: 70_000, stream }),
          at(40, 'split', 2),
          at(70, 'join', 2),
        ],
        { quietAtMs: 85 * SECOND, quietMs: 35 * SECOND },
      ),
    );
    expect(struck(evidence, 'stream.closedLeftOut')).toBeGreaterThan(1);
    expect(unread(evidence)).toEqual([]);
  });

  it('grows from one member to fifty and shrinks to one again, also by deaths and on bad ways', async () => {
    const others = Array.from({ length: 49 }, (_, index) => index + 10);
    const evidence = await expectSound(
      scenario({
        shards: 12,
        maxOpenShards: 16,
        weather: 'lossy',
        script: [
          at(0, 'join', 0),
          ...others.map((slot, index) => at(4 + index / 4, 'join', slot)),
          at(12, 'split', 3),
          at(24, 'merge', 6),
          ...others.map((slot, index) =>
            at(22 + index / 4, index % 4 === 0 ? 'crash' : 'leave', slot),
          ),
        ],
        quietAtMs: 45 * SECOND,
        quietMs: 35 * SECOND,
      }),
    );
    const running = new Set<string>();
    let most = 0;
    for (const { process, what } of eventsOf(evidence, 'process')) {
      if (what === 'started') running.add(process);
      if (what === 'left' || what === 'crashed') running.delete(process);
      most = Math.max(most, running.size);
    }
    expect(most).toBe(50);
    expect(evidence.live).toEqual(['c0#1']);
    expect(unread(evidence)).toEqual([]);
  }, 120_000);

  it('waits for slow handlers', async () => {
    const slow: Action = { kind: 'handler', slot: 0, manner: 'slow', forMs: 20_000 };
    await expectSound(group([then(5, slow), at(6, 'put', 200), at(9, 'join', 2)]));
  });
});

describe('a simulated group that is hit from outside', () => {
  it('goes on after its head, a client and a map were deleted', async () => {
    const erase = (second: number, what: Extract<Action, { kind: 'erase' }>['what']): Step =>
      then(second, { kind: 'erase', what });
    const evidence = await play(
      group([
        erase(8, { item: 'head' }),
        erase(13, { item: 'client', slot: 1 }),
        erase(18, { item: 'map', stream: 'orders' }),
      ]),
      { hop },
    );
    const erased = eventsOf(evidence, 'erased');
    expect(erased.map(({ pk }) => pk.split('#')[0])).toEqual(['group', 'client', 'shard_cache']);
    for (const { order } of erased) {
      expect(evidence.events[order + 1]).toMatchObject({
        kind: 'write',
        process: null,
        after: null,
      });
    }
    expect(unread(evidence)).toEqual([]);
    expect(errorsOf(evidence, 'InvariantBroken')).toEqual([]);
  });

  it('reads a shard anew whose checkpoint was deleted', async () => {
    const evidence = await play(
      group([at(5, 'put', 60), then(12, { kind: 'erase', what: { item: 'checkpoint', pick: 1 } })]),
      { hop },
    );
    const [erased] = eventsOf(evidence, 'erased');
    const twice = eventsOf(evidence, 'delivered').filter(
      ({ shardId, n, atMs }) => shardId === erased?.sk && n === 1 && atMs > 12_000,
    );
    expect(twice.length).toBeGreaterThan(0);
    expect(errorsOf(evidence, 'ForeignWrite')).toHaveLength(1);
    expect(unread(evidence)).toEqual([]);
  });

  it('tells of a shard that came and passed the retention while nobody was there', async () => {
    const evidence = await expectSound(
      group(
        [
          then(10, { kind: 'crash', slot: 0 }),
          then(10, { kind: 'crash', slot: 1 }),
          at(11, 'split', 0),
          at(12, 'put', 40),
          at(13, 'split', 0),
          at(14, 'put', 40),
          then(15, { kind: 'lapse', stream: 'orders' }),
          at(20, 'join', 2),
        ],
        { shards: 1 },
      ),
    );
    const [first] = eventsOf(evidence, 'reshard');
    const told = errorsOf(evidence, 'DataLapsed').map(({ shard }) => shard);
    expect(told).toContain(`orders/${first?.children[0]}`);
  });

  it('survives a client of the Go library and what it writes', async () => {
    const evidence = await play(
      group([
        at(4, 'put', 60),
        then(8, { kind: 'goClient', clientId: 'go', forMs: 12_000 }),
        then(12, { kind: 'goCommit', pick: 4 }),
      ]),
      { hop },
    );
    const pks = eventsOf(evidence, 'foreign').map(({ pk }) => pk.split('#')[0]);
    expect(pks).toEqual(['client', 'check_point', 'client', 'client']);
    expect(errorsOf(evidence, 'ForeignWrite')).toHaveLength(1);
    expect(errorsOf(evidence, 'GoGroupAlive').length).toBeGreaterThan(0);
    expect(unread(evidence, 15_000)).toEqual([]);
  });

  it('tells of records that lapsed, and reads what came later', async () => {
    const evidence = await play(
      group([
        then(8, { kind: 'outage', of: 'stream', forMs: 8_000 }),
        at(10, 'put', 50),
        at(11, 'split', 0),
        then(14, { kind: 'lapse', stream: 'orders' }),
      ]),
      { hop },
    );
    expect(errorsOf(evidence, 'DataLapsed').length).toBeGreaterThan(0);
    expect(unread(evidence, 14_000)).toEqual([]);
    expect(unread(evidence, 10_000).length).toBeGreaterThan(0);
  });

  it('lets only what is older than it is told pass the retention', async () => {
    const lapsing = async (olderThanMs?: number) => {
      const outage: Action = { kind: 'outage', of: 'stream', forMs: 8_000 };
      const lapse: Action = { kind: 'lapse', stream: 'orders' };
      const evidence = await play(
        group([
          then(8, outage),
          at(10, 'put', 50),
          then(14, olderThanMs === undefined ? lapse : { ...lapse, olderThanMs }),
        ]),
        { hop },
      );
      const lost = unread(evidence, 8_000).length;
      return { lost, beforeMs: eventsOf(evidence, 'lapsed').map(({ beforeMs }) => beforeMs) };
    };
    const [all, old, none] = [await lapsing(), await lapsing(3_900), await lapsing(10_000)];
    expect(none.lost).toBe(0);
    expect(old.lost).toBeGreaterThanOrEqual(50);
    expect(all.lost).toBeGreaterThan(old.lost);
    expect((all.beforeMs[0] ?? 0) - (old.beforeMs[0] ?? 0)).toBe(3_900);
  });

  it('reads nothing of a stream that was made anew', async () => {
    const evidence = await play(
      group([then(10, { kind: 'recreateStream', stream: 'orders', shards: 2 })]),
      { hop },
    );
    const changes = eventsOf(evidence, 'stream');
    expect(changes.map(({ what }) => what)).toEqual(['created', 'deleted', 'created']);
    const [first, deleted, second] = changes.map(({ createdAtMs }) => createdAtMs);
    expect([deleted === first, second === first]).toEqual([true, false]);
    expect(evidence.shards['orders']).toHaveLength(2);
    const puts = eventsOf(evidence, 'put').filter(({ atMs }) => atMs > 10_000);
    const seen = new Set(eventsOf(evidence, 'delivered').map((event) => event.sequenceNumber));
    expect(puts.length).toBeGreaterThan(0);
    expect(puts.filter(({ sequenceNumber }) => seen.has(sequenceNumber))).toEqual([]);
    expect(errorsOf(evidence, 'StreamRecreated').length).toBeGreaterThan(0);
  });

  it('consumes other streams while one of them is deleted', async () => {
    const evidence = await play(
      group([then(10, { kind: 'deleteStream', stream: 'payments' })], {
        streams: ['orders', 'payments'],
      }),
      { hop },
    );
    expect(unread(evidence)).toEqual([]);
    expect(errorsOf(evidence, 'StreamMissing').length).toBeGreaterThan(0);
  });

  it('leaves with a handler that throws, and comes back where it was', async () => {
    const throwing: Action = { kind: 'handler', slot: 0, manner: 'throwing', forMs: 10_000 };
    const evidence = await play(group([then(8, throwing), at(9, 'put', 60)]), { hop });
    expect(eventsOf(evidence, 'threw').length).toBeGreaterThan(0);
    const ends = eventsOf(evidence, 'process').filter(({ what }) => what === 'failed');
    expect(ends.map(({ code }) => code)).toEqual(['HandlerFailed']);
    expect(evidence.live).toEqual(['c1#1', 'c0#2']);
    expect(unread(evidence)).toEqual([]);
  });

  it('hands out nothing to a client whose user paused it, and goes on where it was', async () => {
    const evidence = await expectSound(
      group([
        then(6, { kind: 'pauseReading', slot: 0 }),
        then(6, { kind: 'pauseReading', slot: 1 }),
        then(20, { kind: 'resumeReading', slot: 0 }),
        then(20, { kind: 'resumeReading', slot: 1 }),
      ]),
    );
    const during = eventsOf(evidence, 'delivered').filter(
      ({ atMs }) => atMs > 8 * SECOND && atMs < 20 * SECOND,
    );
    expect(during).toEqual([]);
    expect(unread(evidence)).toEqual([]);
  });

  it('commits whenever its users say so, and otherwise once in an interval', async () => {
    /** Shortest time between two commits of one process to one shard. */
    const quickestMs = ({ events }: Evidence): number => {
      const last = new Map<string, number>();
      let quickest = Infinity;
      for (const event of events) {
        if (event.kind !== 'notice' || event.name !== 'commit') continue;
        const { process, shard, fence, atMs } = event;
        const key = `${process} ${shard} ${fence}`;
        quickest = Math.min(quickest, atMs - (last.get(key) ?? -Infinity));
        last.set(key, atMs);
      }
      return quickest;
    };
    const members = [0, 1].map((slot) => ({ slot, commits: 'byHand' as const }));
    const byHand = await expectSound(group([at(12, 'restart', 1)], { members }));
    expect(quickestMs(byHand)).toBeLessThan(0.5 * SECOND);
    expect(unread(byHand)).toEqual([]);
    expect(quickestMs(await expectSound(group([])))).toBeGreaterThan(0.5 * SECOND);
  });

  it('cuts the handlers of a client off that is told to abort while it drains', async () => {
    const evidence = await play(
      group([
        then(8, { kind: 'handler', slot: 0, manner: 'stuck', forMs: 20_000 }),
        then(10, { kind: 'close', slot: 0, options: { timeoutMs: 15_000 } }),
        then(11, { kind: 'close', slot: 0, options: { abort: true } }),
      ]),
      { hop },
    );
    const left = eventsOf(evidence, 'process').find(
      ({ what, process }) => what === 'left' && process === 'c0#1',
    );
    expect(left?.atMs).toBeLessThan(12 * SECOND);
    expect(unread(evidence)).toEqual([]);
  });

  it('goes on with all other shards beside a handler that is stuck', async () => {
    const stuck: Action = { kind: 'handler', slot: 0, manner: 'stuck', forMs: 15_000 };
    const evidence = await play(group([then(8, stuck), at(9, 'put', 60)]), { hop });
    const meanwhile = eventsOf(evidence, 'completed').filter(
      ({ process, atMs }) => process === 'c1#1' && atMs > 10_000 && atMs < 22_000,
    );
    expect(meanwhile.length).toBeGreaterThan(0);
    expect(errorsOf(evidence, 'SessionLost')).toEqual([]);
    expect(unread(evidence)).toEqual([]);
  });
});
