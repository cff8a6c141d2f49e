/**
 * A whole group from outside, by what stands in the state table: read-only, eventually consistent, and only while
 * somebody reads the feed. A page that is frozen does not, though it is connected.
 *
 * In read units: each second the head (0.5) and the clients (0.5 for each 4 KB, some 20 of them); each 5 s, and each
 * second while shards move, the shards of each stream (0.5 for each 4 KB, some 16 of them); a plan when it changes; the
 * maps (0.5 for each 4 KB, some 25 shards) when a plan names another version, and once a minute. A group of 3 clients
 * and 16 shards costs about 70 units a minute, one of 20 and 200 about 150, one of 100 and 1,000 about 600.
 */
import type { Clock, Failure, Item, StateStore } from '../../machines/ports.ts';
import { parseHead, type Head } from '../../machines/rules/items.ts';
import {
  checkpointsPk,
  clientsPk,
  generationOfPlanRef,
  headKey,
  mapsPk,
  planKey,
} from '../../machines/rules/keys.ts';
import { tableEventOf } from '../../machines/rules/table-events.ts';
import type { FeedHub, FeedSource } from './hub.ts';
import { SeenItems } from './seen-items.ts';

const POLL_INTERVAL_MS = 1_000;
const SWEEP_INTERVAL_MS = 5_000;
const MAPS_INTERVAL_MS = 60_000;
/** How long after a change of hands the shards are looked at each second. */
const MOVING_MS = 10_000;
/** The longest wait after requests that failed. */
const MAX_WAIT_MS = 15_000;
/** A connection that is read asks for more within 15 s; after this much silence the table is left alone. */
const STALLED_MS = 30_000;
/** As many parts as a plan may have. */
const MAX_PLAN_PARTS = 100;

export interface TableFeedOptions {
  readonly app: string;
  readonly store: Pick<StateStore, 'read' | 'query'>;
  readonly clock: Clock;
}

/** Reads a group while somebody reads the feed; what it has seen it keeps from one time to the next. */
export function tableSource(hub: FeedHub, options: TableFeedOptions): FeedSource {
  const reading = new TableReading(hub, options);
  return {
    open: () => {
      const stop = new AbortController();
      void reading.run(stop.signal);
      return () => stop.abort();
    },
  };
}

/** A request that brought nothing. */
class Unread extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.error.message);
    this.failure = failure;
  }
}

class TableReading {
  readonly #hub: FeedHub;
  readonly #options: TableFeedOptions;
  readonly #seen: SeenItems;
  /** Aborts when nobody reads any more. */
  #signal: AbortSignal = new AbortController().signal;
  #head: Head | null = null;
  /** The plan that was read last; '' none was. */
  #planRef = '';
  /** Versions of maps that this plan names, by stream. */
  #planned: readonly (readonly [string, number])[] = [];
  /** Versions of the maps by stream. */
  #maps: ReadonlyMap<string, number> = new Map();
  /** Streams whose shards were looked at before. */
  readonly #swept = new Set<string>();
  #mapsDueMs = 0;
  #sweepDueMs = 0;
  #movingUntilMs = 0;
  #failures = 0;

  constructor(hub: FeedHub, options: TableFeedOptions) {
    this.#hub = hub;
    this.#options = options;
    this.#seen = new SeenItems((before, after) => this.#changed(before, after));
  }

