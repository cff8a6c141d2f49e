import { describe, expect, it } from 'vitest';
import {
  balance,
  isSound,
  type Delivery,
  type LedgerHistory,
  type ProducedRecord,
} from '../../dev/ledger.ts';
import { ledgerText } from '../../dev/ledger-text.ts';
import { NOT_STARTED, SHARD_END, positionOf } from '../../src/machines/rules/positions.ts';

const STREAM = 'orders';
const at = (shardId: string) => ({ stream: STREAM, shardId });
/** Of growing length, so that comparing them as strings would be wrong. */
const sequenceOf = (n: number): string => String(98 + n);

const produced = (n: number, key = 'a', shardId = 's0', number = n): ProducedRecord => ({
  ...at(shardId),
  sequenceNumber: sequenceOf(number),
  key,
  n,
  atMs: n,
});

interface Handed {
  readonly by?: string;
  readonly fence?: number;
  readonly atMs?: number;
}

const handed = (record: ProducedRecord, { by = 'c1', fence = 1, atMs }: Handed = {}): Delivery => ({
  consumer: by,
  ...at(record.shardId),
  fence,
  sequenceNumber: record.sequenceNumber,
  key: record.key,
  n: record.n,
  atMs: atMs ?? 1_000 + record.n,
});

const history = (consumer: string, parts: Partial<LedgerHistory> = {}): LedgerHistory => ({
  consumer,
  deliveries: [],
  polls: [],
  starts: [],
  ends: [],
  commits: [],
  ...parts,
});

const start = (fence: number, position: string, atMs = 0, consumer = 'c1', shardId = 's0') => ({
  consumer,
  ...at(shardId),
  fence,
  position,
  atMs,
});
const commit = start;
const poll = (fence: number, atMs: number, consumer: string) => ({
  consumer,
  ...at('s0'),
  fence,
  atMs,
  records: 0,
  millisBehindLatest: 0,
});

const three = [produced(1), produced(2), produced(3)];

describe('a ledger', () => {
  it('of a run in which each record came once and in order is sound', () => {
    const ledger = balance({
      produced: three,
      histories: [
        history('c1', {
          deliveries: three.map((record) => handed(record)),
          starts: [start(1, NOT_STARTED)],
          commits: [commit(1, positionOf(sequenceOf(3), null))],
        }),
      ],
    });
    expect(ledger).toMatchObject({ produced: 3, delivered: 3, deliveries: 3, duplicated: [] });
    expect(isSound(ledger)).toBe(true);
  });

  it('names the records that were never delivered', () => {
    const [first, second, third] = three as [ProducedRecord, ProducedRecord, ProducedRecord];
    const ledger = balance({
      produced: three,
      histories: [history('c1', { deliveries: [handed(first), handed(second)] })],
    });
    expect(ledger.missing).toEqual([third]);
    expect(isSound(ledger)).toBe(false);
  });

  it('does not take a record of another shard or stream for a delivered one', () => {
    const record = produced(1);
    const elsewhere = { ...handed(record), shardId: 's1' };
    const ledger = balance({
      produced: [record],
      histories: [history('c1', { deliveries: [elsewhere] })],
    });
    expect(ledger.missing).toEqual([record]);
    expect(ledger.unknown).toEqual([elsewhere]);
  });

  it('tells deliveries of records that Kinesis never accepted, unless their request was unanswered', () => {
    const stray = handed(produced(7));
    const histories = [history('c1', { deliveries: [stray] })];
    expect(balance({ produced: [], histories }).unknown).toEqual([stray]);
    expect(isSound(balance({ produced: [], histories }))).toBe(false);
    const doubtful = [{ stream: STREAM, key: 'a', n: 7 }];
    expect(isSound(balance({ produced: [], doubtful, histories }))).toBe(true);
  });

  it('gives all deliveries of a duplicate by time, and duplicates alone are sound', () => {
    const record = produced(1);
    const late = handed(record, { by: 'c2', fence: 2, atMs: 2_000 });
    const early = handed(record, { by: 'c1', fence: 1, atMs: 1_000 });
    const ledger = balance({
      produced: [record],
      histories: [history('c2', { deliveries: [late] }), history('c1', { deliveries: [early] })],
    });
    expect(ledger.duplicated).toEqual([{ record, deliveries: [early, late] }]);
    expect(isSound(ledger)).toBe(true);
  });
});

