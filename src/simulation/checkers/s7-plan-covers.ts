import { checkAssignment, type Assignment } from '../../machines/rules/assignment.ts';
import { parseStreamsItem } from '../../machines/rules/items.ts';
import { groupPk, mapsPk } from '../../machines/rules/keys.ts';
import { activeShards, type ShardMap } from '../../machines/rules/lineage.ts';
import { assignmentOf, targetsOf, type Plan } from '../../machines/rules/plan.ts';
import type { Evidence } from '../history.ts';
import { headWritesOf, mapsOf, writesOf, type Checker, type HeadWrite } from './evidence.ts';
import { mapVersionAt, plansOf } from './plans.ts';

/**
 * S7: each generation's plan covers exactly the active shards of the map version that it names, in contiguous ranges
 * without overlap, of even sizes, among members named once of whom the leader is one.
 */
export const planCovers: Checker = (evidence) => {
  const plans = plansOf(evidence);
  const lists = streamListsOf(evidence);
  return headWritesOf(evidence).flatMap((head) => {
    const fault = faultOf(evidence, head, plans.get(head.planRef), lists);
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
  evidence: Evidence,
  head: HeadWrite,
  plan: Plan | undefined,
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
    const map = mapVersionAt(evidence, stream, mapVersion, head.event.order);
    if (map === undefined) return `${stream}: there is no map version ${mapVersion}`;
    named[stream] = map;
  }
  const assignment: Record<string, Assignment[string]> = {};
  for (const [stream, ranges] of Object.entries(assignmentOf(plan, named))) {
    // one that begins ranges elsewhere than at active shards is held by everybody
    const [client] = ranges;
    const held = client === undefined ? [] : targetsOf(plan, named, client.clientId).held;
    const unsound = held.includes(stream);
    assignment[stream] = unsound ? ranges.map((range) => ({ ...range, shardIds: [] })) : ranges;
  }
  const members = plan.members.map(({ clientId, session, streamsHash }) => ({
    clientId,
    session,
    streams: lists.get(streamsHash) ?? [],
  }));
  const known = new Set(
    mapsOf(evidence).flatMap(({ map, order }) => (order < head.event.order ? [map.stream] : [])),
  );
  // one without a map can not be divided yet; nor can one whose map an operator removed before
  const unplanned = members
    .flatMap((member) => member.streams)
    .find(
      (name) => !named[name] && known.has(name) && !isRemoved(evidence, name, head.event.order),
    );
  if (unplanned !== undefined) return `${unplanned} is not divided`;
  return checkAssignment({
    assignor: plan.assignor,
    tolerance: plan.tolerance,
    members,
    streams: Object.values(named).map((map) => ({ stream: map.stream, shards: activeShards(map) })),
    assignment,
  });
}

const isRemoved = (evidence: Evidence, stream: string, until: number): boolean =>
  writesOf(evidence).some(
    ({ after, before, process, order }) =>
      order < until &&
      after === null &&
      process === null &&
      before?.pk === mapsPk(evidence.app) &&
      before.sk === stream,
  );

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
