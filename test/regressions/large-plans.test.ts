import { expect, it } from 'vitest';
import { planRefOf } from '../../src/machines/rules/keys.ts';
import type { Plan } from '../../src/machines/rules/plan.ts';
import { readPlan, writePlan } from '../../src/machines/steps/plans.ts';
import { GroupTable } from './group-table.ts';

it('stores a large plan whose client ids take three bytes a letter', async () => {
  const world = new GroupTable().world();
  const clientIds = Array.from({ length: 100 }, (_, n) => `주문-처리-서버-클러스터-노드-${n}`);
  const division = {
    mapVersion: 1,
    ranges: clientIds.map((clientId) => ({ clientId, first: null })),
  };
  const plan: Plan = {
    gen: 1,
    planId: 'plan',
    leader: 'leader/1',
    members: clientIds.map((clientId) => ({
      clientId,
      session: `${clientId}/1`,
      streamsHash: 'hash',
    })),
    assignor: 'range',
    tolerance: 0,
    streams: Object.fromEntries(
      Array.from({ length: 100 }, (_, n) => [`tenant-${n}`, division] as const),
    ),
  };
  const planRef = planRefOf(1, 'nonce');
  expect(await writePlan(world, planRef, plan)).toEqual({ kind: 'written' });
  expect(await readPlan(world, planRef)).toEqual({ kind: 'plan', plan });
});
