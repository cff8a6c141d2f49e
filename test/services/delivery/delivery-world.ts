import { KinesumerError } from '../../../src/errors.ts';
import type { Clock, FetchedBatch, FetchedRecord } from '../../../src/machines/ports.ts';
import { NOT_STARTED, positionOf } from '../../../src/machines/rules/positions.ts';
import { Breather } from '../../../src/services/delivery/breather.ts';
import { ByteBudget } from '../../../src/services/delivery/budget.ts';
import { createDecoder, type DecodeOptions } from '../../../src/services/delivery/decode.ts';
import { DeliveryDesk } from '../../../src/services/delivery/delivery.ts';
import { DeliveryGate } from '../../../src/services/delivery/gate.ts';
import { HandlerSink, type Handler } from '../../../src/services/delivery/handler-sink.ts';
import { RecordIterator } from '../../../src/services/delivery/iterator-sink.ts';
import type { ShardLane } from '../../../src/services/delivery/lane.ts';
import type { DeliveryEvent } from '../../../src/services/delivery/sink.ts';

export const SELF_FENCE_MS = 7_000;
export const BATCH_BYTES = 100;

/** A clock that stands still until the test moves it. */
export class ManualClock implements Clock {
  #monotonicMs = 1_000;
  #wallMs = 1_700_000_000_000;
  readonly #timers = new Set<{ readonly atMs: number; readonly callback: () => void }>();

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  wallMs(): number {
    return this.#wallMs;
  }

  setTimeout(callback: () => void, delayMs: number): unknown {
    const timer = { atMs: this.#monotonicMs + delayMs, callback };
    this.#timers.add(timer);
    return timer;
  }

  clearTimeout(): void {}

  timers(): number {
    return this.#timers.size;
  }

  /** Both clocks go on, and what is due then fires: a turn of the event loop. */
  advance(ms: number): void {
    this.pass(ms);
    for (const timer of this.#timers) {
      if (timer.atMs > this.#monotonicMs) continue;
      this.#timers.delete(timer);
      timer.callback();
    }
  }

  /** Both clocks go on within one turn of the event loop. */
  pass(ms: number): void {
    this.#monotonicMs += ms;
    this.#wallMs += ms;
  }

  jumpWall(ms: number): void {
    this.#wallMs += ms;
  }
}

/** Resolves when every promise that could go on has gone on. */
export function quiet(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

export interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

export function deferred<T = void>(): Deferred<T> {
  let resolve: (value: T) => void = () => {};
  let reject: (error: unknown) => void = () => {};
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}

export function fetched(number: number, text = `record ${number}`): FetchedRecord {
  return {
    sequenceNumber: String(number),
    subsequenceNumber: null,
    partitionKey: `key-${number}`,
    explicitHashKey: null,
    approximateArrivalMs: 1_700_000_000_000 + number,
    data: new TextEncoder().encode(text),
  };
}

/** Records `from` … `to`, both included. */
export function batchOf(from: number, to: number, text?: (number: number) => string): FetchedBatch {
  const records: FetchedRecord[] = [];
  for (let number = from; number <= to; number += 1) {
    records.push(fetched(number, text?.(number)));
  }
  return { records, bytes: BATCH_BYTES, millisBehindLatest: 0 };
}

export const positionAt = (number: number): string =>
  number === 0 ? NOT_STARTED : positionOf(String(number), null);

export const lost = (shardId = 'shard-1'): KinesumerError =>
  new KinesumerError('CommitLost', 'The shard has a new owner.', { stream: 'orders', shardId });

export interface World {
  readonly clock: ManualClock;
  readonly gate: DeliveryGate;
  readonly budget: ByteBudget;
  readonly desk: DeliveryDesk;
  readonly events: DeliveryEvent[];
  readonly asked: string[];
  readonly breather: Breather;
  /** Moves the gate's end: a heartbeat sent now was answered. */
  heartbeat(): void;
  open(shardId?: string, position?: string, fence?: number): ShardLane;
  /** Puts a batch into a lane as a reader does: paid for. */
  push(lane: ShardLane, batch: FetchedBatch): void;
}

export function world(): World {
  const clock = new ManualClock();
  const gate = new DeliveryGate(clock, SELF_FENCE_MS);
  const budget = new ByteBudget(1_000_000);
  const events: DeliveryEvent[] = [];
  const asked: string[] = [];
  const desk = new DeliveryDesk({
    gate,
    budget,
    tell: (event) => events.push(event),
    askCommit: (shard) => asked.push(shard.shardId),
  });
  const heartbeat = (): void => gate.extend(clock.monotonicMs(), clock.wallMs());
  heartbeat();
  return {
    clock,
    gate,
    budget,
    desk,
    events,
    asked,
    breather: new Breather(clock),
    heartbeat,
    open: (shardId = 'shard-1', position = NOT_STARTED, fence = 1) =>
      desk.open({ stream: 'orders', shardId, fence, position }),
    push: (lane, batch) => {
      budget.take(batch.bytes);
      lane.push(batch);
    },
  };
}

export interface SinkSettings<T> extends DecodeOptions<T> {
  readonly marking?: 'auto' | 'manual';
}

export function handlerWorld<T = undefined>(
  handler: Handler<T>,
  settings: SinkSettings<T> = {},
): World {
  const made = world();
  const { gate, breather } = made;
  const marking = settings.marking ?? 'auto';
  const decoder = createDecoder(settings);
  made.desk.attach(new HandlerSink({ handler, marking, decoder, gate, breather }));
  return made;
}

export interface IteratorWorld<T> extends World {
  readonly iterator: RecordIterator<T>;
}

export function iteratorWorld<T = undefined>(
  settings: SinkSettings<T> & { readonly onReturn?: (of: World) => Promise<void> } = {},
): IteratorWorld<T> {
  const made = world();
  const { gate, breather } = made;
  const iterator = new RecordIterator<T>({
    marking: settings.marking ?? 'auto',
    decoder: createDecoder(settings),
    gate,
    breather,
    onReturn: () => settings.onReturn?.(made) ?? Promise.resolve(),
  });
  made.desk.attach(iterator);
  return { ...made, iterator };
}
