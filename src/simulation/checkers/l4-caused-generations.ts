import { parseClient } from '../../machines/rules/items.ts';
import { clientsPk, groupPk } from '../../machines/rules/keys.ts';
import type { MapShard } from '../../machines/rules/lineage.ts';
import type { Plan } from '../../machines/rules/plan.ts';
import { parseSession } from '../../machines/rules/sessions.ts';
import type { Evidence, WriteEvent } from '../history.ts';
import { mapsOf, type Checker, type Violation } from './evidence.ts';
import { generationsOf, lateHeadsOf, mapWriteAt, type Generation } from './plans.ts';

/**
 * L4: no generation without a cause, over the whole run. Against the generation before, it is the first one, or takes
 * a member in, leaves one out that was gone, leaving, the silent leader or the publisher itself, knows other streams of
 * one, stands on a map that says something else, said so meanwhile, or began anew after somebody removed it, was on its
 * way already when an operator removed the head, or follows a leader that was gone, or silent for its TTL by the fastest
 * clock and the stalest reads.
 */
export const causedGenerations: Checker = (evidence) => {
  const generations = new Map(generationsOf(evidence).map((g) => [g.head.event.order, g]));
  const watch = new Watch(evidence);
  const violations: Violation[] = [];
  let before: Generation | null = null;
  for (const event of evidence.events) {
    if (event.kind !== 'write') continue;
    watch.apply(event);
    // who removes the head or its plan asks for a new generation
    const { pk } = event.after ?? event.before ?? { pk: '' };
    if (event.process === null && pk === groupPk(evidence.app)) before = null;
    const generation = generations.get(event.order);
    if (generation === undefined) continue;
    const late = lateHeadsOf(evidence).has(event.order);
    const fault = before === null || late ? null : faultOf(evidence, watch, before, generation);
    if (fault !== null) {
      const message = `generation ${generation.head.generation} by ${event.process}, ${fault}`;
      violations.push({ invariant: 'L4', order: event.order, message });
    }
    before = generation;
    watch.startAnew();
  }
  return violations;
};

function faultOf(
  evidence: Evidence,
  watch: Watch,
  { head, plan: old }: Generation,
  { head: next, plan }: Generation,
): string | null {
  // without a plan to compare with it is S7's
  if (old === null || plan === null || next.event.process === null) return null;
  const leader = parseSession(head.leader);
  const leaderless = leader === null || watch.wasSilentOrGone(leader.clientId, leader.nonce);
  const present = new Set(plan.members.map((member) => member.clientId));
  for (const { clientId } of old.members) {
    if (present.has(clientId) || watch.wasAway(clientId)) continue;
    // who leaves plans itself out, and may say so later in its heartbeat
    if (clientId === watch.clientIdOf(next.event.process)) continue;
    if (leaderless && clientId === leader?.clientId) continue;
    return `without ${clientId}, which was there all the time`;
  }
  if (leaderless || differ(evidence, [old, head.event.order], [plan, next.event.order]))
    return null;
  return 'without a cause';
}

/** Whether two plans, each with its place in the history, differ in what they stand on. */
function differ(
  evidence: Evidence,
  [old, oldOrder]: readonly [Plan, number],
  [plan, order]: readonly [Plan, number],
): boolean {
  const hashes = new Map(old.members.map((member) => [member.clientId, member.streamsHash]));
  if (hashes.size !== plan.members.length) return true;
  if (plan.members.some((member) => hashes.get(member.clientId) !== member.streamsHash)) {
    return true;
  }
  const streams = new Set([...Object.keys(old.streams), ...Object.keys(plan.streams)]);
  return [...streams].some((stream) => {
    const [from, to] = [old.streams[stream]?.mapVersion, plan.streams[stream]?.mapVersion];
    if (from === undefined || to === undefined) return true;
    const was = mapWriteAt(evidence, stream, from, oldOrder);
    const is = mapWriteAt(evidence, stream, to, order);
    if (was === is) return false;
    if (was === undefined || is === undefined || was.epoch !== is.epoch) return true;
    // what a stale listing takes out of a map comes in again with the next one, and may be entered before the leader looks
    return mapsOf(evidence).some(
      ({ map, order: at }) =>
        map.stream === stream &&
        at > was.order &&
        at <= is.order &&
        textOf(map.shards) !== textOf(was.map.shards),
    );
  });
}

const textOf = (shards: readonly MapShard[]): string => JSON.stringify(shards);

interface Watched {
  readonly nonce: string;
  readonly ttlMs: number;
  /** When its item was last written. */
  readonly beatAtMs: number;
}

/** What could be seen of the clients since the last generation. */
class Watch {
  readonly #evidence: Evidence;
  readonly #standing = new Map<string, Watched>();
  /** Those that stand and are not to be planned for: they leave, or have no answered heartbeat yet. */
  readonly #unready = new Set<string>();
  readonly #away = new Set<string>();
  readonly #silent = new Set<string>();
  readonly #clientIds = new Map<string, string>();
  #nowMs = 0;

  constructor(evidence: Evidence) {
    this.#evidence = evidence;
  }

  apply(event: WriteEvent): void {
    this.#nowMs = event.atMs;
    const { pk, sk: clientId } = event.after ?? event.before ?? { pk: '', sk: '' };
    if (pk !== clientsPk(this.#evidence.app)) return;
    const parsed = event.after === null ? null : parseClient(event.after);
    const before = this.#standing.get(clientId);
    if (before !== undefined) this.#noteSilence(clientId, before);
    const ready = parsed?.kind === 'client' && parsed.state === 'active' && parsed.rv >= 1;
    if (ready) this.#unready.delete(clientId);
    else this.#unready.add(clientId);
    if (!ready) this.#away.add(clientId);
    if (parsed?.kind !== 'client') {
      this.#standing.delete(clientId);
      return;
    }
    const { nonce, ttlMs } = parsed;
    if (nonce !== before?.nonce && event.process !== null) {
      this.#clientIds.set(event.process, clientId);
    }
    this.#standing.set(clientId, { nonce, ttlMs, beatAtMs: event.atMs });
  }

  #noteSilence(clientId: string, { nonce, ttlMs, beatAtMs }: Watched): void {
    const { clockError, staleMs, requestTimeoutMs } = this.#evidence.pace;
    // a look shows what stood when it was answered, or was asked, or a while before
    const leastMs = ttlMs / (1 + clockError) - staleMs - requestTimeoutMs;
    if (this.#nowMs - beatAtMs >= leastMs) this.#silent.add(`${clientId}/${nonce}`);
  }

  /** Under which client id a process registered last. */
  clientIdOf(process: string): string | undefined {
    return this.#clientIds.get(process);
  }

  /** Whether the query of a publish could find a client gone, or not to be planned for. */
  wasAway(clientId: string): boolean {
    return this.#away.has(clientId);
  }

  wasSilentOrGone(clientId: string, nonce: string): boolean {
    const standing = this.#standing.get(clientId);
    if (standing?.nonce !== nonce) return true;
    this.#noteSilence(clientId, standing);
    return this.#silent.has(`${clientId}/${nonce}`);
  }

  startAnew(): void {
    this.#away.clear();
    this.#silent.clear();
    for (const clientId of this.#unready) this.#away.add(clientId);
  }
}
