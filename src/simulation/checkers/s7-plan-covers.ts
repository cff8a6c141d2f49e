import { checkAssignment, type Assignment } from '../../machines/rules/assignment.ts';
import { parseStreamsItem } from '../../machines/rules/items.ts';
import { groupPk } from '../../machines/rules/keys.ts';
import { activeShards, type ShardMap } from '../../machines/rules/lineage.ts';
import { targetsOf, type Plan } from '../../machines/rules/plan.ts';
import type { Evidence } from '../history.ts';
import { headWritesOf, mapsOf, writesOf, type Checker, type HeadWrite } from './evidence.ts';

/**
 * S7: each generation's plan covers exactly the active shards of the map version that it names, in contiguous ranges
 * without overlap, of even sizes, among members named once of whom the leader is one.
 */
export const planCovers: Checker = (evidence) => {
  const plans = plansOf(evidence);
  const maps = new Map(mapsOf(evidence).map(({ map }) => [`${map.stream}#${map.version}`, map]));
  const lists = streamListsOf(evidence);
  return headWritesOf(evidence).flatMap((head) => {
    const fault = faultOf(head, plans.get(head.planRef), maps, lists);
    return fault === null
      ? []
      : [
          {
            invariant: 'S7',
            order: head.event.order,
            message: `generation ${head.generation}: ${fault}`,
          },
        ];
  });
};

function faultOf(
  head: HeadWrite,
  plan: Plan | undefined,
  maps: ReadonlyMap<string, ShardMap>,
  lists: ReadonlyMap<string, readonly string[]>,
): string | null {
  if (plan === undefined) return `its plan ${head.planRef} does not exist`;
  if (plan.gen !== head.generation) return `its plan is of generation ${plan.gen}`;
  if (plan.leader !== head.leader) return `its plan names ${plan.leader} as leader`;
  if (!plan.members.some((member) => member.session === head.leader)) {
    return `its leader ${head.leader} is no member`;
  }
  const named: Record<string, ShardMap> = {};
  for (const [stream, { mapVersion }] of Object.entries(plan.streams)) {
    const map = maps.get(`${stream}#${mapVersion}`);
    if (map === undefined) return `${stream}: there is no map version ${mapVersion}`;
    named[stream] = map;
  }
  const assignment: Record<string, Assignment[string]> = {};
  for (const [stream, { ranges }] of Object.entries(plan.streams)) {
    assignment[stream] = ranges.map(({ clientId }) => ({
      clientId,
      shardIds: targetsOf(plan, named, clientId)
        .shards.filter((shard) => shard.stream === stream)
        .map((shard) => shard.shardId),
    }));
  }
  const members = plan.members.map(({ clientId, session, streamsHash }) => ({
    clientId,
    session,
    streams: lists.get(streamsHash) ?? [],
  }));
  const unplanned = members.flatMap((member) => member.streams).find((name) => !named[name]);
  if (unplanned !== undefined) return `${unplanned} is not divided`;
  return checkAssignment({
    assignor: plan.assignor,
    tolerance: plan.tolerance,
    members,
    streams: Object.values(named).map((map) => ({ stream: map.stream, shards: activeShards(map) })),
    assignment,
  });
}

/** Plans of one part; larger ones are for larger simulations. */
function plansOf(evidence: Evidence): ReadonlyMap<string, Plan> {
  const plans = new Map<string, Plan>();
  for (const { after } of writesOf(evidence)) {
    if (after?.pk !== groupPk(evidence.app) || !after.sk.startsWith('plan#')) continue;
    const body = after['body'];
    if (after['parts'] === 1 && typeof body === 'string') {
      plans.set(after.sk, JSON.parse(body) as Plan);
    }
  }
  return plans;
}

/** Lists of streams by their hash. */
function streamListsOf(evidence: Evidence): ReadonlyMap<string, readonly string[]> {
  const lists = new Map<string, readonly string[]>();
  for (const { after } of writesOf(evidence)) {
    if (after?.pk !== groupPk(evidence.app) || !after.sk.startsWith('streams#')) continue;
    const parsed = parseStreamsItem(after);
    if (parsed.kind === 'streams') lists.set(after.sk.slice('streams#'.length), parsed.streams);
  }
  return lists;
}
