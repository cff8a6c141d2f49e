import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  acquiredPosition,
  acquireFieldsOf,
  decideAcquire,
  decideAsk,
  judgeCommitRefusal,
  judgeDoubt,
  judgeReleaseRefusal,
  parentsStateOf,
  parentStateOf,
  type AcquireDecision,
  type AcquireQuestion,
  type AskQuestion,
  type RefusedCommit,
  type ShardItem,
} from '../../../src/machines/rules/fencing.ts';
import { NOT_STARTED, SHARD_END, positionOf } from '../../../src/machines/rules/positions.ts';

const itemOf = (overrides: Partial<ShardItem> = {}): ShardItem => ({
  owner: null,
  fence: null,
  position: null,
  sequenceNumber: null,
  ...overrides,
});

const asked = (overrides: Partial<AcquireQuestion> = {}): AcquireQuestion => ({
  item: null,
  me: 'me/1',
  ownerAlive: false,
  highestFenceSeen: 0,
  parents: 'notNeeded',
  ...overrides,
});

const fences = fc.option(fc.nat({ max: 5 }), { nil: null });
const items = fc.option(
  fc.record<ShardItem>({
    owner: fc.constantFrom(null, 'me/1', 'other/1'),
    fence: fences,
    position: fc.constantFrom(null, NOT_STARTED, positionOf('5', null), SHARD_END),
    sequenceNumber: fc.constantFrom(null, '', '7'),
  }),
  { nil: null },
);
const questions = fc.record<AcquireQuestion>({
  item: items,
  me: fc.constant('me/1'),
  ownerAlive: fc.boolean(),
  highestFenceSeen: fc.nat({ max: 8 }),
  parents: fc.constantFrom('done', 'open', 'unknown', 'notNeeded'),
});

describe('decideAcquire', () => {
  it('never gives a fence at or below one seen, and expects what was read', () => {
    fc.assert(
      fc.property(questions, (question) => {
        const decision = decideAcquire(question);
        if (decision.kind !== 'acquire') return;
        const { item } = question;
        expect(decision.fence).toBe(Math.max(item?.fence ?? 0, question.highestFenceSeen) + 1);
        expect(decision.expect).toEqual({ owner: item?.owner ?? null, fence: item?.fence ?? null });
      }),
    );
  });

  it('takes a shard from no live owner, and no completed one', () => {
    fc.assert(
      fc.property(questions, (question) => {
        const { item, ownerAlive, me } = question;
        const held = (item?.owner ?? me) !== me && ownerAlive;
        const { kind } = decideAcquire(question);
        if (item?.position === SHARD_END) expect(kind).toBe('ended');
        else if (held) expect(kind).toBe('held');
        else expect(['acquire', 'waitsForParents']).toContain(kind);
      }),
    );
  });

  it('asks for the parents at the first acquire and at no other', () => {
    for (const parents of ['open', 'unknown'] as const) {
      expect(decideAcquire(asked({ parents })).kind).toBe('waitsForParents');
      expect(decideAcquire(asked({ parents, item: itemOf() })).kind).toBe('waitsForParents');
      const fromGo = itemOf({ sequenceNumber: '7' });
      expect(decideAcquire(asked({ parents, item: fromGo })).kind).toBe('waitsForParents');
      const later = itemOf({ fence: 1, position: NOT_STARTED });
      expect(decideAcquire(asked({ parents, item: later })).kind).toBe('acquire');
    }
    for (const parents of ['done', 'notNeeded'] as const) {
      expect(decideAcquire(asked({ parents })).kind).toBe('acquire');
    }
  });

  it('keeps the position, takes it from the Go attribute where there is none, and starts else', () => {
    const positionFor = (item: ShardItem | null) => {
      const decision = decideAcquire(asked({ item }));
      return decision.kind === 'acquire' ? decision.position : decision.kind;
    };
    const position = positionOf('5', 2);
    expect(positionFor(itemOf({ fence: 1, position, sequenceNumber: '9' }))).toBe(position);
    expect(positionFor(itemOf({ sequenceNumber: '9' }))).toBe(positionOf('9', null));
    expect(positionFor(itemOf({ sequenceNumber: '' }))).toBe(NOT_STARTED);
    expect(positionFor(null)).toBe(NOT_STARTED);
  });

  it('makes fences rise over any interleaving of sessions, releases, deletions and foreign writes', () => {
    const step = fc.record({
      who: fc.nat({ max: 2 }),
      what: fc.constantFrom('acquire', 'acquire', 'release', 'delete', 'foreign'),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        let item: ShardItem | null = null;
        const seenBy = [0, 0, 0];
        for (const { who, what } of steps) {
          if (what === 'delete') item = null;
          if (what === 'foreign') item = itemOf({ sequenceNumber: '3' });
          if (what === 'release' && item !== null) item = { ...item, owner: null };
          if (what !== 'acquire') continue;
          const highestFenceSeen = seenBy[who] ?? 0;
          const decision = decideAcquire(asked({ item, me: `c${who}/1`, highestFenceSeen }));
          if (decision.kind !== 'acquire') continue;
          const before: number = item?.fence ?? 0;
          expect(decision.fence).toBeGreaterThan(before);
          expect(decision.fence).toBeGreaterThan(highestFenceSeen);
          seenBy[who] = decision.fence;
          item = itemOf({ owner: `c${who}/1`, fence: decision.fence, position: decision.position });
        }
      }),
    );
  });
});

