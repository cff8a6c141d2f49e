/** Figures 1 and 2: what a join, a leave and a crash cost the shards that move, and those that do not. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import {
  atMost,
  largest,
  mean,
  milliseconds,
  percentile,
  seconds,
  shown,
  type Effort,
  type Figure,
  type Progress,
  type Row,
} from './figure.ts';
import type { Move, Pace } from './fetch-log.ts';
import { Group, STORE_WAY, STREAM_WAY, pass, until, type Member } from './group.ts';

type ProfileName = 'default' | 'fast';
export const KINDS = ['join', 'leave', 'crash', 'leader crash'] as const;
type Kind = (typeof KINDS)[number];

/** What is measured: all of it, or some events on more groups. */
export interface Extent {
  readonly effort: Effort;
  /** Groups of each profile. */
  readonly groups: number | null;
  readonly kinds: ReadonlySet<Kind>;
  /** Only the first of the two figures needs the quiet while. */
  readonly quiet: 'watched' | 'skipped';
}

/** What happened from the cause until the group had been at rest for a while. */
interface Event {
  readonly kind: Kind;
  readonly unmoved: Pace;
  readonly moved: Pace;
  /** Shards handed over by a living member. */
  readonly handedOver: readonly Move[];
  /** Shards of the dead. */
  readonly orphaned: readonly Move[];
  /** From the cause to the first fetch of the last shard that moved; of a crash: the last one of the dead. */
  readonly settledMs: number;
}

interface Story {
  readonly profile: ProfileName;
  readonly quiet: Pace;
  readonly events: readonly Event[];
}

const SHARDS = 16;
const CLIENTS = 3;
const PRODUCE_MS = 200;
const REST_MS = 3_000;
const SETTLE_MS = 5_000;

/** Groups at once: few enough that they do not stand in each other's way. */
const AT_ONCE = 8;

/** Enough groups for 30 moves of each kind. */
const EFFORTS = {
  full: { groups: 8, quietMs: { default: 60_000, fast: 20_000 } },
  quick: { groups: 2, quietMs: { default: 15_000, fast: 10_000 } },
} as const satisfies Record<Effort, object>;

/** From 3 members to 4 and back, in each way. */
const SCRIPT: readonly Kind[] = ['join', 'leave', 'join', 'crash', 'join', 'leader crash'];

/** Mean and 99th percentile of SPEC.md's table, in ms. A join waits a second for further ones besides. */
const TARGETS = {
  default: {
    gap: [500, 700],
    join: [4_000, 4_900],
    crash: [10_000, 12_600],
    'leader crash': [10_000, 13_000],
  },
  fast: {
    gap: [400, 600],
    join: [3_000, 3_400],
    crash: [4_500, 5_400],
    'leader crash': [4_500, 6_000],
  },
} as const;

export async function measureRebalances(
  extent: Extent,
  progress: Progress,
): Promise<{ readonly polls: Figure; readonly gaps: Figure }> {
  const { quietMs } = EFFORTS[extent.effort];
  const groups = extent.groups ?? EFFORTS[extent.effort].groups;
  const script = scriptOf(extent.kinds);
  const quietOf = (profile: ProfileName): number =>
    extent.quiet === 'watched' ? quietMs[profile] : 0;
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  const profiles: readonly ProfileName[] = ['default', 'fast'];
  const stories: Story[] = [];
  for (const profile of profiles) {
    for (let from = 0; from < groups; from += AT_ONCE) {
      const told = Array.from({ length: Math.min(AT_ONCE, groups - from) }, (_, index) =>
        story(profile, from + index, { script, quietMs: quietOf(profile) }, progress),
      );
      stories.push(...(await Promise.all(told)));
    }
  }
  delay.disable();
  const host =
    `The event loop of this process was late by ${milliseconds(delay.percentile(99) / 1e6)} at the 99th percentile ` +
    `and ${milliseconds(delay.max / 1e6)} at most.`;
  return {
    polls: pollsFigure(profiles, stories, { kinds: extent.kinds, quietMs: quietMs.default }, host),
    gaps: gapsFigure(profiles, stories, { kinds: extent.kinds, groups }, host),
  };
}

/** The events of these kinds, and the joins that make up for members that go. */
const scriptOf = (kinds: ReadonlySet<Kind>): readonly Kind[] =>
  SCRIPT.filter((kind, index) => {
    const next = SCRIPT[index + 1];
    return kinds.has(kind) || (kind === 'join' && next !== undefined && kinds.has(next));
  });

