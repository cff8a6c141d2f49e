/** What a consumer process and its parent tell each other. Reports are lines of JSON; commands are IPC messages. */
import type { ClientSnapshot, CloseOptions, ShardRef, Timings } from '../src/index.ts';
import type { FeedLine } from '../src/inspector.ts';

/** Which record a fault hits: all given fields must match. Without any, the first one. */
export interface FaultPoint {
  /** The nth record that this process is handed, from 1. */
  readonly nth?: number;
  readonly key?: string;
  /** Number of the record within its key. */
  readonly n?: number;
  readonly shardId?: string;
}

export type HandlerFault =
  /** The handler does not resolve, whatever its signal says, until the command `release`. */
  | { readonly kind: 'hold'; readonly at: FaultPoint }
  /** The handler throws each time it meets the record. */
  | { readonly kind: 'throw'; readonly at: FaultPoint };

/** How one consumer process runs; everything with a default may be left out by `ConsumerGroup.start`. */
export interface ConsumerConfig {
  /** `http://127.0.0.1:<port>` */
  readonly kinesisEndpoint: string;
  readonly dynamodbEndpoint: string;
  readonly app: string;
  /** Given: static membership. null: a random one. */
  readonly clientId: string | null;
  /** State table; it must exist. */
  readonly table: string;
  readonly streams: readonly string[];
  readonly profile: 'default' | 'fast' | 'frugal' | Timings;
  /** 'LATEST', 'TRIM_HORIZON' or an ISO instant. */
  readonly start: string;
  /** `batch`: run with eachBatch · `record`: run with eachRecord · `loop`: `for await` over consume(). */
  readonly handler: 'batch' | 'record' | 'loop';
  /** How long the handler awaits in each call, in ms. */
  readonly handlerDelayMs: number;
  readonly faults: readonly HandlerFault[];
  /**
   * `auto` · `commit`: marks and awaits the commit in each call · `mark`: marks only ·
   * `none`: marks nothing, so that nothing is ever committed.
   */
  readonly marking: 'auto' | 'commit' | 'mark' | 'none';
  readonly commitIntervalMs: number;
  readonly scanIntervalMs: number;
  readonly scanLimit: number;
  readonly drainTimeoutMs: number;
  /** How often a snapshot is reported. 0: never. */
  readonly snapshotIntervalMs: number;
  /** Names the process in its own feed. */
  readonly name: string;
}

/** Defaults fit the local servers, which are slow: about 100 Kinesis calls a second in all. */
export const CONSUMER_DEFAULTS = {
  clientId: null,
  table: 'kinesumer-state-store',
  profile: 'fast',
  start: 'TRIM_HORIZON',
  handler: 'batch',
  handlerDelayMs: 0,
  faults: [],
  marking: 'auto',
  commitIntervalMs: 1_000,
  scanIntervalMs: 500,
  scanLimit: 1_000,
  drainTimeoutMs: 5_000,
  snapshotIntervalMs: 250,
  name: 'consumer',
} as const satisfies Partial<ConsumerConfig>;

/** An error as it travels: `KinesumerError` with its fields, or the code `Unknown`. */
export interface ReportedError {
  readonly code: string;
  readonly message: string;
  readonly next?: string;
  readonly stream?: string;
  readonly shardId?: string;
  readonly sequenceNumber?: string;
  /** Message of the cause. */
  readonly cause?: string;
}

/** sequence number, partition key, number within the key */
export type ReportedRecord = readonly [sequenceNumber: string, key: string, n: number];

interface At {
  /** Wall time of the host, ms since the epoch: comparable between processes of one host. */
  readonly atMs: number;
}

type AtShard = At & ShardRef & { readonly fence: number };

/** One line of a consumer process. */
export type Report =
  /** The client is made; it joins the group next. */
  | (At & { readonly kind: 'started'; readonly pid: number; readonly clientId: string })
  /** The handler was entered. Written before anything else is done with the records. */
  | (AtShard & {
      readonly kind: 'deliveries';
      readonly call: number;
      readonly records: readonly ReportedRecord[];
    })
  /** The handler resolved (its marks are made, with `commit` also committed) or threw. */
  | (At & {
      readonly kind: 'handled';
      readonly call: number;
      readonly outcome: 'done' | 'threw';
    })
  /** One answer of Kinesis, also an empty one. */
  | (AtShard & {
      readonly kind: 'poll';
      readonly records: number;
      readonly millisBehindLatest: number;
    })
  | (At & { readonly kind: 'ready'; readonly session: string })
  | (At & { readonly kind: 'leader'; readonly session: string; readonly generation: number })
  | (At & {
      readonly kind: 'rebalance';
      readonly generation: number;
      readonly gained: readonly ShardRef[];
      readonly lost: readonly ShardRef[];
    })
  | (AtShard & { readonly kind: 'shardStart'; readonly position: string })
  | (AtShard & { readonly kind: 'shardEnd'; readonly reason: string })
  | (AtShard & { readonly kind: 'commit'; readonly position: string })
  | (At & { readonly kind: 'error'; readonly error: ReportedError })
  | (At & { readonly kind: 'snapshot'; readonly snapshot: ClientSnapshot })
  /** Of the client's own feed, while it is followed. */
  | (At & { readonly kind: 'feed'; readonly lines: readonly FeedLine[] })
  /** To the command with this id. `value`: what the call resolved to, if anything. */
  | (At & {
      readonly kind: 'answer';
      readonly id: number;
      readonly error: ReportedError | null;
      readonly value: unknown;
    })
  /** The consumption is over (`run` or the loop settled); null: without an error. */
  | (At & { readonly kind: 'over'; readonly error: ReportedError | null })
  /** The client is closed; the process ends by itself now. */
  | (At & { readonly kind: 'close' });

export type ReportOf<Kind extends Report['kind']> = Extract<Report, { readonly kind: Kind }>;

/** What a parent may ask of a consumer process. */
export type Command =
  | { readonly kind: 'close'; readonly options?: CloseOptions }
  | { readonly kind: 'refresh'; readonly streams: readonly string[] }
  | { readonly kind: 'pause'; readonly shards?: readonly ShardRef[] }
  | { readonly kind: 'resume'; readonly shards?: readonly ShardRef[] }
  | { readonly kind: 'commit' }
  /** Lets all handlers go that a fault holds; that fault hits no more. */
  | { readonly kind: 'release' }
  /** Reports the client's own feed from now on; its times count from `epochMs`. */
  | { readonly kind: 'follow'; readonly epochMs: number }
  | { readonly kind: 'unfollow' };

/** A command on its way: the answer carries its id. */
export type SentCommand = Command & { readonly id: number };
