import { KinesumerError } from '../../errors.ts';
import type { DeliverOutcome } from '../../machines/ports.ts';
import { ShardBatch } from './batch.ts';
import type { Breather } from './breather.ts';
import type { Decoded, RecordDecoder } from './decode.ts';
import type { DeliveryGate } from './gate.ts';
import { ShardRecord } from './record.ts';
import { DELIVERED, INTERRUPTED, type Handover, type Sink, type SinkLane, stops } from './sink.ts';
import { isThenable } from './thenable.ts';

/** What a record handler is given besides the record. */
export interface HandlerContext {
  /** Aborts, with the reason, when the shard is lost. */
  readonly signal: AbortSignal;
}

/** Called with each batch; the next one of the shard waits for what it returns. */
export type BatchHandler<T> = (batch: ShardBatch<T>) => unknown;
/** Called with each record; the next one of the shard waits for what it returns, where that is a promise. */
export type RecordHandler<T> = (record: ShardRecord<T>, context: HandlerContext) => unknown;

export type Handler<T> =
  | { readonly kind: 'eachBatch'; readonly call: BatchHandler<T> }
  | { readonly kind: 'eachRecord'; readonly call: RecordHandler<T> };

export interface HandlerSinkOptions<T> {
  readonly handler: Handler<T>;
  /** `auto`: what the handler is through with is completed; `manual`: only marks complete. */
  readonly marking: 'auto' | 'manual';
  /** null: records have no value. */
  readonly decoder: RecordDecoder<T> | null;
  readonly gate: DeliveryGate;
  readonly breather: Breather;
}

/** A batch decoded up to its end or to the first record that must not be passed. */
interface DecodedBatch<T> {
  readonly records: readonly ShardRecord<T>[];
  readonly skipped: readonly { readonly index: number; readonly error: KinesumerError }[];
  /** How many records of the batch are decoded or skipped. */
  readonly length: number;
  readonly failure: KinesumerError | null;
}

/** Ends every lane in the handler of `run`: lanes beside each other, each in order. */
export class HandlerSink<T> implements Sink {
  readonly #options: HandlerSinkOptions<T>;

  constructor(options: HandlerSinkOptions<T>) {
    this.#options = options;
  }

  marking(): 'auto' | 'manual' {
    return this.#options.marking;
  }

  async deliver(handover: Handover): Promise<DeliverOutcome> {
    // A turn of its own: user code never runs inside the step of a machine.
    await Promise.resolve();
    const { handler } = this.#options;
    return handler.kind === 'eachBatch'
      ? this.#deliverBatch(handover, handler.call)
      : this.#deliverRecords(handover, handler.call);
  }

  /** Nothing to do: a lane wakes those who wait in it, and each look at the phase precedes a call. */
  phaseChanged(): void {}

  async #deliverBatch(handover: Handover, call: BatchHandler<T>): Promise<DeliverOutcome> {
    const { lane, firstOrdinal } = handover;
    const { records, skipped, length, failure } = await this.#decodeAll(handover);
    if (stops(lane)) return INTERRUPTED;
    const endOutcome: DeliverOutcome =
      failure === null ? DELIVERED : { kind: 'failed', error: failure };
    const last = handover.records[length - 1];
    if (last === undefined) return endOutcome;
    while (!lane.mayHandOut()) {
      if ((await lane.whenMayHandOut()) === 'stop') return INTERRUPTED;
    }
    // From here to the call there must be no await: the gate was asked for this very turn.
    for (const { index, error } of skipped) {
      const source = handover.records[index];
      if (source !== undefined) lane.skip(firstOrdinal + index, source, error);
    }
    if (records.length === 0) return endOutcome;
    const end = { ordinal: firstOrdinal + length - 1, at: last };
    lane.handOut(firstOrdinal, end.ordinal);
    try {
      const result = call(new ShardBatch(lane, records, end, handover.millisBehindLatest));
      if (isThenable(result)) await result;
    } catch (cause) {
      const unmarked = handover.records[Math.max(0, lane.completedOrdinal() + 1 - firstOrdinal)];
      return handlerFailed(lane, unmarked?.sequenceNumber, cause);
    }
    if (lane.phase() === 'closed') return INTERRUPTED;
    if (this.#options.marking === 'auto') lane.complete(end.ordinal, end.at);
    return endOutcome;
  }

  async #deliverRecords(handover: Handover, call: RecordHandler<T>): Promise<DeliverOutcome> {
    const { lane, records, firstOrdinal } = handover;
    const { decoder, marking, gate, breather } = this.#options;
    const context: HandlerContext = {
      get signal() {
        return lane.signal();
      },
    };
    let ordinal = firstOrdinal - 1;
    for (const source of records) {
      ordinal += 1;
      const record = new ShardRecord<T>(lane, source, ordinal);
      if (decoder !== null) {
        const due = breather.breath();
        if (due !== null) await due;
        const pending = decoder.decode(record);
        const decoded = isThenable(pending) ? await pending : pending;
        if (stops(lane)) return INTERRUPTED;
        if (decoded.kind === 'failed') return decoded;
        if (decoded.kind === 'skipped') {
          lane.skip(ordinal, source, decoded.error);
          continue;
        }
      }
      for (;;) {
        if (!lane.mayHandOut()) {
          if ((await lane.whenMayHandOut()) === 'stop') return INTERRUPTED;
          continue;
        }
        const rest = breather.breath(gate.lookedAtMs());
        if (rest === null) break;
        await rest;
      }
      // From the look at the gate to the call there must be no await.
      lane.handOut(ordinal);
      try {
        const result = call(record, context);
        if (isThenable(result)) await result;
      } catch (cause) {
        return handlerFailed(lane, source.sequenceNumber, cause);
      }
      if (lane.phase() === 'closed') return INTERRUPTED;
      if (marking === 'auto') lane.complete(ordinal, source);
    }
    return DELIVERED;
  }

  /** Decodes until a record fails: those before it are still delivered, so that they are not read again and again. */
  async #decodeAll(handover: Handover): Promise<DecodedBatch<T>> {
    const { lane, firstOrdinal } = handover;
    const { decoder, breather } = this.#options;
    const records: ShardRecord<T>[] = [];
    const skipped: { index: number; error: KinesumerError }[] = [];
    let index = 0;
    for (const source of handover.records) {
      const record = new ShardRecord<T>(lane, source, firstOrdinal + index);
      if (decoder !== null) {
        const rest = breather.breath();
        if (rest !== null) await rest;
        const pending: Decoded | Promise<Decoded> = decoder.decode(record);
        const decoded = isThenable(pending) ? await pending : pending;
        // The caller looks at the lane next: what is not decoded is not missed.
        if (stops(lane)) break;
        if (decoded.kind === 'failed') {
          return { records, skipped, length: index, failure: decoded.error };
        }
        if (decoded.kind === 'skipped') skipped.push({ index, error: decoded.error });
        else records.push(record);
      } else {
        records.push(record);
      }
      index += 1;
    }
    return { records, skipped, length: index, failure: null };
  }
}

function handlerFailed(
  lane: SinkLane,
  sequenceNumber: string | undefined,
  cause: unknown,
): DeliverOutcome {
  const { stream, shardId } = lane;
  const at = sequenceNumber === undefined ? '' : ` at ${sequenceNumber}`;
  return {
    kind: 'failed',
    error: new KinesumerError(
      'HandlerFailed',
      `The handler of shard ${shardId} of ${stream} threw${at}.`,
      {
        stream,
        shardId,
        sequenceNumber,
        cause,
      },
    ),
  };
}
