/**
 * A feed that can be looked at again: the whole model at any moment of the time that is kept. Events are kept in blocks,
 * each with the model as it was before them; where memory runs out the oldest block goes.
 */
import type { FeedEvent, FeedHeader } from '../../src/feed/events.ts';
import { eventBytes, modelBytes } from './footprint.ts';
import { GroupModel } from './group-model.ts';

export interface RecordingOptions {
  /** What events and models may take, roughly. @default 64 MiB */
  readonly maxBytes?: number;
  /** Events of a block: what has to be applied again, at most, to get to a moment. @default 4,000 */
  readonly blockEvents?: number;
}

interface Block {
  /** As it was before the block's events. Never changed: copies go on. */
  readonly before: GroupModel;
  /** When its first event was heard: one that is told again may have happened long before. */
  fromMs: number;
  readonly events: FeedEvent[];
  bytes: number;
}

/** A model on its way through a block. */
interface Cursor {
  readonly block: Block;
  readonly model: GroupModel;
  /** Events of the block that it knows. */
  applied: number;
}

const MAX_BYTES = 64 * 1024 * 1024;
const BLOCK_EVENTS = 4_000;

export class Recording {
  /** The newest moment. It goes on with what is appended. */
  readonly live: GroupModel;
  readonly #maxBytes: number;
  readonly #blockEvents: number;
  /** The oldest first; never empty. */
  readonly #blocks: Block[];
  #bytes: number;
  #cursor: Cursor | null = null;

  constructor(header: FeedHeader, options: RecordingOptions = {}) {
    this.live = new GroupModel(header);
    this.#maxBytes = options.maxBytes ?? MAX_BYTES;
    this.#blockEvents = options.blockEvents ?? BLOCK_EVENTS;
    this.#blocks = [{ before: this.live.clone(), fromMs: Infinity, events: [], bytes: 0 }];
    this.#bytes = 0;
  }

  /** What is kept takes this much, roughly. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The time that is kept. */
  get range(): { readonly fromMs: number; readonly toMs: number } {
    const { before, events } = this.#blocks[0] ?? {};
    const fromMs = before?.heardAtMs ?? events?.[0]?.atMs ?? 0;
    return { fromMs, toMs: this.live.heardAtMs ?? fromMs };
  }

  append(events: Iterable<FeedEvent>): void {
    for (const event of events) {
      const last = this.#lastBlock();
      const bytes = eventBytes(event);
      if (last.events.length === 0) last.fromMs = Math.max(event.atMs, this.live.heardAtMs ?? 0);
      last.events.push(event);
      last.bytes += bytes;
      this.#bytes += bytes;
      this.live.apply(event);
    }
    this.#trim();
  }

  /**
   * The model at a moment, as if the feed had ended there; at the beginning of what is kept for earlier ones. Only to be
   * looked at, and only until the next call.
   */
  modelAt(atMs: number): GroupModel {
    if (atMs >= (this.live.heardAtMs ?? 0)) return this.live;
    const block = this.#blockAt(atMs);
    const cursor = this.#cursorIn(block, atMs);
    for (; cursor.applied < block.events.length; cursor.applied += 1) {
      const event = block.events[cursor.applied];
      if (event === undefined || event.atMs > atMs) break;
      cursor.model.apply(event);
    }
    return cursor.model;
  }

  #lastBlock(): Block {
    const last = this.#blocks.at(-1);
    if (last !== undefined && last.events.length < this.#blockEvents) return last;
    const before = this.live.clone();
    const block: Block = { before, fromMs: Infinity, events: [], bytes: modelBytes(before) };
    this.#bytes += block.bytes;
    this.#blocks.push(block);
    return block;
  }

  /** The last block that begins no later. */
  #blockAt(atMs: number): Block {
    let from = 0;
    let to = this.#blocks.length - 1;
    while (from < to) {
      const middle = (from + to + 1) >> 1;
      if ((this.#blocks[middle]?.fromMs ?? Infinity) <= atMs) from = middle;
      else to = middle - 1;
    }
    return this.#blocks[from] ?? this.#lastBlock();
  }

  /** Where one is on its way to that moment already, it goes on. */
  #cursorIn(block: Block, atMs: number): Cursor {
    const known = this.#cursor;
    if (known?.block === block && (known.model.heardAtMs ?? 0) <= atMs) return known;
    const cursor = { block, model: block.before.clone(), applied: 0 };
    this.#cursor = cursor;
    return cursor;
  }

  #trim(): void {
    while (this.#bytes > this.#maxBytes && this.#blocks.length > 1) {
      const oldest = this.#blocks.shift();
      this.#bytes -= oldest?.bytes ?? 0;
      if (this.#cursor?.block === oldest) this.#cursor = null;
    }
  }
}
