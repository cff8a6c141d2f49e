/** The processes of the group, as far as the feed comes from inside them: how they live, and what they read. */
import type { FeedEvent } from '../../src/feed/events.ts';
import { clientIdOf } from '../../src/feed/reading.ts';
import type { MemberView } from './view.ts';

type Of<Kind extends FeedEvent['kind']> = Extract<FeedEvent, { kind: Kind }>;

/** Never changed, only replaced. */
export interface Process {
  readonly process: string;
  /** null: not known yet. */
  readonly clientId: string | null;
  readonly life: MemberView['life'];
  readonly lifeSinceMs: number;
  /** Cut off from a service until then. */
  readonly cut: { readonly sinceMs: number; readonly untilMs: number | null } | null;
}

/** Something that keeps a reader from getting on. */
export interface Trouble {
  readonly code: string;
  readonly text: string;
  readonly sinceMs: number;
  /** When it was told last. */
  readonly atMs: number;
}

/** A shard is read by a process, as that one tells. Never changed, only replaced. */
export interface Reader {
  readonly process: string;
  readonly fence: number | null;
  readonly sinceMs: number;
  /** When records were last handed to its handler, or fetched. */
  readonly movedAtMs: number | null;
  readonly trouble: Trouble | null;
  /** What it fetched last. */
  readonly flow: {
    readonly recordsPerSecond: number;
    readonly behindMs: number | null;
    readonly atMs: number;
  } | null;
}

/** What is told again within this time stands still. */
const TROUBLE_MS = 15_000;
/** Of those that have ended. */
const KEPT_PROCESSES = 100;

/** What keeps a reader from getting on, if it was told lately. */
export function troubleOf(reader: Reader | undefined, nowMs: number): Trouble | null {
  const trouble = reader?.trouble ?? null;
  return trouble !== null && nowMs - trouble.atMs <= TROUBLE_MS ? trouble : null;
}

const NO_READERS: readonly Reader[] = [];

export class Processes {
  readonly #byName: Map<string, Process>;
  readonly #readers: Map<string, readonly Reader[]>;
  readonly #shardsOf: Map<string, Set<string>>;

  constructor(before?: Processes) {
    this.#byName = new Map(before === undefined ? [] : before.#byName);
    this.#readers = new Map(before === undefined ? [] : before.#readers);
    this.#shardsOf = new Map();
    const shardsOf = before === undefined ? [] : before.#shardsOf;
    for (const [process, keys] of shardsOf) this.#shardsOf.set(process, new Set(keys));
  }

  clone(): Processes {
    return new Processes(this);
  }

  get(process: string): Process | undefined {
    return this.#byName.get(process);
  }

  clientIdOf(process: string): string | null {
    return this.#byName.get(process)?.clientId ?? null;
  }

  /** Whoever says that it reads a shard. */
  readersOf(key: string): readonly Reader[] {
    return this.#readers.get(key) ?? NO_READERS;
  }

  readerOf(key: string, process: string): Reader | undefined {
    return this.readersOf(key).find((reader) => reader.process === process);
  }

  /** Shards that some process reads, or is about to. */
  shardKeys(): IterableIterator<string> {
    return this.#readers.keys();
  }

  name(process: string, clientId: string | null, atMs: number): Process {
    const known = this.#byName.get(process);
    if (known !== undefined && (clientId === null || known.clientId === clientId)) return known;
    const named: Process = {
      process,
      clientId,
      life: known?.life ?? null,
      lifeSinceMs: known?.lifeSinceMs ?? atMs,
      cut: known?.cut ?? null,
    };
    this.#byName.set(process, named);
    return named;
  }