describe('order per key', () => {
  it('is broken when a first delivery comes after a later record of the key, on whichever shard', () => {
    const parent = produced(1, 'a', 'parent');
    const child = produced(2, 'a', 'child');
    const ledger = balance({
      produced: [parent, child],
      histories: [
        history('c1', { deliveries: [handed(parent, { atMs: 2_000 })] }),
        history('c2', { deliveries: [handed(child, { by: 'c2', atMs: 1_500 })] }),
      ],
    });
    expect(ledger.outOfOrder).toMatchObject([{ delivery: { n: 1 }, later: { n: 2 } }]);
    expect(isSound(ledger)).toBe(false);
  });

  it('is judged on first deliveries only: going back to the checkpoint under a new fence is no disorder', () => {
    const [first, second] = three as [ProducedRecord, ProducedRecord, ProducedRecord];
    const ledger = balance({
      produced: [first, second],
      histories: [
        history('c1', { deliveries: [handed(first), handed(second)] }),
        history('c2', {
          deliveries: [
            handed(first, { by: 'c2', fence: 2, atMs: 5_000 }),
            handed(second, { by: 'c2', fence: 2, atMs: 5_001 }),
          ],
        }),
      ],
    });
    expect(ledger.outOfOrder).toEqual([]);
    expect(ledger.duplicated).toHaveLength(2);
    expect(isSound(ledger)).toBe(true);
  });

  it('keeps the order of one consumer within a millisecond', () => {
    const ledger = balance({
      produced: three,
      histories: [
        history('c1', { deliveries: three.map((record) => handed(record, { atMs: 1_000 })) }),
      ],
    });
    expect(ledger.outOfOrder).toEqual([]);
  });
});

describe('order per shard and fence', () => {
  const judged = (deliveries: readonly Delivery[], position = NOT_STARTED) =>
    balance({
      produced: three,
      histories: [history('c1', { deliveries, starts: [start(1, position)] })],
    }).fenceFaults;
  const [first, second, third] = three as [ProducedRecord, ProducedRecord, ProducedRecord];

  it('compares sequence numbers as numbers', () => {
    expect([sequenceOf(1), sequenceOf(2)]).toEqual(['99', '100']);
    expect(judged([handed(first), handed(second), handed(third)])).toEqual([]);
  });

  it('refuses a record that comes twice or goes back under one fence', () => {
    expect(judged([handed(first), handed(second), handed(second)])).toMatchObject([
      { kind: 'notAscending', delivery: { n: 2 } },
    ]);
    expect(judged([handed(first), handed(second), handed(third), handed(first)])).toMatchObject([
      { kind: 'notAscending', delivery: { n: 1 }, before: { n: 3 } },
    ]);
  });

  it('refuses a gap', () => {
    expect(judged([handed(first), handed(third)])).toMatchObject([
      { kind: 'skipped', record: { n: 2 } },
    ]);
  });

  it('refuses to begin after the record that follows the acquired position, or before it', () => {
    const afterFirst = positionOf(first.sequenceNumber, null);
    expect(judged([handed(second), handed(third)], afterFirst)).toEqual([]);
    expect(judged([handed(third)], afterFirst)).toMatchObject([
      { kind: 'skipped', record: { n: 2 } },
    ]);
    expect(judged([handed(first), handed(second)], afterFirst)).toMatchObject([
      { kind: 'rewound', delivery: { n: 1 } },
    ]);
    expect(judged([handed(third)], SHARD_END)).toMatchObject([{ kind: 'rewound' }]);
  });

  it('leaves the beginning open where nothing was committed: the start of the group decides', () => {
    expect(judged([handed(second), handed(third)])).toEqual([]);
  });

  it('refuses two consumers under one fence', () => {
    const ledger = balance({
      produced: three,
      histories: [
        history('c1', { deliveries: [handed(first)] }),
        history('c2', { deliveries: [handed(second, { by: 'c2' })] }),
      ],
    });
    expect(ledger.fenceFaults).toMatchObject([{ kind: 'shared', delivery: { consumer: 'c2' } }]);
    expect(isSound(ledger)).toBe(false);
  });
});

