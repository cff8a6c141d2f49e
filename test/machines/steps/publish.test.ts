import { expect, it } from 'vitest';
import { mapsPk } from '../../../src/machines/rules/keys.ts';
import { readMaps, writeMap } from '../../../src/machines/steps/maps.ts';
import { publish } from '../../../src/machines/steps/publish.ts';
import { NO_MEMORY } from '../../../src/machines/steps/round.ts';
import { APP, config, GroupTable, join } from '../../regressions/group-table.ts';
import { mapOf, STREAM } from '../group.ts';

/** A leader with a generation that stands on the newest map, and what it remembers. */
async function ledGroup() {
  const group = new GroupTable();
  const world = group.world();
  await writeMap(world, mapOf(2), null);
  const session = await join(world, 'c1');
  const input = { session, streams: [STREAM], memory: NO_MEMORY };
  const first = { headAsKnown: null, planAsKnown: null, purpose: 'takeover' } as const;
  const led = await publish(world, config, { ...input, ...first });
  if (led.kind !== 'published') throw new Error(led.kind);
  const { head, plan } = led;
  return {
    group,
    world,
    again: (maps: typeof led.maps) =>
      publish(world, config, {
        ...input,
        headAsKnown: head,
        planAsKnown: plan,
        memory: { ...NO_MEMORY, maps },
        purpose: 'lead',
      }),
  };
}

it('remembers the maps by which it found no cause, so that no round finds an older one to be a cause', async () => {
  const { world, again } = await ledGroup();
  const other = { ...mapOf(2), stream: 'another' };
  const outcome = await again({ [STREAM]: { ...mapOf(4), version: 0 }, another: other });

  if (outcome.kind !== 'noCause') throw new Error(outcome.kind);
  const stands = await readMaps(world, [STREAM], true);
  if (stands.kind === 'failure') throw new Error(stands.kind);
  expect(outcome.memory.maps).toEqual({ ...stands.maps, another: other });
});

it('forgets a map that is gone', async () => {
  const { group, again } = await ledGroup();
  group.remove({ pk: mapsPk(APP), sk: STREAM });
  const outcome = await again({ [STREAM]: mapOf(2) });

  if (outcome.kind !== 'noCause') throw new Error(outcome.kind);
  expect(outcome.memory.maps).toEqual({});
});
