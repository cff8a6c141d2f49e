/** The life of one simulated group to which the same happens again and again, and what it took it each time. */
import { compareDecimals } from '../../src/machines/rules/hash-ranges.ts';
import { parseHead } from '../../src/machines/rules/items.ts';
import { headKey } from '../../src/machines/rules/keys.ts';
import { DEFAULTS, PROFILES } from '../../src/options.ts';
import { SeededRandom } from '../../src/services/memory/seeded-random.ts';
import { Cluster } from '../../src/simulation/cluster.ts';
import { SYNC_MS } from '../../src/simulation/go/rules.ts';
import type { Rhythm } from '../../src/simulation/simulated-process.ts';
import { CALM } from '../../src/simulation/weather.ts';
import type { EventName, RowName, Runner } from './rows.ts';
import { movesIn, Stints } from './stints.ts';

export interface Task {
  readonly runner: Runner;
  readonly event: EventName;
  readonly seed: number;
  /** How often it happens. */
  readonly times: number;
}

export interface Told {
  /** Milliseconds. */
  readonly samples: Readonly<Partial<Record<RowName, readonly number[]>>>;
  /** What had not come to its end, or was not at rest, when the next thing was to happen. */
  readonly restless: number;
  readonly virtualS: number;
}

export const CLIENTS = 10;
export const SHARDS = 40;
/** Where shards are split and merged there are this many or one more, so that some members have more than others. */
export const RESHARDED_SHARDS = SHARDS + CLIENTS / 2;
const SECOND = 1_000;
const STREAM = 'orders';
/** Slots of even numbers: their clients have no id of their own, and come back as somebody else. */
const SLOTS = Array.from({ length: CLIENTS }, (_, n) => 2 * n);
const JOIN_EVERY_MS = 50;
/** Records keep coming, so that there is something to commit. */
const TRICKLE_MS = 2 * SECOND;
const TIME_SERVER_MS = 20;
/** How often is looked whether a group is at rest again. */
const LOOK_MS = 250;

interface Pauses {
  /** In which an event falls at random: a period of the slowest rhythm, so that it meets everything at any phase. */
  readonly spreadMs: number;
  /** Once everything is read by one who has no more than his share, nothing moves any more after this. */
  readonly settleMs: number;
  /** By then it is so, whatever happened. */
  readonly limitMs: number;
}

function pausesOf(runner: Runner): Pauses {
  if (runner === 'go') {
    return { spreadMs: SYNC_MS, settleMs: SYNC_MS + SECOND, limitMs: 30 * SECOND };
  }
  const { ttlMs, heartbeatIntervalMs, pollIntervalMs } = PROFILES[runner];
  return {
    spreadMs: 1.1 * Math.max(heartbeatIntervalMs, pollIntervalMs),
    settleMs: pollIntervalMs + SECOND,
    limitMs: 2 * ttlMs + 2 * heartbeatIntervalMs + 3 * pollIntervalMs,
  };
}

/**
 * Reads and commits are most of the work, and only where shards end are reads in what is measured of ours. The Go
 * algorithm waits for its readers' waits whenever shards move: it reads as often as ours does by default.
 */
function rhythmOf(runner: Runner, event: EventName): Rhythm {
  const { scanIntervalMs } = DEFAULTS;
  const commitIntervalMs = DEFAULTS.commit.intervalMs;
  if (runner === 'go') return { scanIntervalMs, commitIntervalMs };
  return { scanIntervalMs: event === 'shardEnd' ? 600 : 4 * SECOND, commitIntervalMs };
}

const hop = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

export async function tell({ runner, event, seed, times }: Task): Promise<Told> {
  const group = new Story(runner, event, seed);
  await group.form();
  for (let n = 0; n < times; n += 1) await group.happen(event);
  return group.told();
}

class Story {
  readonly #runner: Runner;
  readonly #pauses: Pauses;
  readonly #random: SeededRandom;
  readonly #cluster: Cluster;
  readonly #stints: Stints;
  readonly #samples: Partial<Record<RowName, number[]>> = {};
  readonly #names: string[] = [];
  #heard = 0;
  #restless = 0;

