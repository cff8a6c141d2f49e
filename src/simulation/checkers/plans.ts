/** Every generation with its plan. */
import { groupPk } from '../../machines/rules/keys.ts';
import type { ShardMap } from '../../machines/rules/lineage.ts';
import { assignmentOf, type Plan } from '../../machines/rules/plan.ts';
import type { Evidence } from '../history.ts';
import {
  groupBy,
  headWritesOf,
  mapsOf,
  writesOf,
  type HeadWrite,
  type MapWrite,
} from './evidence.ts';
import { once } from './once.ts';

/** By their names; those of several parts joined. */
export const plansOf = once((evidence): ReadonlyMap<string, Plan> => {
  const bodies = new Map<string, string[]>();
  const plans = new Map<string, Plan>();
  for (const { after } of writesOf(evidence)) {
    if (after?.pk !== groupPk(evidence.app) || !after.sk.startsWith('plan#')) continue;
    const [, generation = '', nonce = '', part = '0'] = after.sk.split('#');
    const ref = `plan#${generation}#${nonce}`;
    const parts = bodies.get(ref) ?? [];
    bodies.set(ref, parts);
    parts[Number(part)] = typeof after['body'] === 'string' ? after['body'] : '';
    const count = Number(after['parts']);
    if (Object.keys(parts).length === count) plans.set(ref, JSON.parse(parts.join('')) as Plan);
  }
  return plans;
});

const mapVersionsOf = once((evidence) =>
  groupBy(mapsOf(evidence), ({ map }) => `${map.stream}#${map.version}`),
);

/** A version of a map as it was known at a place in the history: after a foreign write one may come again. */
export const mapWriteAt = (
  evidence: Evidence,
  stream: string,
  version: number,
  order: number,
): MapWrite | undefined =>
  mapVersionsOf(evidence)
    .get(`${stream}#${version}`)
    ?.findLast((write) => write.order < order);

export const mapVersionAt = (
  ...[evidence, stream, version, order]: Parameters<typeof mapWriteAt>
): ShardMap | undefined => mapWriteAt(evidence, stream, version, order)?.map;

/** A generation that was published. */
export interface Generation {
  readonly head: HeadWrite;
  /** Null: it does not exist, which is S7's to tell. */
  readonly plan: Plan | null;
  /** Whose each shard is, by `stream/shardId`: a client id. */
  readonly targets: ReadonlyMap<string, string>;
}

export const generationsOf = once((evidence): readonly Generation[] =>
  headWritesOf(evidence).map((head) => {
    const plan = plansOf(evidence).get(head.planRef) ?? null;
    return {
      head,
      plan,
      targets: plan === null ? new Map() : targetsOfPlan(evidence, plan, head.event.order),
    };
  }),
);

function targetsOfPlan(evidence: Evidence, plan: Plan, order: number): ReadonlyMap<string, string> {
  const maps = Object.fromEntries(
    Object.entries(plan.streams).flatMap(([stream, { mapVersion }]) => {
      const map = mapVersionAt(evidence, stream, mapVersion, order);
      return map === undefined ? [] : [[stream, map] as const];
    }),
  );
  const targets = new Map<string, string>();
  for (const [stream, ranges] of Object.entries(assignmentOf(plan, maps))) {
    for (const { clientId, shardIds } of ranges) {
      for (const shardId of shardIds) targets.set(`${stream}/${shardId}`, clientId);
    }
  }
  return targets;
}

/**
 * The places in the history of heads that were on their way when an operator removed something of the group: where the
 * head was removed, generations begin anew, and one of before may come late, and fit.
 */
export const lateHeadsOf = once((evidence): ReadonlySet<number> => {
  const heads = new Map(headWritesOf(evidence).map((head) => [head.event.order, head]));
  const plans = new Set<string>();
  let oldPlans: ReadonlySet<string> = new Set();
  const late = new Set<number>();
  for (const { order, process, before, after } of writesOf(evidence)) {
    const { pk, sk } = after ?? before ?? { pk: '', sk: '' };
    if (pk !== groupPk(evidence.app)) continue;
    if (process === null) oldPlans = new Set(plans);
    plans.add(sk);
    const head = heads.get(order);
    if (head !== undefined && oldPlans.has(head.planRef)) late.add(order);
  }
  return late;
});
