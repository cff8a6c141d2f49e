/** What really happened to a run, and how often: what a script names may find nobody to happen to. */
import type { Action } from './action.ts';
import type { Evidence, HistoryEvent } from './history.ts';
import type { Scenario } from './scenario.ts';

/** How often something struck, by its name. */
type StruckCounts = ReadonlyMap<string, number>;

/** The event that an action leaves behind at once where it strikes; null: it leaves none. */
const TRACES = {
  join: ['setup'],
  replace: ['setup'],
  restart: ['setup', 'process'],
  leave: ['process'],
  crash: ['process'],
  pause: ['process'],
  suspend: ['process'],
  cut: ['process'],
  outage: ['process'],
  spell: ['process'],
  close: ['process'],
  refresh: ['refreshed'],
  handler: ['handler'],
  put: ['put'],
  split: ['reshard'],
  merge: ['reshard'],
  createStream: ['stream'],
  recreateStream: ['stream'],
  deleteStream: ['stream'],
  lapse: ['lapsed'],
  erase: ['erased'],
  goClient: ['foreign'],
  goCommit: ['foreign'],
  pauseReading: null,
  resumeReading: null,
  commit: null,
  jumpWall: null,
  expireIterators: null,
} as const satisfies Record<Action['kind'], readonly HistoryEvent['kind'][] | null>;

/** So many clients at once are a large crowd, and so few are what was there before it. */
const LARGE_CROWD = 50;
const SMALL_GROUP = 5;

/** What lasts for more than this is long. */
const LONG_SPAN_MS = 80_000;

/** For how long a process stood still or was cut off from then on, as far as the event says so. */
function spanMs(events: readonly HistoryEvent[], index: number): number {
  const event = events[index];
  if (event?.kind !== 'process') return 0;
  const { process, what, atMs, untilMs = atMs } = event;
  if (what !== 'paused') return untilMs - atMs;
  const end = events
    .slice(index + 1)
    .find((later) => later.kind === 'process' && later.process === process);
  return (end?.atMs ?? atMs) - atMs;
}

/** An action by its name, and by what tells it from others of its kind. */
function nameOfAction(action: Action): string {
  switch (action.kind) {
    case 'handler':
      return `handler.${action.manner}`;
    case 'erase':
      return `erase.${action.what.item}`;
    case 'outage':
    case 'cut':
      return `${action.kind}.${action.of ?? 'store'}`;
    default:
      return action.kind;
  }
}

/**
 * Faults of the ways to the services as they were counted there (`store.lostAnswer`), handler calls that were not
 * prompt (`call.stuck`), the actions that found something to happen to (`crash`, `erase.map`), and what came of them:
 * clients that came back, crowds, members that differ, reshards of reshards, streams that were reset (`erase.remade`),
 * and of what lasts each that lasted for more than 80 s (`pause.long`).
 */
export function struckOf(scenario: Scenario, { events }: Evidence): StruckCounts {
  const counts = new Map<string, number>();
  const count = (name: string, times = 1): void => {
    if (times > 0) counts.set(name, (counts.get(name) ?? 0) + times);
  };
  const members = new Members(scenario, count);
  const reshards = new Reshards(count);
  const remade = new Set<string>();
  for (const [index, event] of events.entries()) {
    members.apply(event);
    reshards.apply(event);
    if (event.kind === 'injected') {
      for (const [fault, times] of Object.entries(event.counts)) count(fault, times);
    }
    if (event.kind === 'stream' && event.what === 'deleted') remade.add(event.stream);
    if (event.kind !== 'action') continue;
    const { action } = event;
    const traces: readonly string[] | null = TRACES[action.kind];
    const strikes =
      action.kind === 'jumpWall'
        ? members.isTaken(action.slot)
        : (traces?.includes(events[index + 1]?.kind ?? '') ?? true);
    if (!strikes) continue;
    count(nameOfAction(action));
    if (spanMs(events, index + 1) > LONG_SPAN_MS) count(`${nameOfAction(action)}.long`);
    if (action.kind === 'erase' && action.what.item === 'map' && remade.has(action.what.stream)) {
      count('erase.remade');
    }
  }
  return counts;
}

type Count = (name: string) => void;