  constructor(runner: Runner, event: EventName, seed: number) {
    this.#runner = runner;
    this.#pauses = pausesOf(runner);
    this.#random = new SeededRandom(seed);
    this.#stints = new Stints(() => this.#nowMs());
    const isGo = runner === 'go';
    const nameOf = (index: number): string => this.#names[index] ?? '';
    this.#cluster = new Cluster({
      seed,
      protocol: isGo ? 'go' : 'kinesumer',
      hop,
      streams: [STREAM],
      shards: event === 'shardEnd' ? RESHARDED_SHARDS : SHARDS,
      start: 'TRIM_HORIZON',
      quietAtMs: Number.POSITIVE_INFINITY,
      climate: CALM,
      members: SLOTS.map((slot) => ({ slot, profile: isGo ? 'default' : runner })),
      wallSkewMs: TIME_SERVER_MS,
      keys: SHARDS,
      maxOpenShards: 2 * SHARDS,
      kinesis: {},
      wrapStore: (store) => (isGo ? store : this.#stints.wrapStore(store, nameOf)),
      wrapStream: (stream) => (isGo ? stream : this.#stints.wrapStream(stream, nameOf)),
      wrapClock: (clock) => clock,
      handlerMs: () => 0,
      rhythm: rhythmOf(runner, event),
      draws: null,
    });
  }

  async form(): Promise<void> {
    const { clock, region } = this.#cluster;
    const trickle = (): void => {
      region.put(1);
      clock.setTimeout(trickle, TRICKLE_MS);
    };
    trickle();
    for (const slot of SLOTS) {
      this.#cluster.join(slot);
      this.#hear();
      await this.#pass(JOIN_EVERY_MS);
    }
    await this.#settle();
  }

  /** Once, at a random instant; and what makes the group whole again. */
  async happen(event: EventName): Promise<void> {
    await this.#pass(this.#random.next('when') * this.#pauses.spreadMs);
    this.#expectRest();
    switch (event) {
      case 'crash':
      case 'leaderCrash':
        return this.#die(event);
      case 'leave':
        return this.#leave();
      case 'join':
        return this.#joinAfterLeave();
      case 'shardEnd':
        return this.#reshard();
    }
  }

  told(): Told {
    return {
      samples: this.#samples,
      restless: this.#restless,
      virtualS: this.#nowMs() / SECOND,
    };
  }

  // ---------------------------------------------------------------- what happens

  async #die(event: 'crash' | 'leaderCrash'): Promise<void> {
    const leader = this.#leader();
    const others = SLOTS.filter((slot) => slot !== leader);
    const slot = event === 'leaderCrash' ? leader : this.#one(others);
    const fromMs = this.#nowMs();
    this.#stints.die(this.#nameIn(slot));
    this.#cluster.crash(slot);
    await this.#settle();
    const moves = movesIn(this.#stints, fromMs, this.#nowMs());
    const dead = moves.filter(({ end }) => end === 'died');
    this.#sample(event, Math.max(...dead.map(({ toMs }) => toMs)) - fromMs);
    this.#sample(`${event}Rest`, Math.max(...moves.map(({ toMs }) => toMs)) - fromMs);
    await this.#join(slot);
  }