async function story(
  profile: ProfileName,
  index: number,
  { script, quietMs }: { readonly script: readonly Kind[]; readonly quietMs: number },
  progress: Progress,
): Promise<Story> {
  const app = `${profile}-${index}`;
  const group = new Group({ app, profile, shards: SHARDS });
  try {
    group.produceEvery(PRODUCE_MS);
    // groups out of step with each other, so that the samples are not one sample
    await pass(Math.random() * 3_000);
    for (let n = 0; n < CLIENTS; n += 1) group.join();
    await until(`${app}: ${CLIENTS} members at rest`, () => group.isBalanced());
    await pass(SETTLE_MS);
    const quietFromMs = performance.now();
    await pass(quietMs);
    const quiet = group.fetches.pace(quietFromMs, performance.now(), 'unmoved');
    const events: Event[] = [];
    for (const kind of script) {
      events.push(await happen(group, kind, index));
      progress(`figures 1 and 2: ${app}: ${kind}`);
      await pass(Math.random() * 2_000);
    }
    return { profile, quiet, events };
  } finally {
    await group.end();
  }
}

async function happen(group: Group, kind: Kind, index: number): Promise<Event> {
  const fromMs = performance.now();
  const dead = cause(group, kind, index);
  await until(`${group.app}: at rest after a ${kind}`, () => group.isBalanced());
  await pass(REST_MS);
  const toMs = performance.now();
  const moves = group.fetches.moves(fromMs, toMs);
  const orphaned = moves.filter((move) => move.from === dead?.name);
  const awaited = dead === null ? moves : orphaned;
  return {
    kind,
    unmoved: group.fetches.pace(fromMs, toMs, 'unmoved'),
    moved: group.fetches.pace(fromMs, toMs, 'moved'),
    handedOver: moves.filter((move) => move.from !== dead?.name),
    orphaned,
    settledMs: largest(awaited.map((move) => move.resumedAtMs)) - fromMs,
  };
}

/** @returns the member that died without a word */
function cause(group: Group, kind: Kind, index: number): Member | null {
  if (kind === 'join') {
    group.join();
    return null;
  }
  const leader = group.leader();
  const followers = group.members.filter((member) => member !== leader);
  const follower = followers[index % followers.length];
  // every other group loses its leader by a leave
  const chosen =
    kind === 'leader crash' || (kind === 'leave' && index % 2 === 1) ? leader : follower;
  if (chosen === undefined) throw new Error(`${group.app}: nobody is there to ${kind}`);
  if (kind === 'leave') {
    void group.leave(chosen);
    return null;
  }
  chosen.crash();
  return chosen;
}

const GROUP_METHOD =
  `Real clients on memory ports and the system's clock; groups of ${CLIENTS} clients with ${SHARDS} shards, ` +
  `a record in each shard every ${PRODUCE_MS} ms, handlers that return at once.`;
const LATENCY_METHOD =
  `A request takes ${2 * STORE_WAY.minMs}–${2 * STORE_WAY.maxMs} ms to the store and back, ` +
  `${2 * STREAM_WAY.minMs}–${2 * STREAM_WAY.maxMs} ms to the stream.`;

const spell = (pace: Pace): string =>
  `${pace.missed} of ${pace.fetches} (${pace.shards} shards, longest ${milliseconds(pace.longestMs)})`;

function together(paces: readonly Pace[]): Pace {
  const sum = (of: (pace: Pace) => number): number =>
    paces.reduce((total, pace) => total + of(pace), 0);
  return {
    shards: sum((pace) => pace.shards),
    fetches: sum((pace) => pace.fetches),
    missed: sum((pace) => pace.missed),
    worstRatio: largest(paces.map((pace) => pace.worstRatio)),
    longestMs: largest(paces.map((pace) => pace.longestMs)),
  };
}

