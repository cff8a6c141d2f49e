/**
 * A group as the events of a feed tell of it, up to some moment. One reader for all sources: a simulation tells each
 * record, the table tells who owns what and no rates, a process tells what its own clients do.
 */
import type { ChartState } from '../../src/feed/chart.ts';
import type { FeedEvent, FeedHeader } from '../../src/feed/events.ts';
import { clientIdOf } from '../../src/feed/reading.ts';
import { Actors } from './actors.ts';
import { Deliveries } from './deliveries.ts';
import { GroupViews } from './group-view.ts';
import { History } from './history.ts';
import { markEvent } from './marks.ts';
import { Members } from './members.ts';
import { Plans } from './plans.ts';
import { errorOf, Processes } from './processes.ts';
import type { Parts } from './shard-facts.ts';
import { shardKey, ShardItems } from './shard-items.ts';
import { StreamMaps } from './stream-maps.ts';
import { unplacedOf } from './stream-views.ts';
import { Timeline } from './timeline.ts';
import type {
  ActorView,
  GroupView,
  HeatView,
  ThroughputView,
  TimelineMark,
  ViolationView,
} from './view.ts';

type Of<Kind extends FeedEvent['kind']> = Extract<FeedEvent, { kind: Kind }>;

const KEPT_VIOLATIONS = 100;

/** What holds for the whole feed so far. */
export interface Heard {
  readonly atMs: number | null;
  readonly tableKnown: boolean;
  /** Up to when the table was read, where it does not answer any more; null: it does. */
  readonly tableLostMs: number | null;
  /** Of the last event: what comes again was told before. */
  readonly order: number;
  readonly droppedEvents: number;
  readonly violations: readonly ViolationView[];
}

export class GroupModel {
  readonly header: FeedHeader;
  #parts: Parts;
  readonly #history: History;
  readonly #timeline: Timeline;
  #heard: Heard;
  /** Grows with each event. */
  #version = 0;
  readonly #views = new GroupViews();
  #seen: { readonly version: number; readonly view: GroupView } | null = null;

  constructor(header: FeedHeader, before?: GroupModel) {
    this.header = header;
    this.#parts = before === undefined ? newParts() : copied(before.#parts);
    this.#history = before === undefined ? new History() : before.#history.clone();
    this.#timeline = before === undefined ? new Timeline() : before.#timeline.clone();
    this.#heard = before === undefined ? nothingHeard(header) : before.#heard;
  }

  /** Goes on by itself: nothing that is applied to either shows in the other. */
  clone(): GroupModel {
    return new GroupModel(this.header, this);
  }

  /** How many of each it knows. */
  get size(): { readonly shards: number; readonly members: number; readonly actors: number } {
    const { maps, items, members, actors } = this.#parts;
    let placed = 0;
    for (const stream of maps.names()) placed += maps.get(stream)?.shards.length ?? 0;
    return { shards: Math.max(placed, items.size), members: members.size, actors: actors.size };
  }

  /** When the last event happened; null: none has. */
  get heardAtMs(): number | null {
    return this.#heard.atMs;
  }

