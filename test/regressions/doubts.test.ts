import { expect, it } from 'vitest';
import type { StateStore, Write } from '../../src/machines/ports.ts';
import { parseShardItem } from '../../src/machines/rules/items.ts';
import { checkpointKey } from '../../src/machines/rules/keys.ts';
import { askForShards, type Ask, type AskResult } from '../../src/machines/steps/acquire.ts';
import type { Session } from '../../src/machines/steps/membership.ts';
import type { World } from '../../src/machines/steps/step.ts';
import { shardId, STREAM } from '../machines/group.ts';
import { GroupTable, join } from './group-table.ts';
import { failed, storeWith } from './intercepted-store.ts';

const shard = { stream: STREAM, shardId: shardId(0) };

async function ask(world: World, session: Session, asked: Pick<Ask, 'intent' | 'doubt'>) {
  const asks = [{ ...shard, ...asked, parents: [], highestFenceSeen: 0 }];
  const outcome = await askForShards(world, { session, asks });
  const [answer] = outcome.kind === 'asked' ? outcome.answers : [];
  if (answer === undefined) throw new Error(outcome.kind);
  return answer.result;
}

const fenceOf = (result: AskResult): number => {
  if (result.kind !== 'doubt' && result.kind !== 'acquired') throw new Error(result.kind);
  return result.fence;
};

it('keeps a shard that it took back while an unanswered giving up of it was still on its way', async () => {
  const group = new GroupTable();
  let answers: 'given' | 'lost' | 'late' = 'given';
  const late: Write[] = [];
  const stores: StateStore[] = [];
  const world = group.world((store) => {
    stores.push(store);
    return storeWith(store, {
      async write(write, options) {
        if (answers === 'late') late.push(write);
        const answer = answers === 'late' ? null : await store.write(write, options);
        return answers === 'given' && answer ? answer : failed('unanswered', 'StoreUnanswered');
      },
    });
  });
  const me = await join(world, 'c1');
  answers = 'lost';
  const doubt = fenceOf(await ask(world, me, { intent: 'take', doubt: null }));
  answers = 'late';
  // the plan took the shard away; what the doubt brought is given up, and the answer stays out
  expect(await ask(world, me, { intent: 'settle', doubt })).toEqual({
    kind: 'doubt',
    fence: doubt,
  });
  answers = 'given';
  const taken = await ask(world, me, { intent: 'take', doubt });
  const [store] = stores;
  for (const write of late) await store?.write(write);

  const key = checkpointKey(world.app, shard.stream, shard.shardId);
  const read = await world.store.read([key], { consistent: true });
  const item = read.kind === 'items' ? (read.items[0] ?? null) : null;
  expect(late).toHaveLength(1);
  expect(item === null ? null : parseShardItem(item)).toMatchObject({
    owner: me.id,
    fence: fenceOf(taken),
  });
});
