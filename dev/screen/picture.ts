/** What the drawing shows; made by the run, drawn by `drawing.ts`. Plain values only. */
export interface ClientRow {
  readonly name: string;
  /** From 0; decides the colour. */
  readonly index: number;
  readonly life: 'running' | 'frozen' | 'ended';
  readonly leads: boolean;
  /** Whether the keys act on it. */
  readonly chosen: boolean;
  /** State of its statecharts in a word or two, or how it ended. */
  readonly state: string;
  /** Short ids of the shards it owns, in the order of the key space. */
  readonly shards: readonly string[];
  readonly recordsPerSecond: number;
  /** millisBehindLatest of its hindmost shard; null: not known. */
  readonly behindMs: number | null;
  /** Records in its shards that nobody was handed yet. */
  readonly lagRecords: number;
  /** Since its heartbeat was last seen to move in the table; null: it has no item there. */
  readonly heartbeatAgeMs: number | null;
  readonly generation: number | null;
  readonly rebalances: number;
}

export interface ShardCell {
  /** Short id. */
  readonly id: string;
  /** Part of the key space, 0 … 1. */
  readonly share: number;
  /** null: nobody owns it. */
  readonly owner: { readonly name: string; readonly index: number } | null;
}

export interface Picture {
  readonly stream: string;
  readonly profile: string;
  readonly seed: number;
  readonly elapsedMs: number;
  /** What goes on: `running`, `chaos, 12 s left`, `catching up` … */
  readonly phase: string;
  readonly generation: number | null;
  readonly rebalances: number;
  readonly clients: readonly ClientRow[];
  /** The open shards, which tile the key space. */
  readonly shards: readonly ShardCell[];
  /** Closed shards with records that nobody was handed yet. */
  readonly closing: readonly ShardCell[];
  readonly produced: number;
  readonly delivered: number;
  readonly repeated: number;
  readonly outstanding: number;
  readonly recordsPerSecond: number;
  /** Newest last. */
  readonly events: readonly { readonly atMs: number; readonly text: string }[];
  readonly endpoints: { readonly kinesis: string; readonly dynamodb: string };
}

/** `shardId-000000000012` → `12` */
export const shortShardId = (shardId: string): string =>
  shardId.replace(/^shardId-0*(?=[0-9])/, '');