  /** Events come in their order; one that tells nothing about a group is passed over. */
  apply(event: FeedEvent): void {
    this.#version += 1;
    const { source } = this.header;
    const { order, tableKnown } = this.#heard;
    const again = event.order !== null && event.order <= order;
    if (!again) {
      this.#history.upTo(event.atMs, this.#parts);
      markEvent(this.#timeline, event, this.#parts, { source, tableKnown });
    }
    const atMs = Math.max(event.atMs, this.#heard.atMs ?? 0);
    this.#heard = { ...this.#heard, atMs, order: Math.max(order, event.order ?? 0) };
    if (again && isRecord(event)) return;
    this.#applyTable(event);
    this.#applyProcess(event);
    this.#applyStream(event);
    this.#applyRest(event);
  }

  /** @param atMs not before the last event; figures that grow by themselves are brought up to it */
  view(atMs: number): GroupView {
    const seen = this.#seen;
    if (seen?.version === this.#version && seen.view.atMs === atMs) return seen.view;
    const view = this.#views.at(this.header, this.#parts, this.#heard, this.#history, atMs);
    this.#seen = { version: this.#version, view };
    return view;
  }

  /** All that live, and the last ones that ended. */
  actors(): readonly ActorView[] {
    return this.#parts.actors.all();
  }

  /** What machines are, by their ids. */
  charts(): ReadonlyMap<string, ChartState> {
    return this.#parts.actors.charts();
  }

  /** Both ends included, in the order in which they came. */
  marks(fromMs: number, toMs: number): readonly TimelineMark[] {
    return this.#timeline.between(fromMs, toMs);
  }

  /** Lag of the shards of a stream over time. */
  heat(stream: string, fromMs: number, toMs: number, columns: number): HeatView {
    const { maps, items } = this.#parts;
    const placed = maps.get(stream)?.shards ?? [];
    const shards = placed.map(({ shardId, key, ended }) => ({
      shardId,
      ended: ended || items.hasEnded(key),
    }));
    const unplaced = unplacedOf(this.#parts).get(stream) ?? [];
    const others = unplaced.map(({ shardId }) => ({ shardId, ended: true }));
    return this.#history.heat(stream, [...shards, ...others], fromMs, toMs, columns);
  }

  /** What each client read over time. */
  throughput(fromMs: number, toMs: number, columns: number): ThroughputView {
    const clients = Array.from(this.#parts.members.all(), ({ clientId, colour }) => ({
      clientId,
      colour,
    })).sort((a, b) => (a.clientId < b.clientId ? -1 : 1));
    return this.#history.throughput(clients, fromMs, toMs, columns);
  }

  #applyTable(event: FeedEvent): void {
    const { members, maps, items, plans } = this.#parts;
    switch (event.kind) {
      case 'member':
        members.apply(event);
        if (event.state === 'gone') this.#tidy(event.atMs);
        break;
      case 'generation':
        plans.applyGeneration(event, maps);
        members.mention(clientIdOf(event.leader));
        this.#mentionPlanned();
        this.#tidy(event.atMs);
        break;
      case 'plan':
        plans.applyPlan(event, maps);
        this.#mentionPlanned();
        break;
      case 'map':
        this.#applyMap(event);
        break;
      case 'shard':
        items.apply(event);
        if (event.owner !== null) members.mention(clientIdOf(event.owner));
        if (event.change === 'ended' || event.change === 'deleted') {
          this.#parts.deliveries.forgetShard(shardKey(event.stream, event.shardId));
        }
        break;
      default:
        return;
    }
    if (!this.#heard.tableKnown || this.#heard.tableLostMs !== null) {
      this.#heard = { ...this.#heard, tableKnown: true, tableLostMs: null };
    }
  }

  #applyMap(event: Of<'map'>): void {
    const { maps, plans, deliveries } = this.#parts;
    const { stream, startMs } = event;
    const before = maps.get(stream);
    const map = maps.apply(event);
    if (map === null) return;
    plans.applyMap(stream, maps);
    const starts = startMs !== null && startMs !== before?.startMs ? startMs : null;
    for (const { shardId, ended, origin } of map.shards) {
      const key = shardKey(stream, shardId);
      if (ended) deliveries.forgetShard(key);
      else if (starts !== null && origin === 'first') deliveries.forgetBefore(key, starts);
    }
  }

