/** One look at the group: the head, the leader's sign of life, and what a new generation needs. */
import type { KinesumerError } from '../../errors.ts';
import type { Timings } from '../../options.ts';
import { campaignMs } from '../rules/campaign.ts';
import { parseClient, parseHead, type Head } from '../rules/items.ts';
import { clientKey, headKey } from '../rules/keys.ts';
import type { ShardMap } from '../rules/lineage.ts';
import { vouchedBy, type OwnBeats, type Vouched } from '../rules/own-beats.ts';
import type { Plan } from '../rules/plan.ts';
import {
  EMPTY_LEDGER,
  isSilent,
  nextSilenceInMs,
  observe,
  type Ledger,
} from '../rules/session-expiry.ts';
import { parseSession } from '../rules/sessions.ts';
import { readMaps } from './maps.ts';
import { spread, type Session } from './membership.ts';
import { readPlan } from './plans.ts';
import { corruptedItem, failureOf, readOne, type StepFailure, type World } from './step.ts';

/** What a client knows of its group. Plain data; replaced, never changed. */
export interface GroupView {
  readonly head: Head | null;
  readonly plan: Plan | null;
  readonly maps: Readonly<Record<string, ShardMap>>;
  /** Streams whose plan stands on a map version that was not read yet: owned shards are held, none taken. */
  readonly heldStreams: readonly string[];
  /** Those of them that have no map at all, by a strong read: somebody deleted it. */
  readonly unmappedStreams: readonly string[];
}

export const NO_VIEW: GroupView = {
  head: null,
  plan: null,
  maps: {},
  heldStreams: [],
  unmappedStreams: [],
};

export interface PollInput {
  readonly session: Session;
  readonly streams: readonly string[];
  readonly view: GroupView;
  /** The follower's watch over its leader. */
  readonly ledger: Ledger;
  readonly beats: OwnBeats;
}

export type LeaderSeen =
  | 'alive'
  | 'silent'
  /** It has no session. */
  | 'absent'
  /** The plan that the head names is not there: its leader knows it by heart and will not write it again. */
  | 'planGone'
  /** There is no head. */
  | 'none'
  | 'me';

export type PollOutcome =
  | {
      readonly kind: 'polled';
      /** The view that this poll was given: what it says is old where another stands meanwhile. */
      readonly basedOn: GroupView;
      readonly view: GroupView;
      readonly change: 'none' | 'view';
      readonly ledger: Ledger;
      readonly leader: LeaderSeen;
      readonly errors: readonly KinesumerError[];
      readonly nextInMs: number;
      /** The turn in a takeover, so that followers do not all publish at once. */
      readonly campaignInMs: number;
    }
  | (StepFailure & { readonly nextInMs: number });

export async function poll(world: World, timings: Timings, input: PollInput): Promise<PollOutcome> {
  const nextInMs = spread(world, timings.pollIntervalMs, 'poll period');
  const fail = (failure: StepFailure): PollOutcome => ({ ...failure, nextInMs });
  const leaderId = input.view.head === null ? null : parseSession(input.view.head.leader);
  const watched =
    leaderId === null || leaderId.clientId === input.session.clientId ? null : leaderId;

  const keys = [headKey(world.app), ...(watched ? [clientKey(world.app, watched.clientId)] : [])];
  const answer = await world.store.read(keys, { consistent: false });
  if (answer.kind !== 'items') return fail(failureOf(answer));
  const nowMs = world.clock.monotonicMs();

  const head = await adoptedHead(world, input.view.head, answer.items[0] ?? null);
  if (head.kind === 'failure') return fail(head);
  const errors: KinesumerError[] = [];
  if (head.error !== undefined) errors.push(head.error);

  const next = await nextView(world, input, head.head);
  if (next.kind === 'failure') return fail(next);
  errors.push(...next.errors);

  const vouched = vouchedBy(input.beats, timings);
  const ledger = watchedLedger(input.ledger, answer.items[1] ?? null, nowMs, vouched);
  const leader =
    next.plan === 'gone'
      ? 'planGone'
      : await leaderSeen(world, input, next.view.head, answer.items[1] ?? null, ledger);
  if (typeof leader !== 'string') return fail(leader);
  return {
    kind: 'polled',
    basedOn: input.view,
    view: next.view,
    change: next.view === input.view ? 'none' : 'view',
    ledger,
    leader,
    errors,
    nextInMs: Math.min(nextInMs, nextSilenceInMs(ledger, world.clock.monotonicMs(), vouched)),
    campaignInMs: campaignMs(
      next.view.plan,
      next.view.head?.leader ?? null,
      input.session.clientId,
      world.random.next('campaign'),
    ),
  };
}

/**
 * A higher generation is taken as read; a lower or absent one, or another of the same number, only after a strong read
 * says the same: where somebody removed the head, a stale read still shows one of before.
 */
async function adoptedHead(
  world: World,
  known: Head | null,
  item: Readonly<Record<string, unknown>> | null,
): Promise<
  | { readonly kind: 'head'; readonly head: Head | null; readonly error?: KinesumerError }
  | StepFailure