describe('the write of an acquire', () => {
  const decision: Extract<AcquireDecision, { kind: 'acquire' }> = {
    kind: 'acquire',
    fence: 5,
    position: positionOf('7', null),
    expect: { owner: 'other/1', fence: 4 },
  };

  it('stands on the owner and the fence as read, and sets a position only where there is none', () => {
    const fields = (item: ShardItem | null) => acquireFieldsOf(decision, item, 'me/1');
    expect(fields(itemOf({ position: NOT_STARTED, sequenceNumber: '7' }))).toEqual({
      session: 'me/1',
      fence: 5,
      ownerAsRead: 'other/1',
      fenceAsRead: 4,
      firstPosition: null,
      sequenceNumberAsRead: '7',
    });
    expect(fields(itemOf({ sequenceNumber: '7' }))).toMatchObject({
      firstPosition: decision.position,
      sequenceNumberAsRead: '7',
    });
    expect(fields(null)).toMatchObject({
      firstPosition: decision.position,
      sequenceNumberAsRead: null,
    });
  });

  it('is answered with where reading starts: further on than was read, if the owner before went on', () => {
    const position = positionOf('9', null);
    expect(acquiredPosition(decision, itemOf({ position }))).toBe(position);
    expect(acquiredPosition(decision, null)).toBe(decision.position);
  });
});

describe('the state of parents', () => {
  it('is done at the end of each', () => {
    expect(parentStateOf(itemOf({ position: SHARD_END }))).toBe('done');
    expect(parentStateOf(itemOf({ position: positionOf('9', null) }))).toBe('open');
    expect(parentStateOf(itemOf())).toBe('open');
  });

  it('is that of the one of which least is known', () => {
    expect(parentsStateOf([])).toBe('notNeeded');
    expect(parentsStateOf(['done', 'done'])).toBe('done');
    expect(parentsStateOf(['open', 'done'])).toBe('open');
    expect(parentsStateOf(['done', 'open'])).toBe('open');
    expect(parentsStateOf(['open', 'unknown'])).toBe('unknown');
  });
});

describe('decideAsk', () => {
  const decided = (
    item: ShardItem | null,
    intent: AskQuestion['intent'],
    doubt: number | null = 4,
  ) => decideAsk({ ...asked({ item }), intent, doubt });
  const applied = itemOf({ owner: 'me/1', fence: 4, position: NOT_STARTED });
  const before = itemOf({ owner: null, fence: 3, position: NOT_STARTED });
  const passed = itemOf({ owner: null, fence: 4, position: NOT_STARTED });

  it('asks for the shard where there is no doubt', () => {
    expect(decided(null, 'take', null)).toMatchObject({ kind: 'acquire', fence: 1 });
    expect(decided(applied, 'take', null)).toMatchObject({ kind: 'acquire', fence: 5 });
  });

  it('acquires what a doubt brought again if it is wanted, above its fence, else gives it up', () => {
    expect(decided(applied, 'take')).toMatchObject({
      kind: 'acquire',
      fence: 5,
      expect: { owner: 'me/1', fence: 4 },
    });
    expect(decided(applied, 'settle')).toEqual({ kind: 'disown', fence: 4 });
  });

  it('waits for a doubt that is open only where nothing else is asked for', () => {
    expect(decided(before, 'settle')).toEqual({ kind: 'doubt', fence: 4 });
    expect(decided(before, 'take')).toMatchObject({ kind: 'acquire', fence: 4 });
  });

  it('settles a doubt that has passed', () => {
    expect(decided(passed, 'settle')).toEqual({ kind: 'settled' });
    expect(decided(passed, 'take')).toMatchObject({ kind: 'acquire', fence: 5 });
  });
});

