import { expect, it } from 'vitest';
import type { StateStore } from '../../src/machines/ports.ts';
import {
  ASK_AGAIN_MS,
  askForShards,
  type AcquireOutcome,
} from '../../src/machines/steps/acquire.ts';
import { shardId, STREAM } from '../machines/group.ts';
import { GroupTable, join } from './group-table.ts';
import { failed, storeWith } from './intercepted-store.ts';

const throttled = failed('throttled', 'StoreThrottled');
const ask = {
  stream: STREAM,
  shardId: shardId(0),
  intent: 'take',
  parents: [],
  highestFenceSeen: 0,
  doubt: null,
} as const;

/** The member's table has room for its joining only; `parts` is what comes after. */
async function member(parts: (store: StateStore) => Partial<StateStore>) {
  const table: { state: 'roomy' | 'short' } = { state: 'roomy' };
  const world = new GroupTable().world((store) => {
    const short = storeWith(store, parts(store));
    return storeWith(store, {
      read: (...call) => (table.state === 'short' ? short : store).read(...call),
      write: (...call) => (table.state === 'short' ? short : store).write(...call),
    });
  });
  const session = await join(world, 'c1');
  table.state = 'short';
  return (row: number): Promise<AcquireOutcome> =>
    askForShards(world, { session, asks: [ask], throttled: row });
}

const longest = async (
  asked: (row: number) => Promise<AcquireOutcome>,
  row: number,
): Promise<number> => {
  const pauses = await Promise.all(Array.from({ length: 40 }, () => asked(row)));
  return Math.max(...pauses.map(({ againInMs }) => againInMs));
};

it.each([
  ['the read', () => ({ read: async () => throttled })],
  ['the acquire', () => ({ write: async () => throttled })],
] as const)('asks more and more seldom for shards while %s is throttled', async (_what, parts) => {
  const asked = await member(parts);

  expect(await longest(asked, 0)).toBeLessThanOrEqual(ASK_AGAIN_MS * 1.1);
  const later = await longest(asked, 8);
  expect(later).toBeGreaterThan(ASK_AGAIN_MS * 4);
  expect(later).toBeLessThanOrEqual(5_000);
  for (const { againInMs } of await Promise.all([asked(8), asked(9)])) {
    expect(againInMs).toBeGreaterThanOrEqual(ASK_AGAIN_MS * 0.9);
  }
});

it('tells of an acquire that the table throttled', async () => {
  const asked = await member(() => ({ write: async () => throttled }));

  expect(await asked(0)).toMatchObject({
    kind: 'asked',
    answers: [{ result: { kind: 'throttled', error: { code: 'StoreThrottled' } } }],
  });
});
