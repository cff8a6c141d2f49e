import type { KinesumerError } from '../errors.ts';
import type { Log, StateStore, Stream } from '../machines/ports.ts';
import type { AssignorName, ProfileName, Timings } from './config.ts';

/** Types that are not known on this floor and are filled in where the public API is put together. */
export interface OptionParts {
  /** An AWS Kinesis client, or the config of one. */
  readonly kinesis: object;
  /** An AWS DynamoDB client, or the config of one. */
  readonly dynamodb: object;
  /** A record as the user's code gets it. */
  readonly record: unknown;
  /** A batch as the user's code gets it. */
  readonly batch: unknown;
}

/** What a schema library must offer: version 1 of the Standard Schema interface, which zod, valibot and arktype speak. */
export interface ValueSchema<T> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaOutcome<T> | Promise<SchemaOutcome<T>>;
    readonly types?: { readonly input: unknown; readonly output: T } | undefined;
  };
}

export type SchemaOutcome<T> =
  | { readonly value: T; readonly issues?: undefined }
  | { readonly issues: readonly { readonly message: string }[] };

/** 'fail': its shard stops before it, with `DecodeFailed`. 'skip': it counts as done. 'raw': it comes without a value. */
export type DecodeErrorChoice = 'fail' | 'skip' | 'raw';

/** 'LATEST', 'TRIM_HORIZON', or an instant: a Date or an ISO 8601 string with its zone. */
export type StartOption = 'LATEST' | 'TRIM_HORIZON' | Date | (string & {});

export interface CommitOptions {
  /**
   * true: marks follow processing by themselves. false: only `mark()` moves the checkpoint.
   * @default true
   */
  readonly auto?: boolean | undefined;
  /**
   * How often a shard with new marks is committed, in ms: 100 … 300,000. A shard without new marks writes nothing.
   * @default 5_000
   */
  readonly intervalMs?: number | undefined;
  /**
   * How long a commit may go without an answer, in ms: 100 … 60,000, at most `intervalMs`. Then it is told as
   * `CommitFailed`, once, and tried on, each try for at most 1 s, until it is answered or its shard is lost.
   * @default 2_000, or `intervalMs` where that is shorter
   */
  readonly timeoutMs?: number | undefined;
}

export interface TableOptions {
  /**
   * Name of the state table, 3 … 255 of `a-z A-Z 0-9 _ . -` (DynamoDB's naming rules). All applications may share one.
   * @default 'kinesumer-state-store'
   */
  readonly name?: string | undefined;
  /**
   * Whether to create the table, billed on demand, where it is missing.
   * @default false
   */
  readonly create?: boolean | undefined;
}

/** What `createInspector` gives: see there. */
export interface InspectorLike {
  /** Shows a client from now until it is closed. */
  attach(client: never): unknown;
}

/**
 * What `createKinesumer` takes. Read once; the object is neither kept nor changed.
 *
 * @throws KinesumerError `InvalidOption`, naming the option, its rule and the value.
 */