function pollsFigure(
  profiles: readonly ProfileName[],
  stories: readonly Story[],
  { kinds, quietMs }: { readonly kinds: ReadonlySet<Kind>; readonly quietMs: number },
  host: string,
): Figure {
  const rows: Row[] = [];
  let moved = 0;
  let quietMissed = 0;
  for (const profile of profiles) {
    const own = stories.filter((each) => each.profile === profile);
    const line = (what: string, paces: readonly Pace[]): void => {
      const pace = together(paces);
      rows.push({
        what: `${profile}: ${what}`,
        measured: spell(pace),
        target: '0',
        verdict: pace.missed === 0 && pace.fetches > 0 ? 'reached' : 'NOT REACHED',
      });
    };
    const quiet = own.map((each) => each.quiet);
    quietMissed += together(quiet).missed;
    line('quiet while before', quiet);
    for (const kind of KINDS.filter((each) => kinds.has(each))) {
      const events = own.flatMap((each) => each.events).filter((event) => event.kind === kind);
      line(
        kind,
        events.map((event) => event.unmoved),
      );
      moved += together(events.map((event) => event.moved)).missed;
    }
  }
  return {
    number: 1,
    title: 'Polls missed by shards that do not move',
    method: [
      GROUP_METHOD,
      LATENCY_METHOD,
      `After ${quietMs / 1_000} quiet seconds (fewer with fast) a fourth client joins, one leaves, and so on; each while lasts from the cause to ${REST_MS / 1_000} s after the last shard moved.`,
      'Counted are shards that keep owner and fence all the while. A poll is missed when twice the time passes within',
      "which the next fetch is due: the library's own pace after the answer before, and the longest way to the stream.",
    ],
    rows,
    notes: [
      `By the same rule the shards that did move missed ${moved} polls.`,
      ...(quietMissed > 0
        ? ['Polls were missed in the quiet while, too: the machine was too busy for this figure.']
        : []),
      host,
    ],
  };
}

function gapsFigure(
  profiles: readonly ProfileName[],
  stories: readonly Story[],
  { kinds, groups }: { readonly kinds: ReadonlySet<Kind>; readonly groups: number },
  host: string,
): Figure {
  const rows: Row[] = [];
  for (const profile of profiles) {
    const events = stories
      .filter((each) => each.profile === profile)
      .flatMap((each) => each.events);
    const of = (...kinds: readonly Kind[]): Event[] =>
      events.filter((event) => kinds.includes(event.kind));
    const line = (
      what: string,
      values: readonly number[],
      target: readonly [number, number] | null,
    ): void => {
      const name = `${profile}: ${what}`;
      const suffix = ` (n = ${values.length})`;
      if (target === null) {
        const measured = `${seconds(mean(values))} / ${seconds(percentile(values, 99))}${suffix}`;
        rows.push(shown(`${name}, mean / p99`, measured));
        return;
      }
      rows.push(atMost(`${name}, mean`, mean(values), target[0], seconds, suffix));
      rows.push(atMost(`${name}, p99`, percentile(values, 99), target[1], seconds, suffix));
    };
    const gaps = (moves: readonly Move[]): number[] => moves.map((move) => move.gapMs);
    const targets = TARGETS[profile];
    for (const kind of (['join', 'leave'] as const).filter((each) => kinds.has(each))) {
      line(
        `${kind}, gap of a moved shard`,
        gaps(of(kind).flatMap((e) => e.handedOver)),
        targets.gap,
      );
      if (kind === 'leave') continue;
      const settled = of(kind).map((event) => event.settledMs);
      line('join → balanced', settled, targets.join);
    }
    for (const kind of (['crash', 'leader crash'] as const).filter((each) => kinds.has(each))) {
      line(`${kind}, gap of a shard of the dead`, gaps(of(kind).flatMap((e) => e.orphaned)), null);
      line(
        `${kind} → all covered`,
        of(kind).map((event) => event.settledMs),
        targets[kind],
      );
    }
    const shifted = of('crash', 'leader crash').flatMap((event) => event.handedOver);
    if (shifted.length > 0) {
      line('crash, gap of a shard that the living hand over', gaps(shifted), targets.gap);
    }
  }
  return {
    number: 2,
    title: 'Gap of shards that move',
    method: [
      `The same run: ${groups} groups of each profile. ${LATENCY_METHOD}`,
      'A gap lasts from the last fetch answered under the old fence to the first one under the new fence, so that',
      'up to one interval between two fetches (250 ms here) is in it. A p99 of fewer than 100 values is the largest.',
      'Joins may wait up to 1 s for further ones besides what SPEC.md says of them: that second is in the target.',
    ],
    rows,
    notes: [host],
  };
}
