/** What no client reads any more: plans of generations long past. */
import { parseHead } from '../rules/items.ts';
import { generationOfPlanRef, groupPk, headKey } from '../rules/keys.ts';
import { removeGarbage } from '../rules/writes.ts';
import { readOne, type World } from './step.ts';

/** A client that lags behind reads the head first, so that it never asks for one of these. */
const KEPT_GENERATIONS = 3;

/**
 * Best effort: what stays now goes with the next generation. A head that somebody deleted begins anew, and with it the
 * numbers of plans: to a leader of before the newest would be the oldest.
 */
export async function removeOldPlans(world: World, generation: number): Promise<void> {
  const stands = await readOne(world, headKey(world.app), true);
  const head = stands.kind === 'failure' || stands.item === null ? null : parseHead(stands.item);
  if (head?.kind !== 'head' || head.generation !== generation) return;
  const answer = await world.store.query(groupPk(world.app), { consistent: false });
  if (answer.kind !== 'items') return;
  for (const { pk, sk } of answer.items) {
    const of = generationOfPlanRef(sk);
    if (of !== null && of < generation - KEPT_GENERATIONS) {
      await world.store.write(removeGarbage({ pk, sk }));
    }
  }
}