  async run(signal: AbortSignal): Promise<void> {
    this.#signal = signal;
    while (!signal.aborted) {
      if (!this.#isRead()) {
        await pause(POLL_INTERVAL_MS, this.#options.clock, signal);
        continue;
      }
      try {
        await this.#look();
        this.#answered();
      } catch (error) {
        if (signal.aborted) return;
        this.#failed(error);
      }
      const waitMs = Math.min(POLL_INTERVAL_MS * 2 ** this.#failures, MAX_WAIT_MS);
      await pause(waitMs, this.#options.clock, signal);
    }
  }

  #isRead(): boolean {
    const { askedMs } = this.#hub;
    return askedMs !== null && this.#hub.nowMs() - askedMs <= STALLED_MS;
  }

  async #look(): Promise<void> {
    const { app, clock } = this.#options;
    const nowMs = clock.monotonicMs();
    const [head] = await this.#read([headKey(app)]);
    this.#seen.partition(clientsPk(app), await this.#query(clientsPk(app)));
    await this.#headSeen(head ?? null);
    if (nowMs >= this.#mapsDueMs || this.#lacksMaps()) await this.#readMaps(nowMs);
    if (nowMs < this.#sweepDueMs) return;
    for (const stream of this.#maps.keys()) {
      const pk = checkpointsPk(app, stream);
      this.#seen.partition(pk, await this.#query(pk));
      this.#swept.add(stream);
    }
    const moving = nowMs < this.#movingUntilMs;
    this.#sweepDueMs = nowMs + (moving ? POLL_INTERVAL_MS : SWEEP_INTERVAL_MS);
  }

  /** An older head than the one known may be a stale copy: a strong read tells. */
  async #headSeen(item: Item | null): Promise<void> {
    const { app } = this.#options;
    const read = headIn(item);
    const goesBack = this.#head !== null && (read?.generation ?? -1) < this.#head.generation;
    const standing = goesBack ? ((await this.#read([headKey(app)], true))[0] ?? null) : item;
    const head = goesBack ? headIn(standing) : read;
    if (head !== null && head.planRef !== this.#planRef) await this.#readPlan(head.planRef);
    if (standing !== null) this.#seen.item(standing);
    if (head?.planRef === this.#head?.planRef) return;
    this.#head = head;
    this.#settleSoon();
  }

  /** Whatever part of it is missing yet: it is read again with the next look. */
  async #readPlan(planRef: string): Promise<void> {
    const { app } = this.#options;
    const generation = generationOfPlanRef(planRef);
    const [first] = await this.#read([planKey(app, planRef)]);
    const parts = Number(first?.['parts']);
    if (generation === null || !(parts >= 1 && parts <= MAX_PLAN_PARTS)) return;
    const others = Array.from({ length: parts - 1 }, (_, n) => planKey(app, planRef, n + 1));
    const rest = others.length === 0 ? [] : await this.#read(others);
    const bodies = [first, ...rest].map((item) => item?.['body']);
    if (!bodies.every((body) => typeof body === 'string')) return;
    const body = bodies.join('');
    this.#hub.publish({ kind: 'plan', by: null, planRef, generation, body, parts: 1 });
    this.#planRef = planRef;
    this.#planned = mapVersionsIn(body);
  }

  /** Whether the plan stands on a map that was not read yet; a copy that is read may be older. */
  #lacksMaps(): boolean {
    return this.#planned.some(([stream, version]) => (this.#maps.get(stream) ?? -1) < version);
  }

  async #readMaps(nowMs: number): Promise<void> {
    const { app } = this.#options;
    const items = await this.#query(mapsPk(app));
    const bySk = new Map(items.map((item) => [item.sk, item]));
    const versions = new Map<string, number>();
    for (const item of items) {
      const event = tableEventOf(app, null, item, ({ sk }) => bySk.get(sk) ?? null);
      if (event?.kind !== 'map') continue;
      const { stream, version, shards } = event;
      const known = this.#maps.get(stream);
      // a copy that lacks chunks: the version is read again with the next look that misses it
      if (shards !== null) versions.set(stream, version);
      else if (known !== undefined) versions.set(stream, known);
      if (shards !== null && known !== version) this.#hub.publish({ ...event, by: null });
    }
    this.#maps = versions;
    this.#mapsDueMs = nowMs + MAPS_INTERVAL_MS;
    this.#sweepDueMs = 0;
  }

  #changed(before: Item | null, after: Item | null): void {
    const event = tableEventOf(this.#options.app, before, after);
    if (event === null) return;
    if (event.kind === 'shard' && before === null && !this.#swept.has(event.stream)) {
      // it stands, and nobody knows since when
      this.#hub.publish({ ...event, by: null, change: 'other' });
      return;
    }
    this.#hub.publish({ ...event, by: null });
    if (event.kind === 'shard' && event.change !== 'committed') this.#settleSoon();
    if (event.kind === 'member' && event.state !== 'active') this.#settleSoon();
  }

  /** Shards are about to change hands. */
  #settleSoon(): void {
    const nowMs = this.#options.clock.monotonicMs();
    this.#movingUntilMs = nowMs + MOVING_MS;
    this.#sweepDueMs = Math.min(this.#sweepDueMs, nowMs + POLL_INTERVAL_MS);
  }

  #answered(): void {
    if (this.#failures > 0) this.#hub.publish({ kind: 'table', what: 'back' });
    this.#failures = 0;
  }

  #failed(error: unknown): void {
    this.#failures += 1;
    if (this.#failures > 1) return;
    const detail =
      error instanceof Unread
        ? `${error.failure.error.code}: ${error.message}`
        : `InvariantBroken: The table could not be shown: ${String(error)}`;
    this.#hub.publish({ kind: 'table', what: 'lost', detail });
  }

  async #read(
    keys: readonly { readonly pk: string; readonly sk: string }[],
    consistent = false,
  ): Promise<readonly (Item | null)[]> {
    const signal = this.#signal;
    const answer = await this.#options.store.read(keys, { consistent, signal });
    signal.throwIfAborted();
    if (answer.kind !== 'items') throw new Unread(answer);
    return answer.items;
  }

  async #query(pk: string): Promise<readonly Item[]> {
    const signal = this.#signal;
    const answer = await this.#options.store.query(pk, { consistent: false, signal });
    signal.throwIfAborted();
    if (answer.kind !== 'items') throw new Unread(answer);
    return answer.items;
  }
}

/** Ends sooner where the signal aborts. */
function pause(ms: number, clock: Clock, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const over = (): void => {
      clock.clearTimeout(timer);
      signal.removeEventListener('abort', over);
      resolve();
    };
    const timer = clock.setTimeout(over, ms);
    signal.addEventListener('abort', over);
    if (signal.aborted) over();
  });
}

function headIn(item: Item | null): Head | null {
  const head = item === null ? null : parseHead(item);
  return head?.kind === 'head' ? head : null;
}

/** By stream; none where it is no plan. */
function mapVersionsIn(body: string): (readonly [string, number])[] {
  try {
    const { streams } = JSON.parse(body) as { streams?: Record<string, { mapVersion?: number }> };
    return Object.entries(streams ?? {}).flatMap(([stream, { mapVersion }]) =>
      mapVersion === undefined ? [] : [[stream, mapVersion] as const],
    );
  } catch {
    return [];
  }
}
