import { batch, computed, signal } from '@preact/signals';
import type { GroupView, MemberView, ShardView, StreamView } from '../../model/view.ts';
import { forget, inNextFrame } from '../drawing/frames.ts';
import type { Past } from './past.ts';
import type { Source } from '../sources/source.ts';

/** Where the group comes from; null: nothing is shown yet. */
export const source = signal<Source | null>(null);

/** The moment that the whole page shows. */
export type Moment = { readonly kind: 'live' } | { readonly kind: 'at'; readonly atMs: number };
const moment = signal<Moment>({ kind: 'live' });
export const isLive = computed(() => moment.value.kind === 'live');

export type Selection =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'shard'; readonly stream: string; readonly shardId: string }
  | { readonly kind: 'actor'; readonly process: string; readonly actorId: string };
export const selection = signal<Selection>({ kind: 'nothing' });

/** What is known of the group at the shown moment. */
export const view = signal<GroupView | null>(null);
/** What is known at the shown moment. */
export const past = signal<Past | null>(null);
/** All that is known, for pictures over time: they do not change while somebody goes through the past. */
export const charted = signal<{ readonly whole: Past; readonly toMs: number } | null>(null);
/** From when to when there is something to be shown. */
export const range = signal<{ readonly fromMs: number; readonly toMs: number }>({
  fromMs: 0,
  toMs: 0,
});
export const shownAtMs = computed(() => view.value?.atMs ?? 0);

const picture = {};
let lastLookMs = -Infinity;
let lookTookMs = 0;
let lastChartedMs = -Infinity;
let later: ReturnType<typeof setTimeout> | null = null;

/** Often enough for an eye that reads figures. */
const LOOK_EVERY_MS = 100;
/** Looking at a large group takes at most one part in so many of the page's time. */
const LEISURE = 4;
/** Pictures over time move a pixel or so at once; those of many shards are more work. */
const CHART_EVERY_MS = 500;
const CHART_PER_SHARD_MS = 2;
/** Ages and countdowns move by themselves. */
const TICK_MS = 250;

/** A model changes where it stands; who looks at it is told by another object. */
const afresh = (seen: Past): Past => ({
  view: (atMs) => seen.view(atMs),
  actors: () => seen.actors(),
  charts: () => seen.charts(),
  marks: (fromMs, toMs) => seen.marks(fromMs, toMs),
  heat: (stream, fromMs, toMs, columns) => seen.heat(stream, fromMs, toMs, columns),
  throughput: (fromMs, toMs, columns) => seen.throughput(fromMs, toMs, columns),
});

function look(): void {
  const from = source.value;
  if (from === null) return;
  lastLookMs = performance.now();
  const known = from.range();
  const atMs = moment.value.kind === 'live' ? known.toMs : moment.value.atMs;
  const seen = from.lookAt(atMs);
  batch(() => {
    range.value = known;
    past.value = seen === null ? null : afresh(seen);
    view.value = seen?.view(atMs) ?? null;
    chart(from, known.toMs);
  });
  lookTookMs = performance.now() - lastLookMs;
}

function chart(from: Source, toMs: number): void {
  const pageMs = performance.now();
  const whole = from.whole();
  const shards = streams.value.reduce((sum, stream) => sum + stream.shards.length, 0);
  const everyMs = CHART_EVERY_MS + shards * CHART_PER_SHARD_MS;
  if (whole === null || (charted.value !== null && pageMs - lastChartedMs < everyMs)) return;
  if (charted.value?.toMs === toMs) return;
  lastChartedMs = pageMs;
  charted.value = { whole, toMs };
}

/** Looks again in the next frame, as for somebody who drags. */
function lookNow(): void {
  inNextFrame(picture, look);
}

/** Looks again soon: events came. */
export function refresh(): void {
  if (moment.value.kind !== 'live' || later !== null) return;
  const everyMs = Math.max(LOOK_EVERY_MS, LEISURE * lookTookMs);
  const waitMs = everyMs - (performance.now() - lastLookMs);
  later = setTimeout(
    () => {
      later = null;
      lookNow();
    },
    Math.max(0, waitMs),
  );
}

setInterval(() => {
  if (source.value?.moves() === true) {
    if (moment.value.kind === 'live') refresh();
    else range.value = source.value.range();
  }
}, TICK_MS);

export function show(next: Source | null): void {
  source.value?.close();
  forget(picture);
  batch(() => {
    source.value = next;
    moment.value = { kind: 'live' };
    selection.value = { kind: 'nothing' };
    view.value = null;
    past.value = null;
    charted.value = null;
  });
  if (next !== null) lookNow();
}

export function goTo(atMs: number): void {
  const { fromMs, toMs } = range.value;
  moment.value = atMs >= toMs ? { kind: 'live' } : { kind: 'at', atMs: Math.max(fromMs, atMs) };
  lookNow();
}

/** The moment that was asked for last; the page shows it from the next frame on. */
export const wantedMs = (): number =>
  moment.value.kind === 'live' ? range.value.toMs : moment.value.atMs;

export function goLive(): void {
  moment.value = { kind: 'live' };
  lookNow();
}

export function selectShard(shard: ShardView): void {
  selection.value = { kind: 'shard', stream: shard.stream, shardId: shard.shardId };
}

/** The member of each client id at the shown moment. */
const members = computed(
  () => new Map((view.value?.members ?? []).map((member) => [member.clientId, member])),
);

export const memberOf = (clientId: string | null): MemberView | null =>
  clientId === null ? null : (members.value.get(clientId) ?? null);

export const streams = computed<readonly StreamView[]>(() => view.value?.streams ?? []);

/** The shard that is chosen, or that the chosen actor reads. */
function shardOf(
  choice: Selection,
): { readonly stream: string | null; readonly shardId: string | null } | null {
  if (choice.kind === 'nothing') return null;
  if (choice.kind === 'shard') return choice;
  const actors = past.value?.actors() ?? [];
  return (
    actors.find(
      ({ process, actorId }) => process === choice.process && actorId === choice.actorId,
    ) ?? null
  );
}

export const selectedShard = computed<ShardView | null>(() => {
  const chosen = shardOf(selection.value);
  if (chosen === null) return null;
  const stream = streams.value.find((each) => each.stream === chosen.stream);
  return stream?.shards.find((each) => each.shardId === chosen.shardId) ?? null;
});