describe('judgeCommitRefusal', () => {
  const position = positionOf('5', null);
  const verdict = (item: ShardItem | null, overrides: Partial<RefusedCommit> = {}) =>
    judgeCommitRefusal({ item, me: 'me/1', fence: 4, position, highestFenceSeen: 4, ...overrides })
      .kind;

  it('finds it applied where the item is mine and at least as far', () => {
    expect(verdict(itemOf({ owner: 'me/1', fence: 4, position }))).toBe('applied');
    expect(verdict(itemOf({ owner: 'me/1', fence: 4, position: SHARD_END }))).toBe('applied');
  });

  it('finds an end applied where the shard is at its end, whoever wrote it', () => {
    const ended = itemOf({ owner: null, fence: 4, position: SHARD_END });
    expect(verdict(ended, { position: SHARD_END })).toBe('applied');
    expect(verdict({ ...ended, fence: 9 }, { position: SHARD_END })).toBe('applied');
    expect(verdict(ended)).toBe('lost');
  });

  it('finds the shard lost to a new owner or a released ownership', () => {
    expect(verdict(itemOf({ owner: 'other/1', fence: 5, position }))).toBe('lost');
    expect(verdict(itemOf({ owner: 'me/1', fence: 5, position }))).toBe('lost');
    expect(verdict(itemOf({ owner: null, fence: 4, position }))).toBe('lost');
    expect(verdict(itemOf({ owner: 'me/1', fence: 4, position: positionOf('4', null) }))).toBe(
      'lost',
    );
  });

  it('finds a foreign hand where the item is gone, without fence, or below one seen', () => {
    expect(verdict(null)).toBe('foreign');
    expect(verdict(itemOf({ sequenceNumber: '9' }))).toBe('foreign');
    expect(verdict(itemOf({ owner: 'me/1', fence: 3, position }))).toBe('foreign');
    const seenHigher = { highestFenceSeen: 6 };
    expect(verdict(itemOf({ owner: 'other/1', fence: 5, position }), seenHigher)).toBe('foreign');
  });
});

describe('judgeReleaseRefusal', () => {
  const position = positionOf('5', null);
  const verdict = (item: ShardItem | null) =>
    judgeReleaseRefusal({ item, me: 'me/1', fence: 4, position, highestFenceSeen: 4 }).kind;

  it('finds the shard still held wherever it is mine: a release that was applied leaves no owner', () => {
    expect(verdict(itemOf({ owner: 'me/1', fence: 4, position: positionOf('7', null) }))).toBe(
      'held',
    );
    expect(verdict(itemOf({ owner: 'me/1', fence: 4 }))).toBe('held');
  });

  it('finds all else as a commit does', () => {
    expect(verdict(itemOf({ owner: null, fence: 4, position }))).toBe('lost');
    expect(verdict(itemOf({ owner: 'other/1', fence: 5, position }))).toBe('lost');
    expect(verdict(itemOf({ owner: 'me/1', fence: 3, position }))).toBe('foreign');
    expect(verdict(null)).toBe('foreign');
  });
});

describe('judgeDoubt', () => {
  const judged = (item: ShardItem | null) => judgeDoubt({ item, me: 'me/1', triedFence: 4 });

  it('is open until the fence reaches the one tried', () => {
    expect(judged(null)).toBe('open');
    expect(judged(itemOf({ owner: 'other/1', fence: 3 }))).toBe('open');
    expect(judged(itemOf({ owner: 'me/1', fence: 3 }))).toBe('open');
  });

  it('is settled by the owner at that fence, and passed beyond it', () => {
    expect(judged(itemOf({ owner: 'me/1', fence: 4 }))).toBe('mine');
    expect(judged(itemOf({ owner: 'other/1', fence: 4 }))).toBe('passed');
    expect(judged(itemOf({ owner: null, fence: 4 }))).toBe('passed');
    expect(judged(itemOf({ owner: 'other/1', fence: 5 }))).toBe('passed');
    expect(judged(itemOf({ owner: 'me/1', fence: 5 }))).toBe('passed');
  });
});
