/** Clients of one group on one table and one region, in virtual time, with all that happens to them. */
import type { Kinesumer } from '../kinesumer.ts';
import type { Clock, Random, StateStore, Stream } from '../machines/ports.ts';
import { SeededRandom } from '../services/memory/seeded-random.ts';
import { MemoryTable } from '../services/memory/table.ts';
import type { Action, HandlerManner, Member, Service } from './action.ts';
import { isStatic, type ClientSetup } from './client-setup.ts';
import { ToldRandom, type DrawListener } from './draws.ts';
import { DEFAULTS, type ProfileName } from '../options.ts';
import { EventQueueClock } from './event-queue-clock.ts';
import { Recorder, type Evidence, type HistoryEvent } from './history.ts';
import { Intruders } from './intruders.ts';
import { paceOf } from './pace.ts';
import type { Protocol } from './peer.ts';
import { Region } from './region.ts';
import type { HandlerTime } from './simulated-handler.ts';
import { SimulatedProcess, type Rhythm } from './simulated-process.ts';
import { Ways } from './ways.ts';
import type { Climate } from './weather.ts';

export const APP = 'simulated';

export interface ClusterOptions {
  readonly seed: number;
  readonly protocol: Protocol;
  /** Lets the microtasks drain between two events: a turn of the host's event loop. */
  readonly hop: () => Promise<void>;
  /** Streams that there are from the beginning, each with so many shards. */
  readonly streams: readonly string[];
  readonly shards: number;
  readonly start: 'TRIM_HORIZON' | 'LATEST';
  /** When the faults end. */
  readonly quietAtMs: number;
  /** Until then. */
  readonly climate: Climate;
  readonly members: readonly Member[];
  /** Of slots whose member has none. @default 'fast' */
  readonly profile?: ProfileName;
  /** Range in which wall clocks of processes lie. */
  readonly wallSkewMs: number;
  /** Partition keys of each stream. */
  readonly keys: number;
  readonly maxOpenShards: number;
  readonly kinesis: KinesisSetting;
  /** What stands between the clients and their services. */
  readonly wrapStore: (store: StateStore) => StateStore;
  readonly wrapStream: (stream: Stream) => Stream;
  readonly wrapClock: (clock: Clock) => Clock;
  /** @default none of it is given */
  readonly setup?: ClientSetup;
  /** In place of that of the setup. */
  readonly handlerMs?: HandlerTime;
  /** For measurements that no checker judges. */
  readonly rhythm?: Rhythm;
  /** Hears what the statecharts of every process do. */
  readonly inspect?: (event: unknown) => void;
  /** Hears of every draw. */
  readonly draws: DrawListener | null;
  /** Takes the events as they happen: there is no evidence then. @default they are kept */
  readonly take?: (event: HistoryEvent) => void;
  /** Gets the client of each process, before it starts. */
  readonly onClient?: (process: string, client: Kinesumer) => void;
}

/** How Kinesis itself is. */
export interface KinesisSetting {
  /** How long an iterator may be used. @default 300,000 ms */
  readonly iteratorLifeMs?: number;
  /** Whether a shard refuses more than 5 reads or 2 MB a second. @default false */
  readonly limits?: boolean;
  /** How often another application reads each shard, a second, until the quiet phase: it counts towards the limits. @default 0 */
  readonly otherReadsPerSecond?: number;
  /** How long records and closed shards stay. @default 24 hours */
  readonly retentionMs?: number;
}

const SECOND = 1_000;
/** A process that its handler ended comes back after this long: somebody looks after it. */
const RESTART_MS = 2_000;

export class Cluster {
  readonly clock: EventQueueClock;
  readonly region: Region;
  readonly intruders: Intruders;
  readonly #options: ClusterOptions;
  readonly #setup: ClientSetup;
  readonly #seeds: SeededRandom;
  readonly #recorder: Recorder;
  readonly #table: MemoryTable;
  readonly #processes: SimulatedProcess[] = [];
  /** Processes that each slot ever had. */
  readonly #incarnations = new Map<number, number>();
  readonly #ways: Ways;
  #phase: 'faulty' | 'quiet' = 'faulty';