describe('checkpoints', () => {
  const position = (n: number): string => positionOf(sequenceOf(n), null);
  const faults = (histories: readonly LedgerHistory[]) =>
    balance({ produced: [], histories }).checkpointFaults;

  it('may not go back under one fence', () => {
    const commits = [commit(1, position(2)), commit(1, position(1)), commit(1, position(3))];
    expect(faults([history('c1', { commits })])).toMatchObject([
      { before: { position: position(2) }, next: { position: position(1) } },
    ]);
    const ledger = balance({ produced: [], histories: [history('c1', { commits })] });
    expect(isSound(ledger)).toBe(false);
  });

  it('may not be behind an older commit when a shard is acquired', () => {
    const old = history('c1', { commits: [commit(1, position(2))] });
    const next = (from: number): LedgerHistory =>
      history('c2', { starts: [start(2, position(from), 9_000, 'c2')] });
    expect(faults([old, next(2)])).toEqual([]);
    expect(faults([next(1), old])).toMatchObject([
      { before: { fence: 1 }, next: { fence: 2, position: position(1) } },
    ]);
  });

  it('are ordered by fence and not by time: a paused owner tells late of what it wrote before', () => {
    const paused = history('c1', { commits: [commit(1, position(1), 9_000)] });
    const next = history('c2', { commits: [commit(2, position(3), 5_000, 'c2')] });
    expect(faults([paused, next])).toEqual([]);
  });
});

describe('moves', () => {
  it('measure from the last read of the old owner to the first of the new one', () => {
    const old = history('c1', {
      starts: [start(1, NOT_STARTED, 100)],
      polls: [poll(1, 200, 'c1'), poll(1, 1_000, 'c1')],
      ends: [{ consumer: 'c1', ...at('s0'), fence: 1, reason: 'moved', atMs: 1_050 }],
    });
    const next = history('c2', {
      starts: [start(2, NOT_STARTED, 1_300, 'c2')],
      polls: [poll(2, 1_400, 'c2'), poll(2, 1_900, 'c2')],
    });
    expect(balance({ produced: [], histories: [next, old] }).moves).toEqual([
      {
        ...at('s0'),
        from: { consumer: 'c1', fence: 1 },
        to: { consumer: 'c2', fence: 2 },
        atMs: 1_400,
        ending: 'moved',
        gapMs: 400,
      },
    ]);
  });

  it('fall back on the acquire where nothing was read, and say when the old owner said nothing', () => {
    const old = history('c1', { starts: [start(1, NOT_STARTED, 100)] });
    const next = history('c2', { starts: [start(2, NOT_STARTED, 700, 'c2')] });
    expect(balance({ produced: [], histories: [old, next] }).moves).toMatchObject([
      { gapMs: 600, ending: null },
    ]);
  });

  it('are none for a shard that kept its owner', () => {
    const only = history('c1', { starts: [start(1, NOT_STARTED)] });
    expect(balance({ produced: [], histories: [only] }).moves).toEqual([]);
  });
});

describe('the text of a ledger', () => {
  it('says what is wrong, and shortens long lists', () => {
    const many = Array.from({ length: 25 }, (_, index) => produced(index + 1));
    const text = ledgerText(balance({ produced: many, histories: [] }), 0);
    expect(text).toContain('missing                     25');
    expect(text.match(/missing: orders/g)).toHaveLength(10);
    expect(text).toContain('… and 15 more');
    expect(text).toContain('NOT SOUND');
  });

  it('says that a sound run is sound', () => {
    expect(ledgerText(balance({ produced: [], histories: [] }), 0)).toContain('Sound:');
  });
});