  #applyProcess(event: FeedEvent): void {
    const { processes, deliveries } = this.#parts;
    switch (event.kind) {
      case 'setup':
        processes.name(event.process, event.clientId, event.atMs);
        break;
      case 'process':
        processes.applyLife(event);
        if (processes.get(event.process)?.life === 'ended') deliveries.endProcess(event.process);
        break;
      case 'notice':
        processes.applyNotice(event);
        this.#applyNotice(event);
        break;
      case 'flow': {
        const clientId = processes.clientIdOf(event.process);
        processes.applyFlow(shardKey(event.stream, event.shardId), event);
        if (clientId !== null) deliveries.count(clientId, event.records, event.atMs, event.overMs);
        break;
      }
      default:
    }
  }

  #applyNotice({ process, name, detail, atMs }: Of<'notice'>): void {
    const { members, processes } = this.#parts;
    const clientId = processes.clientIdOf(process);
    if (clientId === null || detail === undefined) return;
    const member = members.mention(clientId);
    if (name === 'ready') {
      const unheard = { session: detail, sessionSinceMs: atMs, state: 'active' } as const;
      members.change(clientId, { process, ...(member.state === 'unknown' ? unheard : {}) });
    } else if (name === 'rebalance' || name === 'leader') {
      members.change(clientId, { process, generation: Number(detail) });
    } else if (name === 'error') {
      const { code, text } = errorOf(detail);
      const lastError = { text: code === '' ? text : `${code}: ${text}`, atMs };
      members.change(clientId, { lastError });
    }
  }

  #applyStream(event: FeedEvent): void {
    const { processes, deliveries } = this.#parts;
    switch (event.kind) {
      case 'put':
        deliveries.put(event);
        break;
      case 'delivered': {
        deliveries.deliver(event, processes.clientIdOf(event.process));
        processes.moved(shardKey(event.stream, event.shardId), event.process, event.atMs);
        break;
      }
      case 'completed':
        deliveries.complete(event);
        break;
      case 'threw':
        deliveries.threw(event);
        break;
      case 'lapsed':
        deliveries.lapse(event);
        break;
      case 'stream':
        deliveries.forgetStream(event.stream);
        break;
      default:
    }
  }

  #applyRest(event: FeedEvent): void {
    const { actors } = this.#parts;
    switch (event.kind) {
      case 'chart':
        actors.applyChart(event);
        break;
      case 'actor':
        actors.applyActor(event);
        break;
      case 'state':
        actors.applyState(event);
        break;
      case 'actorGone':
        actors.applyGone(event);
        break;
      case 'table': {
        const { what, atMs } = event;
        const tableLostMs = what === 'lost' ? (this.#heard.tableLostMs ?? atMs) : null;
        this.#heard = { ...this.#heard, tableLostMs };
        break;
      }
      case 'dropped': {
        const droppedEvents = this.#heard.droppedEvents + event.count;
        this.#heard = { ...this.#heard, droppedEvents };
        this.#beginAnew();
        break;
      }
      case 'violation': {
        const { atMs, invariant, message } = event;
        const violations = [...this.#heard.violations, { atMs, invariant, message }];
        this.#heard = { ...this.#heard, violations: violations.slice(-KEPT_VIOLATIONS) };
        break;
      }
      default:
    }
  }

  /** Something was left out; what stands is told anew after it. */
  #beginAnew(): void {
    const { members, deliveries } = this.#parts;
    const charts = this.#parts.actors.onlyCharts();
    members.unknow();
    deliveries.tear();
    this.#parts = { ...newParts(), members, deliveries, actors: charts };
  }

  #mentionPlanned(): void {
    const { members, plans } = this.#parts;
    for (const clientId of plans.newest?.indexes.keys() ?? []) members.mention(clientId);
  }

  /** Forgets members that are long gone and that nothing names. */
  #tidy(nowMs: number): void {
    const { members, plans, items } = this.#parts;
    const owners = new Set(Array.from(items.owners(), clientIdOf));
    members.tidy(nowMs, (clientId) => {
      const { newest, before } = plans;
      const planned =
        newest?.indexes.has(clientId) === true || before?.indexes.has(clientId) === true;
      return planned || newest?.leader === clientId || owners.has(clientId);
    });
  }
}

const newParts = (): Parts => ({
  members: new Members(),
  maps: new StreamMaps(),
  items: new ShardItems(),
  plans: new Plans(),
  processes: new Processes(),
  deliveries: new Deliveries(),
  actors: new Actors(),
});

const copied = (parts: Parts): Parts => ({
  members: parts.members.clone(),
  maps: parts.maps.clone(),
  items: parts.items.clone(),
  plans: parts.plans.clone(),
  processes: parts.processes.clone(),
  deliveries: parts.deliveries.clone(),
  actors: parts.actors.clone(),
});

const nothingHeard = ({ source }: FeedHeader): Heard => ({
  atMs: null,
  tableKnown: source !== 'process',
  tableLostMs: null,
  order: -1,
  droppedEvents: 0,
  violations: [],
});

/** Told twice it would be counted twice. */
const isRecord = ({ kind }: FeedEvent): boolean =>
  kind === 'put' || kind === 'delivered' || kind === 'completed' || kind === 'flow';
