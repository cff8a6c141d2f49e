/** What no client reads any more: plans of generations long past. */
import { generationOfPlanRef, groupPk } from '../rules/keys.ts';
import { removeGarbage } from '../rules/writes.ts';
import type { World } from './step.ts';

/** A client that lags behind reads the head first, so that it never asks for one of these. */
const KEPT_GENERATIONS = 3;

/** Best effort: what stays now goes with the next generation. */
export async function removeOldPlans(world: World, generation: number): Promise<void> {
  const answer = await world.store.query(groupPk(world.app), { consistent: false });
  if (answer.kind !== 'items') return;
  for (const { pk, sk } of answer.items) {
    const of = generationOfPlanRef(sk);
    if (of !== null && of < generation - KEPT_GENERATIONS) {
      await world.store.write(removeGarbage({ pk, sk }));
    }
  }
}
