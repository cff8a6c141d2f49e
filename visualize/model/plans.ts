/** The newest generations and whose each shard is by them. */
import type { FeedEvent } from '../../src/feed/events.ts';
import { clientIdOf, planOfBody, targetsIn, type Plan } from '../../src/feed/reading.ts';
import type { StreamMaps } from './stream-maps.ts';

type Of<Kind extends FeedEvent['kind']> = Extract<FeedEvent, { kind: Kind }>;

/** Whose the shards of one stream are; `exact`: by the very version of the map that the plan names. */
interface StreamTargets {
  readonly exact: boolean;
  readonly byShard: ReadonlyMap<string, string>;
}

/** A published generation. Never changed, only replaced. */
export interface Generation {
  readonly number: number;
  /** Client id. */
  readonly leader: string;
  readonly publishedAtMs: number;
  readonly planRef: string;
  /** null: not seen, or only a part of it. */
  readonly plan: Plan | null;
  readonly targets: ReadonlyMap<string, StreamTargets>;
  /** Shards of each client id, over all streams. */
  readonly counts: ReadonlyMap<string, number>;
  readonly indexes: ReadonlyMap<string, number>;
}

/** Plans that no head names yet: one for each leader that tries, and those that lost. */
const KEPT_PLANS = 8;

export class Plans {
  newest: Generation | null;
  before: Generation | null;
  readonly #plans: Map<string, Plan>;

  constructor(
    newest: Generation | null = null,
    before: Generation | null = null,
    plans: ReadonlyMap<string, Plan> = new Map(),
  ) {
    this.newest = newest;
    this.before = before;
    this.#plans = new Map(plans);
  }

  clone(): Plans {
    return new Plans(this.newest, this.before, this.#plans);
  }

  applyPlan({ planRef, body, parts }: Of<'plan'>, maps: StreamMaps): void {
    // a body that is cut off does not parse; one that was joined does, whatever its parts
    const plan = planOfBody(body);
    if (plan === null || parts < 1) return;
    this.#plans.set(planRef, plan);
    for (const ref of this.#plans.keys()) {
      if (this.#plans.size <= KEPT_PLANS) break;
      this.#plans.delete(ref);
    }
    this.newest = this.#withPlan(this.newest, maps);
    this.before = this.#withPlan(this.before, maps);
  }

  applyGeneration({ generation, leader, planRef, atMs }: Of<'generation'>, maps: StreamMaps): void {
    // told again, or a table that was set back: then what was before says nothing any more
    if (this.newest?.planRef === planRef && this.newest.number === generation) return;
    this.before = this.newest !== null && this.newest.number < generation ? this.newest : null;
    const fresh: Generation = {
      number: generation,
      leader: clientIdOf(leader),
      publishedAtMs: atMs,
      planRef,
      plan: null,
      targets: new Map(),
      counts: new Map(),
      indexes: new Map(),
    };
    this.newest = this.#withPlan(fresh, maps);
  }

  /** A map has come that a plan may stand on. */
  applyMap(stream: string, maps: StreamMaps): void {
    this.newest = withStream(this.newest, stream, maps);
    this.before = withStream(this.before, stream, maps);
  }

  #withPlan(generation: Generation | null, maps: StreamMaps): Generation | null {
    if (generation === null || generation.plan !== null) return generation;
    const plan = this.#plans.get(generation.planRef);
    if (plan === undefined) return generation;
    let next: Generation = {
      ...generation,
      plan,
      indexes: new Map(plan.members.map(({ clientId }, index) => [clientId, index])),
    };
    for (const stream of Object.keys(plan.streams)) {
      next = withStream(next, stream, maps) ?? next;
    }
    return next;
  }
}

function withStream(
  generation: Generation | null,
  stream: string,
  maps: StreamMaps,
): Generation | null {
  const plan = generation?.plan ?? null;
  if (generation === null || plan === null || !Object.hasOwn(plan.streams, stream)) {
    return generation;
  }
  const known = generation.targets.get(stream);
  if (known?.exact === true) return generation;
  const version = plan.streams[stream]?.mapVersion ?? 0;
  const map = maps.versionFor(stream, version);
  if (map === null) return generation;
  const byShard = targetsIn(plan, stream, map);
  const targets = new Map(generation.targets);
  targets.set(stream, { exact: map.version === version, byShard });
  const counts = new Map<string, number>();
  for (const each of targets.values()) {
    for (const clientId of each.byShard.values()) {
      counts.set(clientId, (counts.get(clientId) ?? 0) + 1);
    }
  }
  return { ...generation, targets, counts };
}

/** How many shards a client shall have by a generation; null: of some of them nobody knows whose they are. */
export function plannedFor(generation: Generation | null, clientId: string): number | null {
  const plan = generation?.plan ?? null;
  if (generation === null || plan === null) return null;
  const streams = Object.keys(plan.streams);
  if (!streams.every((stream) => generation.targets.has(stream))) return null;
  return generation.counts.get(clientId) ?? 0;
}

/** Whose the shards of a stream are by a generation, by shard id; undefined: not known, or nobody's. */
export const targetsOf = (
  generation: Generation | null,
  stream: string,
): ReadonlyMap<string, string> | undefined => generation?.targets.get(stream)?.byShard;