  applyLife({ process, clientId, what, untilMs, atMs }: Of<'process'>): void {
    const known = this.name(process, clientId, atMs);
    if (what === 'cut') {
      this.#byName.set(process, { ...known, cut: { sinceMs: atMs, untilMs: untilMs ?? null } });
      return;
    }
    const life = LIVES[what];
    // one that left already and is let go on is still leaving
    const lasting = what === 'resumed' && known.life !== 'paused' ? known.life : life;
    this.#byName.set(process, { ...known, life: lasting, lifeSinceMs: atMs });
    if (life !== 'ended') return;
    for (const key of this.#shardsOf.get(process) ?? []) this.#endReader(key, process);
    this.#shardsOf.delete(process);
    this.#forgetOld();
  }

  applyNotice({ process, name, shard, fence, detail, atMs }: Of<'notice'>): void {
    const session = name === 'ready' && detail !== undefined ? clientIdOf(detail) : null;
    this.name(process, session, atMs);
    if (shard === undefined) return;
    if (name === 'shardStart') {
      const reader: Reader = {
        process,
        fence: fence ?? null,
        sinceMs: atMs,
        movedAtMs: null,
        trouble: null,
        flow: null,
      };
      this.#setReader(shard, reader);
    } else if (name === 'shardEnd') this.#endReader(shard, process);
    else if (name === 'error') this.#trouble(shard, process, detail ?? '', atMs);
  }

  /** Records came to a reader: whatever kept it has ended. */
  moved(key: string, process: string, atMs: number): void {
    const reader = this.readerOf(key, process);
    if (reader !== undefined) this.#setReader(key, { ...reader, movedAtMs: atMs, trouble: null });
  }

  applyFlow(key: string, { process, records, overMs, behindMs, atMs }: Of<'flow'>): void {
    const reader = this.readerOf(key, process);
    const recordsPerSecond = overMs > 0 ? (records * 1_000) / overMs : 0;
    const flow = { recordsPerSecond, behindMs, atMs };
    const fromMs = atMs - overMs;
    // a page that came late may not have heard of its start
    const base = reader ?? { process, fence: null, sinceMs: fromMs, movedAtMs: null };
    const movedAtMs = records > 0 ? fromMs : base.movedAtMs;
    this.#setReader(key, { ...base, movedAtMs, trouble: null, flow });
  }

  #trouble(key: string, process: string, detail: string, atMs: number): void {
    const reader = this.readerOf(key, process);
    if (reader === undefined) return;
    const { code, text } = errorOf(detail);
    const before = troubleOf(reader, atMs);
    const sinceMs = before?.code === code ? before.sinceMs : atMs;
    this.#setReader(key, { ...reader, trouble: { code, text, sinceMs, atMs } });
  }

  #setReader(key: string, reader: Reader): void {
    const others = this.readersOf(key).filter(({ process }) => process !== reader.process);
    this.#readers.set(key, [...others, reader]);
    const own = this.#shardsOf.get(reader.process) ?? new Set<string>();
    own.add(key);
    this.#shardsOf.set(reader.process, own);
  }

  #endReader(key: string, process: string): void {
    const others = this.readersOf(key).filter((reader) => reader.process !== process);
    if (others.length === 0) this.#readers.delete(key);
    else this.#readers.set(key, others);
    this.#shardsOf.get(process)?.delete(key);
  }

  #forgetOld(): void {
    let surplus = this.#byName.size - KEPT_PROCESSES;
    for (const { process, life } of this.#byName.values()) {
      if (surplus <= 0) return;
      if (life !== 'ended') continue;
      this.#byName.delete(process);
      surplus -= 1;
    }
  }
}

const LIVES: Readonly<
  Record<Exclude<Of<'process'>['what'], 'cut'>, Exclude<MemberView['life'], null>>
> = {
  started: 'running',
  resumed: 'running',
  leaving: 'leaving',
  paused: 'paused',
  left: 'ended',
  crashed: 'ended',
  failed: 'ended',
};

/** `Code: message` in its two parts. */
export function errorOf(detail: string): { readonly code: string; readonly text: string } {
  const [, code = '', text = ''] = /^(\w+): (.*)$/s.exec(detail) ?? [];
  return { code, text: code === '' ? detail : text };
}
