import { expect, it } from 'vitest';
import type { StateStore, Write } from '../../src/machines/ports.ts';
import { parseShardItem } from '../../src/machines/rules/items.ts';
import { checkpointKey } from '../../src/machines/rules/keys.ts';
import { SHARD_END } from '../../src/machines/rules/positions.ts';
import {
  ASK_AGAIN_MS,
  ASK_SELDOM_AGAIN_MS,
  askForShards,
  type Ask,
  type AskResult,
} from '../../src/machines/steps/acquire.ts';
import { endOfShard } from '../../src/machines/steps/checkpoint.ts';
import type { Session } from '../../src/machines/steps/membership.ts';
import type { World } from '../../src/machines/steps/step.ts';
import { shardId, STREAM } from '../machines/group.ts';
import { GroupTable, join } from './group-table.ts';
import { failed, storeWith } from './intercepted-store.ts';

const shard = { stream: STREAM, shardId: shardId(0) };

async function asked(world: World, session: Session, about: Pick<Ask, 'intent' | 'doubt'>) {
  const asks = [{ ...shard, ...about, parents: [], highestFenceSeen: 0 }];
  const outcome = await askForShards(world, { session, asks, throttled: 0 });
  const [answer] = outcome.kind === 'asked' ? outcome.answers : [];
  if (answer === undefined) throw new Error(outcome.kind);
  return { result: answer.result, againInMs: outcome.againInMs };
}

const ask = async (...question: Parameters<typeof asked>): Promise<AskResult> =>
  (await asked(...question)).result;

const fenceOf = (result: AskResult): number => {
  if (result.kind !== 'doubt' && result.kind !== 'acquired') throw new Error(result.kind);
  return result.fence;
};

/** A member whose writes are answered, carried out without an answer, or kept back without one. */
async function member() {
  const group = new GroupTable();
  const late: Write[] = [];
  const stores: StateStore[] = [];
  const way: { answers: 'given' | 'lost' | 'late' } = { answers: 'given' };
  const world = group.world((store) => {
    stores.push(store);
    return storeWith(store, {
      async write(write, options) {
        if (way.answers === 'late') late.push(write);
        const answer = way.answers === 'late' ? null : await store.write(write, options);
        return way.answers === 'given' && answer ? answer : failed('unanswered', 'StoreUnanswered');
      },
    });
  });
  const me = await join(world, 'c1');
  const key = checkpointKey(world.app, shard.stream, shard.shardId);
  return {
    me,
    world,
    late,
    way,
    /** What was kept back arrives. */
    async arrive(): Promise<void> {
      for (const write of late) for (const store of stores) await store.write(write);
    },
    async item() {
      const read = await world.store.read([key], { consistent: true });
      const item = read.kind === 'items' ? (read.items[0] ?? null) : null;
      return item === null ? null : parseShardItem(item);
    },
    forget: () => group.remove(key),
  };
}

it('keeps a shard that it took back while an unanswered giving up of it was still on its way', async () => {
  const { world, me, way, late, arrive, item } = await member();
  way.answers = 'lost';
  const doubt = fenceOf(await ask(world, me, { intent: 'take', doubt: null }));
  way.answers = 'late';
  // the plan took the shard away; what the doubt brought is given up, and the answer stays out
  expect(await ask(world, me, { intent: 'settle', doubt })).toEqual({
    kind: 'doubt',
    fence: doubt,
  });
  way.answers = 'given';
  const taken = await ask(world, me, { intent: 'take', doubt });
  await arrive();

  expect(late).toHaveLength(1);
  expect(await item()).toMatchObject({ owner: me.id, fence: fenceOf(taken) });
});

it('leaves a completed shard alone though its fence came back with a deleted item', async () => {
  const { world, me, way, late, arrive, item, forget } = await member();
  way.answers = 'lost';
  const doubt = fenceOf(await ask(world, me, { intent: 'take', doubt: null }));
  way.answers = 'given';
  expect(await ask(world, me, { intent: 'settle', doubt })).toEqual({ kind: 'settled' });
  way.answers = 'late';
  await ask(world, me, { intent: 'take', doubt: null });
  way.answers = 'given';
  forget();
  const fence = fenceOf(await ask(world, me, { intent: 'take', doubt: null }));
  const ended = await endOfShard(world, {
    shard,
    session: me.id,
    fence,
    position: SHARD_END,
    attempt: 0,
  });
  await arrive();

  expect([late.length, ended.kind]).toEqual([1, 'applied']);
  expect(await item()).toMatchObject({ owner: null, fence: 1, position: SHARD_END });
});

it('looks seldom at an item that does not show what an unanswered acquire tried, where the shard is not wanted', async () => {
  const { world, me, way, arrive } = await member();
  way.answers = 'late';
  const first = await asked(world, me, { intent: 'take', doubt: null });
  const doubt = fenceOf(first.result);
  way.answers = 'given';
  const open = await asked(world, me, { intent: 'settle', doubt });
  await arrive();
  way.answers = 'lost';
  const unanswered = await asked(world, me, { intent: 'settle', doubt });

  expect(open.result).toEqual({ kind: 'doubt', fence: doubt });
  expect(unanswered.result).toEqual(open.result);
  const [soon, seldom] = [ASK_AGAIN_MS * 1.1, ASK_SELDOM_AGAIN_MS * 0.9];
  expect(first.againInMs).toBeLessThanOrEqual(soon);
  expect(open.againInMs).toBeGreaterThanOrEqual(seldom);
  // it is mine by now, and others wait for it
  expect(unanswered.againInMs).toBeLessThanOrEqual(soon);
});