/** The processes as they come and go. */
class Members {
  readonly #scenario: Scenario;
  readonly #count: Count;
  readonly #running = new Map<string, Extract<HistoryEvent, { kind: 'setup' }>>();
  readonly #streams = new Map<string, readonly string[]>();
  readonly #manners = new Map<string, string>();
  readonly #calls = new Set<string>();
  readonly #slots = new Set<number>();
  readonly #clientIds = new Set<string>();
  #crowd: 'small' | 'large' = 'small';

  constructor(scenario: Scenario, count: Count) {
    this.#scenario = scenario;
    this.#count = count;
  }

  isTaken(slot: number): boolean {
    return [...this.#running.values()].some((setup) => setup.slot === slot);
  }

  apply(event: HistoryEvent): void {
    switch (event.kind) {
      case 'setup':
        return this.#start(event);
      case 'process':
        if (['left', 'crashed', 'failed'].includes(event.what)) this.#running.delete(event.process);
        if (this.#running.size <= SMALL_GROUP && this.#crowd === 'large') {
          this.#count('crowd.large');
          this.#crowd = 'small';
        }
        return;
      case 'handler':
        return void this.#manners.set(event.process, event.manner);
      case 'delivered': {
        const manner = this.#manners.get(event.process) ?? 'prompt';
        const call = `${event.process} ${event.call}`;
        if (manner !== 'prompt' && !this.#calls.has(call)) this.#count(`call.${manner}`);
        return void this.#calls.add(call);
      }
      case 'refreshed':
        return event.code === undefined ? this.#refresh(event.process, event.streams) : undefined;
      default:
    }
  }

  #start(setup: Extract<HistoryEvent, { kind: 'setup' }>): void {
    const { process, clientId, slot, streams, profile } = setup;
    if (this.#slots.has(slot)) {
      this.#count(this.#clientIds.has(clientId) ? 'back.sameId' : 'back.newId');
    }
    this.#slots.add(slot);
    this.#clientIds.add(clientId);
    const member = this.#scenario.members?.find((candidate) => candidate.slot === slot);
    if ((member?.wallOffsetMs ?? 0) !== 0) this.#count('clock.wallSkew');
    if ((member?.clockRate ?? 1) !== 1) this.#count('clock.drift');
    if (member?.assignor === 'range') this.#count('assignor.range');
    if ((member?.assignorTolerance ?? 0) > 0) this.#count('assignor.tolerance');
    for (const other of this.#running.values()) {
      if (other.profile !== profile) this.#count('profiles.mixed');
    }
    this.#running.set(process, setup);
    if (this.#running.size >= LARGE_CROWD) this.#crowd = 'large';
    this.#differ(process, streams);
  }

  #refresh(process: string, streams: readonly string[]): void {
    const before = this.#streams.get(process) ?? [];
    if (streams.some((stream) => !before.includes(stream))) this.#count('streams.added');
    if (before.some((stream) => !streams.includes(stream))) this.#count('streams.removed');
    this.#differ(process, streams);
  }

  #differ(process: string, streams: readonly string[]): void {
    this.#streams.set(process, streams);
    const text = streams.toSorted().join();
    for (const other of this.#running.keys()) {
      const others = this.#streams.get(other) ?? [];
      if (other !== process && others.toSorted().join() !== text) this.#count('streams.differ');
    }
  }
}

/** What reshards found. */
class Reshards {
  readonly #count: Count;
  readonly #born = new Set<string>();
  /** Records that were put and not delivered yet, by shard. */
  readonly #unread = new Map<string, Set<string>>();

  constructor(count: Count) {
    this.#count = count;
  }

  apply(event: HistoryEvent): void {
    switch (event.kind) {
      case 'put':
        return void this.#of(event.stream, event.shardId).add(event.sequenceNumber);
      case 'delivered':
        return void this.#of(event.stream, event.shardId).delete(event.sequenceNumber);
      case 'reshard': {
        const { stream, parents, children } = event;
        if (parents.some((id) => this.#born.has(`${stream}/${id}`))) this.#count('reshard.nested');
        if (parents.some((id) => this.#of(stream, id).size > 0))
          this.#count('reshard.unreadParent');
        for (const id of children) this.#born.add(`${stream}/${id}`);
        return;
      }
      default:
    }
  }

  #of(stream: string, shardId: string): Set<string> {
    const shard = `${stream}/${shardId}`;
    const unread = this.#unread.get(shard) ?? new Set<string>();
    this.#unread.set(shard, unread);
    return unread;
  }
}
