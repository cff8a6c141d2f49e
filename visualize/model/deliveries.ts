/** What is put, handed to handlers and completed, where the feed tells each record: what lag and rates come from. */
import type { FeedEvent } from '../../src/feed/events.ts';
import { Backlog } from './backlog.ts';
import { RateWindow } from './rate-window.ts';
import { shardKey } from './shard-items.ts';

type Of<Kind extends FeedEvent['kind']> = Extract<FeedEvent, { kind: Kind }>;

/** A handler call that is not through. */
interface Call {
  readonly process: string;
  readonly key: string;
  readonly sinceMs: number;
  readonly sequenceNumbers: string[];
}

const callName = (process: string, call: number): string => `${process}/${call}`;

export class Deliveries {
  readonly #backlogs = new Map<string, Backlog>();
  readonly #calls = new Map<string, Call>();
  /** Names of the calls on each shard, the oldest first. */
  readonly #callsOn = new Map<string, readonly string[]>();
  readonly #rates = new Map<string, RateWindow>();
  /** Records of each client id since it was last asked. */
  #counts = new Map<string, number>();
  #state: 'untold' | 'told' | 'torn' = 'untold';

  clone(): Deliveries {
    const copy = new Deliveries();
    for (const [key, backlog] of this.#backlogs) copy.#backlogs.set(key, backlog.clone());
    for (const [name, call] of this.#calls) {
      copy.#calls.set(name, { ...call, sequenceNumbers: [...call.sequenceNumbers] });
    }
    for (const [key, names] of this.#callsOn) copy.#callsOn.set(key, names);
    for (const [clientId, rate] of this.#rates) copy.#rates.set(clientId, rate.clone());
    copy.#counts = new Map(this.#counts);
    copy.#state = this.#state;
    return copy;
  }

  /** Whether the feed tells of single records, all of them. */
  get isTold(): boolean {
    return this.#state === 'told';
  }

  /** Something was left out: from now on nothing is known of what waits. */
  tear(): void {
    if (this.#state !== 'untold') this.#state = 'torn';
    this.#backlogs.clear();
    this.#calls.clear();
    this.#callsOn.clear();
  }

  backlogOf(key: string): Backlog | undefined {
    return this.#backlogs.get(key);
  }

  /** Since when the handler has been running on a shard; null: it is not. */
  handlingSinceMs(key: string): number | null {
    const oldest = this.#callsOn.get(key)?.[0];
    return oldest === undefined ? null : (this.#calls.get(oldest)?.sinceMs ?? null);
  }

  rateOf(clientId: string): RateWindow | undefined {
    return this.#rates.get(clientId);
  }

  put({ stream, shardId, atMs, arrivalMs }: Of<'put'>): void {
    this.#backlog(shardKey(stream, shardId), atMs).put(atMs, arrivalMs);
  }

  deliver(event: Of<'delivered'>, clientId: string | null): void {
    const { process, call, stream, shardId, sequenceNumber, atMs } = event;
    const key = shardKey(stream, shardId);
    const name = callName(process, call);
    const running = this.#calls.get(name);
    if (running === undefined) {
      this.#calls.set(name, { process, key, sinceMs: atMs, sequenceNumbers: [sequenceNumber] });
      this.#callsOn.set(key, [...(this.#callsOn.get(key) ?? []), name]);
    } else running.sequenceNumbers.push(sequenceNumber);
    this.#backlog(key, atMs).deliver(atMs);
    if (clientId !== null) this.count(clientId, 1, atMs);
  }

  /** @param overMs the time before in which they came */
  count(clientId: string, records: number, atMs: number, overMs = 0): void {
    const rate = this.#rates.get(clientId) ?? new RateWindow(atMs - overMs);
    this.#rates.set(clientId, rate);
    rate.add(atMs, records, overMs === 0 ? atMs : atMs - 1);
    this.#counts.set(clientId, (this.#counts.get(clientId) ?? 0) + records);
  }

  /** Records that each client id was handed since this was last asked. */
  takeCounts(): ReadonlyMap<string, number> {
    const counts = this.#counts;
    this.#counts = new Map();
    return counts;
  }

  complete({ process, call }: Of<'completed'>): void {
    const name = callName(process, call);
    const running = this.#calls.get(name);
    if (running === undefined) return;
    this.#backlogs.get(running.key)?.complete(running.sequenceNumbers);
    this.#end(name, running.key);
  }

  threw({ process, call }: Of<'threw'>): void {
    const name = callName(process, call);
    const running = this.#calls.get(name);
    if (running !== undefined) this.#end(name, running.key);
  }

  /** A process has ended, and its handlers with it. */
  endProcess(process: string): void {
    for (const [name, call] of this.#calls) if (call.process === process) this.#end(name, call.key);
  }

  /** A client id is forgotten. */
  forgetClient(clientId: string): void {
    this.#rates.delete(clientId);
  }

  lapse({ stream, beforeMs }: Pick<Of<'lapsed'>, 'stream' | 'beforeMs'>): void {
    for (const [key, backlog] of this.#backlogs) {
      if (isOf(key, stream)) backlog.forgetBefore(beforeMs);
    }
  }

  /** What arrived at a shard before an instant of Kinesis' clock is not to be read. */
  forgetBefore(key: string, arrivalMs: number): void {
    this.#backlogs.get(key)?.forgetBefore(arrivalMs);
  }

  forgetStream(stream: string): void {
    for (const key of this.#backlogs.keys()) if (isOf(key, stream)) this.#backlogs.delete(key);
  }

  forgetShard(key: string): void {
    this.#backlogs.delete(key);
  }

  #backlog(key: string, atMs: number): Backlog {
    if (this.#state === 'untold') this.#state = 'told';
    const known = this.#backlogs.get(key);
    if (known !== undefined) return known;
    const fresh = new Backlog(atMs);
    this.#backlogs.set(key, fresh);
    return fresh;
  }

  #end(name: string, key: string): void {
    this.#calls.delete(name);
    const others = (this.#callsOn.get(key) ?? []).filter((each) => each !== name);
    if (others.length === 0) this.#callsOn.delete(key);
    else this.#callsOn.set(key, others);
  }
}

const isOf = (key: string, stream: string): boolean =>
  key.length > stream.length && key.lastIndexOf('/') === stream.length && key.startsWith(stream);
