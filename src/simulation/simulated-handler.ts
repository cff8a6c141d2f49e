/** The user's code in a simulated process: notes what it is given, and takes its time, is stuck, or throws. */
import type { Random } from '../machines/ports.ts';
import type { HandlerManner } from './action.ts';
import type { ProcessClock } from './event-queue-clock.ts';
import type { Recorder } from './history.ts';
import type { Batch } from './peer.ts';

/** How long a handler call takes, by its process, its shard and its first record; Infinity: it never comes back. */
export type HandlerTime = (process: string, shardId: string, sequenceNumber: string) => number;

export interface HandlerSetting {
  /** Of its process. */
  readonly name: string;
  readonly commits: 'byItself' | 'byHand';
  /** @default by its manner and by chance */
  readonly handlerMs?: HandlerTime;
  readonly random: Random;
  readonly recorder: Recorder;
  readonly clock: ProcessClock;
}

/** Longest handler call, ms; well below the drain timeout. */
const MAX_HANDLER_MS = 300;
/** The same for slow ones; below the drain timeout by any clock. */
export const MAX_SLOW_HANDLER_MS = 4_000;
/** Of a process that commits by hand: how long after its handler was through it marks a batch. */
const MARK_AFTER_MS = 400;

export class SimulatedHandler {
  readonly #setting: HandlerSetting;
  readonly #stuck: (() => void)[] = [];
  /** Marks what was not marked yet, by shard. */
  readonly #unmarked = new Map<string, () => void>();
  #manner: HandlerManner = 'prompt';
  #calls = 0;

  constructor(setting: HandlerSetting) {
    this.#setting = setting;
  }

  /** From now on; whoever was stuck goes on. */
  behave(manner: HandlerManner): void {
    if (manner === this.#manner) return;
    this.#manner = manner;
    const { recorder, clock, name: process } = this.#setting;
    recorder.note({ kind: 'handler', process, manner });
    for (const release of this.#stuck.splice(0)) clock.admit(release);
  }

  /** A commit of a shard was told: what waited for that is marked. */
  committed(shard: string): void {
    this.#unmarked.get(shard)?.();
  }

  /** One call of it. */
  async take(batch: Batch): Promise<void> {
    const { recorder, random, clock, name: process } = this.#setting;
    const { stream, shardId, fence } = batch;
    const call = this.#calls++;
    for (const record of batch.records) {
      const { sequenceNumber, partitionKey: key } = record;
      const n = Number(record.text());
      const where = { stream, shardId, fence, sequenceNumber };
      recorder.note({ kind: 'delivered', process, call, ...where, key, n });
    }
    this.#throwIfSo(call);
    const sequenceNumber = batch.records[0]?.sequenceNumber ?? '';
    const givenMs = this.#setting.handlerMs?.(process, shardId, sequenceNumber);
    if (givenMs === Infinity) return new Promise<void>(() => {});
    if (this.#manner === 'stuck') {
      await new Promise<void>((release) => this.#stuck.push(release));
      this.#throwIfSo(call);
    }
    // half of the calls are through at once
    const longestMs = this.#manner === 'slow' ? MAX_SLOW_HANDLER_MS : MAX_HANDLER_MS;
    const drawnMs = Math.max(0, (random.next('handler') * 2 - 1) * longestMs);
    const delayMs = givenMs ?? drawnMs;
    if (delayMs > 0) await new Promise<void>((done) => clock.setTimeout(done, delayMs));
    recorder.note({ kind: 'completed', process, call });
    // every second batch is marked once its handler is through
    const isLater = this.#setting.commits === 'byHand' && call % 2 === 1;
    if (!isLater) return this.#mark(batch, call);
    const afterMs = this.#manner === 'slow' ? MAX_SLOW_HANDLER_MS : MARK_AFTER_MS;
    clock.setTimeout(() => void this.#mark(batch, call), afterMs);
  }

  #throwIfSo(call: number): void {
    if (this.#manner !== 'throwing') return;
    const { recorder, name: process } = this.#setting;
    recorder.note({ kind: 'threw', process, call });
    throw new Error('the handler throws');
  }

  /** In two parts: the first one is committed, and the second one marked as soon as that is told. */
  async #mark(batch: Batch, call: number): Promise<void> {
    if (this.#setting.commits === 'byItself') return;
    const shard = `${batch.stream}/${batch.shardId}`;
    const note = (last: Batch['records'][number] | undefined): void => {
      if (last === undefined) return;
      const { recorder, name: process } = this.#setting;
      recorder.note({ kind: 'marked', process, call, upTo: last.sequenceNumber });
    };
    const rest = (): void => {
      if (!this.#unmarked.delete(shard)) return;
      batch.mark?.();
      note(batch.records.at(-1));
    };
    try {
      batch.mark?.(batch.records[0]);
      note(batch.records[0]);
      this.#unmarked.set(shard, rest);
      await batch.commit?.();
      rest();
      await batch.commit?.();
    } catch {
      // the shard is another's by now
      this.#unmarked.delete(shard);
    }
  }
}