> {
  const parse = (
    from: Readonly<Record<string, unknown>> | null,
  ): { readonly head: Head | null; readonly error?: KinesumerError } => {
    if (from === null) return { head: null };
    const parsed = parseHead(from);
    // unreadable: go on with what is known; a leader's next publish replaces it
    return parsed.kind === 'head'
      ? { head: parsed }
      : { head: known, error: corruptedItem(parsed.problem) };
  };
  const seen = parse(item);
  const isNext = known === null || (seen.head?.generation ?? 0) > known.generation;
  if (isNext || isSame(known, seen.head)) return { kind: 'head', ...seen };
  const strong = await readOne(world, headKey(world.app), true);
  if (strong.kind === 'failure') return strong;
  return { kind: 'head', ...parse(strong.item) };
}

const isSame = (known: Head | null, head: Head | null): boolean =>
  known?.planRef === head?.planRef && known?.leader === head?.leader;

/** Without a plan no map is missed. */
const unplanned = (view: GroupView): GroupView => ({ ...view, plan: null, unmappedStreams: [] });

async function nextView(
  world: World,
  input: PollInput,
  head: Head | null,
): Promise<
  | {
      readonly kind: 'view';
      readonly view: GroupView;
      /** Of the generation that the head names. */
      readonly plan: 'known' | 'gone' | 'unreadable';
      readonly errors: readonly KinesumerError[];
    }
  | StepFailure
> {
  const { view } = input;
  if (head === null) {
    return {
      kind: 'view',
      view: view.head === null ? view : unplanned({ ...view, head: null }),
      plan: 'known',
      errors: [],
    };
  }
  const sameHead = isSame(view.head, head);
  if (sameHead && view.plan !== null && view.heldStreams.length === 0) {
    return { kind: 'view', view, plan: 'known', errors: [] };
  }
  let { plan } = view;
  if (!sameHead || plan === null) {
    const read = await readPlan(world, head.planRef);
    if (read.kind === 'failure') return read;
    const without = unplanned({ ...view, head });
    if (read.kind === 'corrupted') {
      return { kind: 'view', view: without, plan: 'unreadable', errors: [read.error] };
    }
    if (read.kind === 'absent') {
      const error = corruptedItem(`${head.planRef}: the plan that the head names does not exist`);
      return { kind: 'view', view: without, plan: 'gone', errors: [error] };
    }
    plan = read.plan;
  }
  const divisions = new Map(Object.entries(plan.streams));
  const before = new Map(Object.entries(view.maps));
  const maps = new Map(before);
  const mine = input.streams.filter((stream) => divisions.has(stream));
  const isHeld = (stream: string): boolean =>
    maps.get(stream)?.version !== divisions.get(stream)?.mapVersion;
  const read = await readMaps(world, mine.filter(isHeld), false);
  if (read.kind === 'failure') return read;
  for (const [stream, map] of Object.entries(read.maps)) {
    // an eventual read may go back: a map only ever grows in version
    if (map !== null && map.version >= (maps.get(stream)?.version ?? 0)) maps.set(stream, map);
  }
  // a table that was set back, or a map that was deleted: a lower version, or none, once a strong read says the same
  const lower = Object.entries(read.maps).flatMap(([stream, map]) =>
    map === null || map.version < (before.get(stream)?.version ?? 0) ? [stream] : [],
  );
  const strong = await readMaps(world, lower, true);
  if (strong.kind === 'failure') return strong;
  for (const [stream, map] of Object.entries(strong.maps)) if (map !== null) maps.set(stream, map);
  const heldStreams = mine.filter(isHeld);
  const unmappedStreams = heldStreams.filter((stream) => strong.maps[stream] === null);
  return {
    kind: 'view',
    view: { head, plan, maps: Object.fromEntries(maps), heldStreams, unmappedStreams },
    plan: 'known',
    errors: read.errors,
  };
}

const watchedLedger = (
  ledger: Ledger,
  item: Readonly<Record<string, unknown>> | null,
  nowMs: number,
  vouched: Vouched,
): Ledger => {
  const client = item === null ? null : parseClient(item);
  return client?.kind === 'client' ? observe(ledger, [client], nowMs, vouched) : EMPTY_LEDGER;
};

async function leaderSeen(
  world: World,
  input: PollInput,
  head: Head | null,
  eventualItem: Readonly<Record<string, unknown>> | null,
  ledger: Ledger,
): Promise<LeaderSeen | StepFailure> {
  if (head === null) return 'none';
  if (head.leader === input.session.id) return 'me';
  const leader = parseSession(head.leader);
  if (leader === null) return 'absent';
  // the head moved in this very poll: its leader was not watched yet
  if (head.leader !== input.view.head?.leader) return 'alive';
  if (isSilent(ledger, leader.clientId)) return 'silent';
  const seen = eventualItem === null ? null : parseClient(eventualItem);
  if (seen?.kind === 'client' && seen.nonce === leader.nonce) return 'alive';
  const strong = await readOne(world, clientKey(world.app, leader.clientId), true);
  if (strong.kind === 'failure') return strong;
  const stands = strong.item === null ? null : parseClient(strong.item);
  return stands?.kind === 'client' && stands.nonce === leader.nonce ? 'alive' : 'absent';
}
