/** Plans in the store: written in parts before the head names them, read whole or not at all. */
import { KinesumerError } from '../../errors.ts';
import { isCount } from '../rules/items.ts';
import { planKey } from '../rules/keys.ts';
import type { Plan } from '../rules/plan.ts';
import { parsePlanBody } from '../rules/plan-body.ts';
import { utf8Parts } from '../rules/utf8-parts.ts';
import { putPlanPart } from '../rules/writes.ts';
import { failureOf, readOne, type StepFailure, type World } from './step.ts';

/** Far below DynamoDB's 400 KB an item; a plan of one stream and 100 members takes about 10 KB. */
const PART_BYTES = 300_000;

/** More than any group has: 100 clients on 1,000 streams take about 20. */
const MAX_PARTS = 100;

export async function writePlan(
  world: World,
  planRef: string,
  plan: Plan,
): Promise<{ readonly kind: 'written' } | StepFailure> {
  const body = JSON.stringify(plan);
  const texts = utf8Parts(body, PART_BYTES);
  // the first goes last: where it stands, all do
  for (const [part, text] of [...texts.entries()].reverse()) {
    const answer = await world.store.write(
      putPlanPart(world.app, planRef, part, texts.length, text),
    );
    if (answer.kind !== 'applied' && answer.kind !== 'refused') return failureOf(answer);
  }
  return { kind: 'written' };
}

export type PlanRead =
  | { readonly kind: 'plan'; readonly plan: Plan }
  | { readonly kind: 'absent' }
  | { readonly kind: 'corrupted'; readonly error: KinesumerError }
  | StepFailure;

/** Eventually consistent first: the plan is immutable, so that any copy is the right one; strongly when absent. */
export async function readPlan(world: World, planRef: string): Promise<PlanRead> {
  const eventual = await readPlanOnce(world, planRef, false);
  return eventual.kind === 'absent' ? readPlanOnce(world, planRef, true) : eventual;
}

async function readPlanOnce(world: World, planRef: string, consistent: boolean): Promise<PlanRead> {
  const first = await readOne(world, planKey(world.app, planRef), consistent);
  if (first.kind === 'failure') return first;
  if (first.item === null) return { kind: 'absent' };
  const { parts, body } = first.item;
  if (!isCount(parts) || parts < 1 || parts > MAX_PARTS || typeof body !== 'string') {
    return corrupted(planRef, 'its parts');
  }
  let whole = body;
  if (parts > 1) {
    const keys = Array.from({ length: parts - 1 }, (_, n) => planKey(world.app, planRef, n + 1));
    const rest = await world.store.read(keys, { consistent });
    if (rest.kind !== 'items') return failureOf(rest);
    for (const item of rest.items) {
      if (item === null) return { kind: 'absent' };
      if (typeof item['body'] !== 'string') return corrupted(planRef, 'one of its parts');
      whole += item['body'];
    }
  }
  return parsePlan(planRef, whole);
}

const corrupted = (planRef: string, what: string, cause?: unknown): PlanRead => ({
  kind: 'corrupted',
  error: new KinesumerError('ItemCorrupted', `${planRef}: ${what} cannot be understood`, { cause }),
});

function parsePlan(planRef: string, body: string): PlanRead {
  const parsed = parsePlanBody(body);
  return parsed.kind === 'plan' ? parsed : corrupted(planRef, parsed.problem, parsed.cause);
}