export interface KinesumerOptions<T = unknown, Parts extends OptionParts = OptionParts> {
  /** Name of the application: clients with the same one share the shards. 1 … 128 characters without `#`. */
  readonly app: string;
  /**
   * Identity within the group. Given: static membership, a restart under the same id keeps its shards.
   * 1 … 256 characters without `/` and `#`.
   * @default a random one for each client
   */
  readonly clientId?: string | undefined;
  /**
   * Streams to consume where `consume` or `run` name none: 1 … 1,000 names or stream ARNs, each once.
   * @default none
   */
  readonly streams?: readonly string[] | undefined;
  /**
   * AWS region of the clients that are made here, like `eu-west-1`.
   * @default as the AWS SDK finds it (environment, profile)
   */
  readonly region?: string | undefined;
  /**
   * ARN of an IAM role to assume for Kinesis, e.g. of another account. Needs `@aws-sdk/credential-providers`.
   * Not together with a ready `kinesis` client.
   */
  readonly roleArn?: string | undefined;
  /** A Kinesis client of your own (it is not closed here), or the config for the one that is made. */
  readonly kinesis?: Parts['kinesis'] | undefined;
  /** A DynamoDB client of your own (it is not closed here), or the config for the one that is made. */
  readonly dynamodb?: Parts['dynamodb'] | undefined;
  /** The state table. */
  readonly table?: TableOptions | undefined;
  /** A state store in place of DynamoDB, e.g. the one in memory. Not together with `dynamodb` and `table`. */
  readonly stateStore?: StateStore | undefined;
  /** A stream in place of Kinesis, e.g. the one in memory. Not together with `kinesis` and `roleArn`. */
  readonly stream?: Stream | undefined;
  /**
   * Records that one GetRecords asks for: 1 … 10,000 (the limit of GetRecords).
   * @default 2_000
   */
  readonly scanLimit?: number | undefined;
  /**
   * How long one GetRecords may take, in ms: 100 … 60,000.
   * @default 2_000
   */
  readonly scanTimeoutMs?: number | undefined;
  /**
   * Pause between two reads of one shard, in ms: 200 … 60,000. Kinesis allows 5 GetRecords a second for each shard,
   * shared by all that read it: raise this when several applications read one stream.
   * @default 250
   */
  readonly scanIntervalMs?: number | undefined;
  /**
   * Where a stream starts that is new to the group. It holds for the shards that exist then; shards born later start
   * at their beginning. Without meaning for streams that the group knows.
   * @default 'LATEST'
   */
  readonly start?: StartOption | undefined;
  /** When checkpoints are written. */
  readonly commit?: CommitOptions | undefined;
  /**
   * How shards are dealt out: `sticky-range` moves the fewest; `range` is the plain contiguous split.
   * All clients of a group should agree.
   * @default 'sticky-range'
   */
  readonly assignor?: AssignorName | undefined;
  /**
   * Shards that a member may hold above or below the even share to save moves: 0 … 10,000. Only for `sticky-range`.
   * @default 0
   */
  readonly assignorTolerance?: number | undefined;
  /**
   * Rhythm of heartbeats and polls: `default`, `fast` (fails over sooner, costs more), `frugal` (the other way round),
   * or timings of your own, which must leave room for the error of the hosts' clocks.
   * @default 'default'
   */
  readonly profile?: ProfileName | Timings | undefined;
  /**
   * How long handlers may finish what they hold when a shard moves or the client closes, in ms: 0 … 3,600,000.
   * Starts when the shard is told to stop; then the handler's signal aborts. With manual marks it is also how long marks
   * may come after their handler, where any did before (or none came yet): without, a shard goes with its last handler.
   * @default 20_000
   */
  readonly drainTimeoutMs?: number | undefined;
  /**
   * Bytes of records held in memory over all shards: 30 MiB … 64 GiB. One GetRecords answer holds up to 10 MB: below,
   * a stuck handler and the batch behind it would leave no room for another shard.
   * @default 134_217_728 (128 MiB)
   */
  readonly highWaterMarkBytes?: number | undefined;
  /** Schema for what `decode` gives, or without it for the record's JSON; its output is `record.value`. */
  readonly schema?: ValueSchema<T> | undefined;
  /** Makes `record.value`, or with a schema the schema's input, of a record's data. May return a promise. */
  readonly decode?: ((data: Uint8Array, record: Parts['record']) => unknown) | undefined;
  /**
   * What to do with a record that `schema` or `decode` refuses; a function decides for each.
   * @default 'fail'
   */
  readonly onDecodeError?:
    | DecodeErrorChoice
    | ((error: KinesumerError, record: Parts['record']) => DecodeErrorChoice)
    | undefined;
  /**
   * Takes the library's log lines: pino, `console`, or anything with debug, info, warn and error.
   * @default warnings and errors to stderr
   */
  readonly logger?: Log | undefined;
  /**
   * Who looks on: an inspector from `kinesumer/inspector`, which shows the client on a live page, or a function that
   * gets XState's inspection events of all statecharts. Must not throw.
   */
  readonly inspect?: ((event: unknown) => void) | InspectorLike | undefined;
  /** Aborting it closes the client as `close()` does, and ends the wait of `createKinesumer`. */
  readonly signal?: AbortSignal | undefined;
}

/** What `consume` takes after the streams. */
export interface ConsumeOptions {
  /** Aborting it ends the iteration: it drains, commits and leaves the group. */
  readonly signal?: AbortSignal | undefined;
}

/** What `run` takes: exactly one of `eachBatch` and `eachRecord`. */
export interface RunOptions<Parts extends OptionParts = OptionParts> {
  /** @default the streams given to `createKinesumer` */
  readonly streams?: readonly string[] | undefined;
  /** Gets the batches of each shard in order; shards run at the same time. */
  readonly eachBatch?: ((batch: Parts['batch']) => unknown) | undefined;
  /**
   * Gets the records of each shard in order, one at a time; shards run at the same time. `context.signal` aborts when
   * the shard is lost.
   */
  readonly eachRecord?:
    ((record: Parts['record'], context: { readonly signal: AbortSignal }) => unknown) | undefined;
  /** Aborting it ends the run: it drains, commits and leaves the group; `run` resolves. */
  readonly signal?: AbortSignal | undefined;
}

export interface CloseOptions {
  /**
   * Deadline of the whole close, in ms from the call: 0 … 3,600,000.
   * @default `drainTimeoutMs` + 5_000
   */
  readonly timeoutMs?: number | undefined;
  /**
   * true: do not wait for handlers; their signals abort at once.
   * @default false
   */
  readonly abort?: boolean | undefined;
  /**
   * With a clientId of one's own: true leaves the group for good instead of keeping the place for a restart.
   * @default false
   */
  readonly leave?: boolean | undefined;
}
