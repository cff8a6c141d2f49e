/** Drives a simulated group in scaled virtual time, and tells what happens in it in batches that the page can bear. */
import { LiveGroup, type LiveProcess } from '../../src/simulation/index.ts';
import { chaosWithin, PAUSE_MS, type Chance, type Happening } from './chaos.ts';
import type { Beginning, Conditions, FromWorker, GroupAction } from './messages.ts';
import { narrowestPair, widest } from './resharding.ts';
import { weatherOf } from './weather.ts';

export interface DriverHost {
  /** Lets the microtasks drain: a turn of the host's event loop. */
  readonly hop: () => Promise<void>;
  /** Real time, ms. */
  readonly nowMs: () => number;
  readonly chance: Chance;
  readonly post: (message: FromWorker) => void;
}

const STREAM = 'orders';
/** Virtual time that passes at once; commands are heard in between. */
const SLICE_MS = 50;
/** Of one frame, for the group. What it does not get done in that is not made up for. */
const BUDGET_MS = 40;
/** After a sleep of the machine time goes on from where it stood. */
const LONGEST_FRAME_MS = 250;
/** All that a frame can tell: more does not happen in its budget. */
const MOST_LINES = 50_000;
/** The speed that was reached is averaged over about so many frames. */
const SPEED_FRAMES = 10;
const MOST_SLOTS = 500;

export class Driver {
  readonly #host: DriverHost;
  readonly #group: LiveGroup;
  readonly #reader: ReturnType<LiveGroup['follow']>;
  #conditions: Conditions;
  readonly #commands: (() => void)[] = [];
  /** What the chaos has in store. */
  #agenda: readonly Happening[] = [];
  /** Whether the page has shown what it was last given: until then time stands still. */
  #page: 'ready' | 'busy' = 'ready';
  #lastMs: number;
  #owedMs = 0;
  #speed = 0;

  constructor(beginning: Beginning, host: DriverHost) {
    const { seed, profile, clients, shards, recordsPerSecond, faults } = beginning;
    this.#host = host;
    this.#conditions = beginning;
    this.#group = new LiveGroup({
      seed,
      hop: host.hop,
      clients,
      shards,
      streams: [STREAM],
      profile,
      weather: weatherOf(faults),
      recordsPerSecond,
    });
    this.#reader = this.#group.follow();
    this.#lastMs = host.nowMs();
  }

  /** Other conditions from the next frame on. */
  change(to: Partial<Conditions>): void {
    this.#commands.push(() => {
      const before = this.#conditions;
      this.#conditions = { ...before, ...to };
      if (to.recordsPerSecond !== undefined) this.#group.setRate(to.recordsPerSecond);
      if (to.faults !== undefined) this.#group.setWeather(weatherOf(to.faults));
      if (to.clients !== undefined) this.#resize(to.clients);
      if (to.shards !== undefined) this.#reshard(to.shards);
    });
  }

  act(action: GroupAction): void {
    this.#commands.push(() => this.#act(action));
  }

  /** The page has shown all that it was given. */
  shown(): void {
    this.#page = 'ready';
  }

  /** Lets virtual time pass for the real time that passed since the last frame, and tells what happened. */
  async frame(): Promise<void> {
    const startMs = this.#host.nowMs();
    const passedMs = Math.min(LONGEST_FRAME_MS, startMs - this.#lastMs);
    this.#lastMs = startMs;
    for (const command of this.#commands.splice(0)) command();
    const { speed } = this.#conditions;
    this.#owedMs = Math.min(this.#owedMs + passedMs * speed, LONGEST_FRAME_MS * speed);
    const fromMs = this.#group.nowMs;
    if (this.#page === 'ready') await this.#advance(startMs + BUDGET_MS);
    const reached = (this.#group.nowMs - fromMs) / Math.max(1, passedMs);
    this.#speed += (reached - this.#speed) / SPEED_FRAMES;
    if (this.#page === 'ready') this.#tell();
  }

  async #advance(untilRealMs: number): Promise<void> {
    while (this.#owedMs > 0) {
      const spanMs = Math.min(SLICE_MS, this.#owedMs);
      this.#chaos(spanMs);
      await this.#group.advance(spanMs);
      this.#owedMs -= spanMs;
      if (this.#host.nowMs() >= untilRealMs) this.#owedMs = 0;
    }
  }

  #chaos(spanMs: number): void {
    const { nowMs } = this.#group;
    const slots = this.#running().map(({ slot }) => slot);
    const within = { level: this.#conditions.chaos, nowMs, spanMs };
    this.#agenda = [...this.#agenda, ...chaosWithin(within, slots, this.#host.chance)];
    const due = this.#agenda.filter(({ atMs }) => atMs < nowMs + spanMs);
    this.#agenda = this.#agenda.filter(({ atMs }) => atMs >= nowMs + spanMs);
    for (const { action } of due) this.#group.perform(action);
  }

  #tell(): void {
    this.#page = 'busy';
    const lines = this.#reader.take(MOST_LINES);
    this.#host.post({ kind: 'lines', lines, nowMs: this.#group.nowMs, speed: this.#speed });
  }

  #running(): readonly LiveProcess[] {
    return this.#group.processes.filter(({ state }) => state === 'running');
  }

  #act(action: GroupAction): void {
    switch (action.kind) {
      case 'add':
        this.#join();
        break;
      case 'stop':
      case 'kill':
      case 'pause': {
        const process = this.#running().find(({ clientId }) => clientId === action.clientId);
        if (process !== undefined) this.#strike(action.kind, process.slot);
        break;
      }
      case 'split':
      case 'merge': {
        const { kind, stream = STREAM } = action;
        const place = this.#group
          .openShards(stream)
          .findIndex(({ shardId }) => shardId === action.shardId);
        const pick = place < 0 ? Math.floor(this.#host.chance() * 1_000) : place;
        this.#group.perform({ kind, pick, stream });
      }
    }
  }

  #strike(kind: 'stop' | 'kill' | 'pause', slot: number): void {
    switch (kind) {
      case 'stop':
        return this.#group.perform({ kind: 'leave', slot });
      case 'kill':
        return this.#group.perform({ kind: 'crash', slot });
      case 'pause':
        return this.#group.perform({ kind: 'pause', slot, forMs: PAUSE_MS });
    }
  }

  /** In the first slot that is free. */
  #join(): void {
    const taken = new Set(this.#group.processes.map(({ slot }) => slot));
    for (let slot = 0; slot < MOST_SLOTS; slot += 1) {
      if (!taken.has(slot)) return this.#group.perform({ kind: 'join', slot });
    }
  }

  #resize(clients: number): void {
    const running = this.#running();
    for (let count = running.length; count < clients; count += 1) this.#join();
    for (const { slot } of running.slice(clients)) this.#strike('stop', slot);
  }

  #reshard(shards: number): void {
    const group = this.#group;
    for (let open = group.openShards(STREAM); open.length < shards;) {
      group.perform({ kind: 'split', pick: widest(open), stream: STREAM });
      const now = group.openShards(STREAM);
      if (now.length === open.length) return;
      open = now;
    }
    for (let open = group.openShards(STREAM); open.length > Math.max(1, shards);) {
      group.perform({ kind: 'merge', pick: narrowestPair(open), stream: STREAM });
      open = group.openShards(STREAM);
    }
  }
}