  async #leave(): Promise<void> {
    const slot = this.#one(SLOTS);
    const fromMs = this.#nowMs();
    this.#cluster.leave(slot);
    await this.#settle();
    const gapsMs = movesIn(this.#stints, fromMs, this.#nowMs()).map(
      (move) => move.toMs - move.fromMs,
    );
    for (const gapMs of gapsMs) this.#sample('leave', gapMs);
    this.#sample('leaveLongest', Math.max(...gapsMs));
    await this.#join(slot);
  }

  async #joinAfterLeave(): Promise<void> {
    const slot = this.#one(SLOTS);
    this.#cluster.leave(slot);
    await this.#settle();
    await this.#join(slot);
  }

  async #join(slot: number): Promise<void> {
    await this.#pass(this.#random.next('when') * this.#pauses.spreadMs);
    this.#expectRest();
    const fromMs = this.#nowMs();
    this.#cluster.join(slot);
    this.#hear();
    await this.#settle();
    const starts = this.#cluster
      .evidence()
      .events.filter((event) => event.kind === 'notice' && event.name === 'shardStart')
      .filter(({ atMs }) => atMs >= fromMs);
    this.#sample('join', (starts.at(-1)?.atMs ?? Number.POSITIVE_INFINITY) - fromMs);
  }

  async #reshard(): Promise<void> {
    const open = this.#openShards();
    const edge = open.length > RESHARDED_SHARDS ? null : this.#edge();
    const pick = edge ?? Math.floor(this.#random.next('pick') * open.length);
    const fromMs = this.#nowMs();
    this.#cluster.perform({ kind: open.length > RESHARDED_SHARDS ? 'merge' : 'split', pick });
    const done = this.#cluster.evidence().events.findLast((event) => event.kind === 'reshard');
    await this.#settle();
    for (const child of done?.children ?? []) this.#born(child, done?.parents ?? [], fromMs);
  }

  /**
   * A shard at the edge of a large share, beside a smaller one: of its children one goes to the neighbour. Ranges are
   * contiguous, so nearly all others stay with the owner of their parent.
   */
  #edge(): number | null {
    const owners = this.#openShards().map(({ shardId }) => this.#ownerOf(shardId));
    const sizeOf = (owner: string): number => owners.filter((each) => each === owner).length;
    const edges = owners.flatMap((owner, at) =>
      [owners[at - 1], owners[at + 1]].some((beside) => sizeOf(beside ?? owner) < sizeOf(owner))
        ? [at]
        : [],
    );
    return edges[Math.floor(this.#random.next('edge') * edges.length)] ?? null;
  }

  #ownerOf(shardId: string): string {
    return (
      this.#stints.of(`${STREAM}/${shardId}`).findLast(({ end }) => end === 'none')?.process ?? ''
    );
  }

  /** The Go algorithm knows no end of a shard: nothing more comes to the parent from its reshard on. */
  #born(child: string, parents: readonly string[], reshardMs: number): void {
    const [first] = this.#stints.of(`${STREAM}/${child}`);
    const ends = parents
      .flatMap((parent) => this.#stints.of(`${STREAM}/${parent}`))
      .filter(({ end }) => end === 'ended')
      .toSorted((a, b) => b.toMs - a.toMs);
    const fromMs = this.#runner === 'go' ? reshardMs : (ends[0]?.toMs ?? Number.NaN);
    const waitMs = (first?.fromMs ?? Number.POSITIVE_INFINITY) - fromMs;
    this.#sample('child', waitMs);
    if (this.#runner === 'go') return;
    this.#sample(first?.process === ends[0]?.process ? 'childSame' : 'childOther', waitMs);
  }

  // ---------------------------------------------------------------- the group as it stands

  #nowMs(): number {
    return this.#cluster.clock.monotonicMs();
  }

  async #pass(forMs: number): Promise<void> {
    await this.#cluster.clock.runUntil(this.#nowMs() + forMs);
    this.#hear();
  }

  /** Takes in what was told since. */
  #hear(): void {
    const { events } = this.#cluster.evidence();
    for (const event of events.slice(this.#heard)) {
      if (event.kind === 'setup') this.#names.push(event.process);
      if (this.#runner === 'go') this.#stints.hear(event);
    }
    this.#heard = events.length;
  }

  /** What did not come about within its time is counted, and is no sample. */
  #sample(row: RowName, ms: number): void {
    if (!Number.isFinite(ms)) {
      this.#restless += 1;
      return;
    }
    (this.#samples[row] ??= []).push(ms);
  }

  /** Until everybody reads his share again, and a while longer. */
  async #settle(): Promise<void> {
    const { limitMs, settleMs } = this.#pauses;
    const untilMs = this.#nowMs() + limitMs;
    do await this.#pass(LOOK_MS);
    while (!this.#isAtRest() && this.#nowMs() < untilMs);
    await this.#pass(settleMs);
  }

  #expectRest(): void {
    if (!this.#isAtRest()) this.#restless += 1;
  }

  /** Every open shard is read by one, and nobody reads more than one more than another. */
  #isAtRest(): boolean {
    const { live } = this.#cluster.evidence();
    const counts = new Map(live.map((name) => [name, 0]));
    for (const { shardId } of this.#openShards()) {
      const readers = this.#stints.of(`${STREAM}/${shardId}`).filter(({ end }) => end === 'none');
      const [reader] = readers;
      const count = counts.get(reader?.process ?? '');
      if (readers.length !== 1 || reader === undefined || count === undefined) return false;
      counts.set(reader.process, count + 1);
    }
    return Math.max(...counts.values()) - Math.min(...counts.values()) <= 1;
  }

  /** By their hash ranges. */
  #openShards() {
    return (this.#cluster.evidence().shards[STREAM] ?? [])
      .filter(({ closed }) => !closed)
      .toSorted((a, b) => compareDecimals(a.startingHashKey, b.startingHashKey));
  }

  #leader(): number {
    const { app, items, live } = this.#cluster.evidence();
    if (this.#runner === 'go') return slotOf(live.toSorted()[0] ?? '');
    const { pk, sk } = headKey(app);
    const head = items.find((item) => item.pk === pk && item.sk === sk);
    const parsed = head === undefined ? null : parseHead(head);
    return slotOf(parsed?.kind === 'head' ? parsed.leader : '');
  }

  #nameIn(slot: number): string {
    return this.#cluster.evidence().live.find((name) => slotOf(name) === slot) ?? '';
  }

  #one(slots: readonly number[]): number {
    return slots[Math.floor(this.#random.next('who') * slots.length)] ?? 0;
  }
}

/** Of a process (`c4#2`), a client id (`c4-2`) or a session (`c4-2/nonce`). */
const slotOf = (name: string): number => Number(/^c(\d+)/.exec(name)?.[1]);
