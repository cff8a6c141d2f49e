import { expect, it } from 'vitest';
import type { Item } from '../../../src/machines/ports.ts';
import { headKey } from '../../../src/machines/rules/keys.ts';
import { beatsFrom } from '../../../src/machines/rules/own-beats.ts';
import { EMPTY_LEDGER } from '../../../src/machines/rules/session-expiry.ts';
import { writeMap } from '../../../src/machines/steps/maps.ts';
import { NO_VIEW, poll, type GroupView } from '../../../src/machines/steps/poll.ts';
import { publish } from '../../../src/machines/steps/publish.ts';
import { NO_MEMORY } from '../../../src/machines/steps/round.ts';
import { APP, config, GroupTable, join } from '../../regressions/group-table.ts';
import { storeWith } from '../../regressions/intercepted-store.ts';
import { mapOf, STREAM } from '../group.ts';

it('takes another generation of the same number only where a strong read says so too', async () => {
  const group = new GroupTable();
  let stale: Item | null = null;
  const world = group.world((store) =>
    storeWith(store, {
      read: async (keys, options) => {
        const answer = await store.read(keys, options);
        if (answer.kind !== 'items' || options.consistent || stale === null) return answer;
        const items = answer.items.map((item) => (item?.sk === 'head' ? stale : item));
        return { ...answer, items };
      },
    }),
  );
  await writeMap(world, mapOf(4), null);
  const [first, second, follower] = [
    await join(world, 'c1'),
    await join(world, 'c2'),
    await join(world, 'c3'),
  ];
  /** The first generation of a group without a head. */
  const begins = async (session: typeof first): Promise<Item | null> => {
    group.remove(headKey(APP));
    const done = await publish(world, config, {
      session,
      streams: [STREAM],
      headAsKnown: null,
      planAsKnown: null,
      memory: NO_MEMORY,
      purpose: 'takeover',
    });
    if (done.kind !== 'published') throw new Error(done.kind);
    return group.table.get(headKey(APP));
  };
  const look = async (view: GroupView): Promise<GroupView> => {
    const seen = await poll(world, config.timings, {
      session: follower,
      streams: [STREAM],
      view,
      ledger: EMPTY_LEDGER,
      beats: beatsFrom(group.clock.monotonicMs()),
    });
    if (seen.kind !== 'polled') throw new Error(seen.kind);
    return seen.view;
  };
  const before = await begins(first);
  const viewBefore = await look(NO_VIEW);
  await begins(second);
  const view = await look(viewBefore);
  expect([viewBefore, view].map(({ head }) => [head?.generation, head?.leader])).toEqual([
    [1, first.id],
    [1, second.id],
  ]);

  // an eventual read goes back to the head that was removed
  stale = before;
  expect(await look(view)).toBe(view);
});