  constructor(options: ClusterOptions) {
    this.#options = options;
    this.#setup = options.setup ?? {};
    this.#seeds = new SeededRandom(options.seed);
    const producer = this.#fork('producer', 'producer');
    this.clock = new EventQueueClock({ hop: options.hop, random: this.#fork('clock', 'clock') });
    this.#recorder = new Recorder(() => this.clock.monotonicMs(), options.take);
    this.#table = new MemoryTable({ clock: this.clock });
    this.#table.onWrite(({ before, after, write, client }) =>
      this.#recorder.note({ kind: 'write', process: client, before, after, write }),
    );
    const { clock } = this;
    const recorder = this.#recorder;
    const { keys, maxOpenShards, kinesis } = options;
    this.region = new Region({
      ...kinesis,
      clock,
      recorder,
      random: producer,
      keys,
      maxOpenShards,
    });
    this.intruders = new Intruders({
      app: APP,
      clock,
      table: this.#table,
      kinesis: this.region.kinesis,
      recorder,
    });
    this.#ways = new Ways({
      clock,
      climate: options.climate,
      quietAtMs: options.quietAtMs,
      processes: () => this.#processes,
    });
    for (const stream of options.streams) this.region.create(stream, options.shards);
    const { otherReadsPerSecond = 0 } = kinesis;
    if (otherReadsPerSecond > 0) this.#readByOthers(SECOND / otherReadsPerSecond);
  }

  /** Carries out what a script says. */
  perform(action: Action): void {
    if (this.#phase === 'quiet') return;
    this.#recorder.note({ kind: 'action', action });
    switch (action.kind) {
      case 'put':
        return this.region.put(action.records, action.stream);
      case 'split':
      case 'merge':
        return this.region[action.kind](action.pick, action.stream);
      case 'createStream':
        return this.region.create(action.stream, action.shards);
      case 'deleteStream':
        return this.region.delete(action.stream);
      case 'recreateStream':
        this.region.delete(action.stream);
        return this.region.create(action.stream, action.shards);
      case 'lapse':
        return this.region.lapse(action.stream, action.olderThanMs ?? 0);
      case 'expireIterators':
        return this.region.kinesis.expireIterators();
      case 'join':
      case 'leave':
      case 'crash':
      case 'restart':
      case 'replace':
        return this[action.kind](action.slot);
      case 'pause':
      case 'suspend':
        return this.#stop(action.kind, action.slot, action.forMs);
      case 'cut':
        return this.#cut(action.slot, action.of ?? 'store', action.forMs);
      case 'jumpWall':
        return this.#in(action.slot)?.jumpWall(action.byMs);
      case 'refresh':
        return this.#in(action.slot)?.refresh(action.streams);
      case 'handler':
        return this.#behave(action.slot, action.manner, action.forMs);
      case 'pauseReading':
      case 'resumeReading':
      case 'commit':
        return this.#in(action.slot)?.[action.kind]();
      case 'close':
        return void this.#in(action.slot)?.leave(action.options);
      case 'outage':
        return this.#ways.outage(action.of, action.forMs);
      case 'spell':
        return this.#ways.spell(action);
      case 'erase': {
        const { what } = action;
        const process = what.item === 'client' ? this.#in(what.slot) : undefined;
        return this.intruders.erase(what, process?.clientId);
      }
      case 'goClient':
        return this.intruders.goClient(action.clientId, action.forMs);
      case 'goCommit':
        return this.intruders.goCommit(action.pick);
    }
  }

  // -------------------------------------------------------------- processes

  /** Starts a process in a slot that has none. */
  join(slot: number): void {
    if (this.#in(slot) === undefined) this.#start(slot);
  }

  #start(slot: number, given?: Member): void {
    const options = this.#options;
    const { onClient } = options;
    const member = given ?? options.members.find((candidate) => candidate.slot === slot);
    const incarnation = (this.#incarnations.get(slot) ?? 0) + 1;
    this.#incarnations.set(slot, incarnation);
    const name = `c${slot}#${incarnation}`;
    const random = this.#fork('process', name);
    const wall = random.next('wall');
    const origin = random.next('origin');
    const rate = random.next('rate');
    const process = new SimulatedProcess({
      slot,
      name,
      ...(isStatic(slot, this.#setup)
        ? { clientId: `c${slot}`, membership: 'static' }
        : { clientId: `c${slot}-${incarnation}`, membership: 'dynamic' }),
      protocol: this.#options.protocol,
      app: APP,
      profile: member?.profile ?? options.profile ?? 'fast',
      streams: member?.streams ?? options.streams,
      start: options.start,
      commits: member?.commits ?? 'byItself',
      assignor: member?.assignor ?? DEFAULTS.assignor,
      assignorTolerance: member?.assignorTolerance ?? DEFAULTS.assignorTolerance,
      ...this.#ways.faultsFor(slot),
      wrapStore: options.wrapStore,
      wrapStream: options.wrapStream,
      wrapClock: options.wrapClock,
      setup: this.#setup,
      ...(options.handlerMs === undefined ? {} : { handlerMs: options.handlerMs }),
      ...(options.rhythm === undefined ? {} : { rhythm: options.rhythm }),
      ...(options.inspect === undefined ? {} : { inspect: options.inspect }),
      ...(onClient === undefined ? {} : { onClient: (client) => onClient(name, client) }),
      skew: {
        wallOffsetMs: member?.wallOffsetMs ?? Math.floor((wall - 0.5) * options.wallSkewMs),
        monotonicOriginMs: Math.floor(origin * 1_000_000),
        rate: member?.clockRate ?? 1 + (rate * 2 - 1) * this.#options.climate.clockError,
      },
      random,
      queue: this.clock,
      table: this.#table,
      kinesis: this.region.kinesis,
      recorder: this.#recorder,
      onFailed: (code) => {
        if (code !== 'HandlerFailed') return;
        this.clock.setTimeout(() => this.join(slot), RESTART_MS);
      },
    });
    this.#processes.push(process);
    this.#ways.cutOff(process);
    process.start();
  }

  /** Lets the process of a slot drain and leave the group. */
  leave(slot: number): void {
    void this.#in(slot)?.leave({ leave: true });
  }

  /** Kills the process of a slot: nothing of it runs on. What it had sent still arrives. */
  crash(slot: number): void {
    this.#in(slot)?.crash();
  }

  /** Closes the process of a slot as a deployment does, and starts its successor. */
  restart(slot: number): void {
    const process = this.#in(slot);
    if (process === undefined) this.join(slot);
    else void process.leave({}).then(() => this.#succeed(slot));
  }

  #succeed(slot: number): void {
    const { restartAfterMs = 0 } = this.#setup;
    if (restartAfterMs === 0) this.join(slot);
    else this.clock.setTimeout(() => this.join(slot), restartAfterMs);
  }

  /** Starts a successor beside the process of a slot with a static client id, as a deployment without pause does. */
  replace(slot: number): void {
    if (isStatic(slot, this.#setup)) this.#start(slot);
  }

  /** Those that are not gone, in the order of their start. */
  processes(): readonly SimulatedProcess[] {
    return this.#processes.filter((process) => process.state() !== 'gone');
  }

  /** Lets go of what is left of processes that are gone: nothing is to be told of them any more. */
  forgetGone(): void {
    this.#processes.splice(0, this.#processes.length, ...this.processes());
  }

  /** Whether somebody runs, is not leaving, has no successor that it may not know of yet, and consumes a stream. */
  isRead(stream: string): boolean {
    return this.#processes.some(
      (process) =>
        process.state() === 'running' &&
        process.reads(stream) &&
        this.#processes.findLast(({ slot }) => slot === process.slot) === process,
    );
  }

  /** How the ways to the services are from now on; spells under way go on. Clocks of processes that run stay. */
  setClimate(climate: Climate): void {
    this.#ways.setClimate(climate);
  }

  #readByOthers(everyMs: number): void {
    if (this.#phase === 'quiet') return;
    for (const stream of this.region.names()) this.region.kinesis.readByOthers(stream);
    this.clock.setTimeout(() => this.#readByOthers(everyMs), everyMs);
  }

  #cut(slot: number, service: Service, forMs: number): void {
    this.#in(slot)?.cut(service, this.#ways.untilMs(forMs));
  }

  /** Stops a process for a while, as a long collection of garbage (`pause`) or a sleeping machine does. */
  #stop(how: 'pause' | 'suspend', slot: number, forMs: number): void {
    const process = this.#in(slot);
    process?.[how]();
    this.clock.setTimeout(() => process?.resume(), forMs);
  }

  #behave(slot: number, manner: HandlerManner, forMs: number): void {
    const process = this.#in(slot);
    process?.behave(manner);
    this.clock.setTimeout(() => process?.behave('prompt'), forMs);
  }

  #in(slot: number): SimulatedProcess | undefined {
    return this.#processes.findLast(
      (process) => process.slot === slot && process.state() !== 'gone',
    );
  }

  // -------------------------------------------------------------- the end

  /** Ends the faults. Where nobody consumes a stream any more, somebody comes to finish it. */
  quiet(): void {
    this.#recorder.note({ kind: 'quiet' });
    this.#phase = 'quiet';
    this.#ways.quiet();
    for (const process of this.#processes) process.mend();
    const streams = this.region.names();
    if (streams.every((stream) => this.isRead(stream))) return;
    for (const slot of [0, 1, 2, 3]) {
      if (this.#in(slot) === undefined) this.#start(slot, { slot, streams });
    }
    // all of those may be there, and none read it
    const unread = streams.some((stream) => !this.isRead(stream));
    if (unread) this.#start(this.#processes.length * 2, { slot: -1, streams });
  }

  /** Notes what the table charged each process so far. */
  meter(): void {
    for (const process of this.#processes) process.meter();
  }

  /** What happened so far. */
  evidence(): Evidence {
    return {
      app: APP,
      events: this.#recorder.events,
      shards: this.region.shards(),
      items: this.#table.items(),
      live: this.#processes.filter((p) => p.state() === 'running').map((p) => p.name),
      trustMs: Math.max(0, ...this.#processes.map((process) => process.trustMs)),
      pace: paceOf(this.#processes, this.#ways.everHad(), this.#setup),
      endMs: this.clock.monotonicMs(),
    };
  }

  /** Tells how often each fault of the ways struck. */
  tellInjected(): void {
    const counts: Record<string, number> = {};
    for (const [fault, count] of this.#processes.flatMap((process) => process.injected())) {
      counts[fault] = (counts[fault] ?? 0) + count;
    }
    this.#recorder.note({ kind: 'injected', counts });
  }

  /** Chance of its own for each part, so that one more draw in one does not change the others. */
  #fork(reason: string, source: string): Random {
    const random = new SeededRandom(Math.floor(this.#seeds.next(reason) * 2 ** 32));
    const { draws } = this.#options;
    return draws === null ? random : new ToldRandom(random, source, draws);
  }
}
