import { errorLike, KinesumerError } from '../../errors.ts';
import { assignValue, type ShardRecord } from './record.ts';
import { isThenable } from './thenable.ts';

/** One thing that a schema found wrong. */
export interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** What a schema says about a value. */
export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

/**
 * A schema of any library that speaks Standard Schema version 1 (zod, valibot, arktype …).
 * Only what is used here is named, so that the specification's package is not needed at run time or for the types.
 */
export interface StandardSchema<Output = unknown> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined;
  };
}

/**
 * What becomes of a record that cannot be decoded.
 *
 * - `fail`: its shard stops before it, as if the handler had thrown
 * - `skip`: it is passed over and counts as completed
 * - `raw`: it is delivered with `value` undefined and the reason in `decodeError`
 */
export type DecodeErrorAction = 'fail' | 'skip' | 'raw';

export type DecodeErrorPolicy =
  DecodeErrorAction | ((error: KinesumerError, record: ShardRecord<unknown>) => DecodeErrorAction);

/** Makes the value of a record from its data; with a schema, what the schema is then given. May return a promise. */
export type DecodeFunction = (data: Uint8Array, record: ShardRecord<unknown>) => unknown;

/** How records get their `value`. With a schema and no `decode` the data is read as JSON. */
export interface DecodeOptions<T> {
  readonly schema?: StandardSchema<T> | undefined;
  readonly decode?: DecodeFunction | undefined;
  /** @default 'fail' */
  readonly onDecodeError?: DecodeErrorPolicy | undefined;
}

/** What came of one record. `ready`: its value (or `decodeError`) is set. */
export type Decoded =
  | { readonly kind: 'ready' }
  | { readonly kind: 'skipped'; readonly error: KinesumerError }
  | { readonly kind: 'failed'; readonly error: KinesumerError };

const READY: Decoded = { kind: 'ready' };

/** The decoder that the options ask for; null where records have no value. */
export function createDecoder<T>(options: DecodeOptions<T>): RecordDecoder<T> | null {
  return options.schema === undefined && options.decode === undefined
    ? null
    : new RecordDecoder(options);
}

/** Gives records their values. A synchronous schema and decode function cost no promise. */
export class RecordDecoder<T> {
  readonly #schema: StandardSchema<T> | undefined;
  readonly #decode: DecodeFunction | undefined;
  readonly #policy: DecodeErrorPolicy;

  constructor(options: DecodeOptions<T>) {
    this.#schema = options.schema;
    this.#decode = options.decode;
    this.#policy = options.onDecodeError ?? 'fail';
  }

  decode(record: ShardRecord<T>): Decoded | Promise<Decoded> {
    try {
      const input =
        this.#decode === undefined ? readJson(record) : this.#decode(record.data, record);
      if (input instanceof NotJson) {
        return this.#decide(record, decodeFailed(record, 'its data is not JSON', undefined));
      }
      if (isThenable(input)) return this.#later(record, input);
      const result = this.#validate(input);
      return isThenable(result) ? this.#judgeLater(record, result) : this.#judge(record, result);
    } catch (cause) {
      return this.#decide(record, decodeFailed(record, 'decoding it threw', cause));
    }
  }

  async #later(record: ShardRecord<T>, pending: PromiseLike<unknown>): Promise<Decoded> {
    try {
      return this.#judge(record, await this.#validate(await pending));
    } catch (cause) {
      return this.#decide(record, decodeFailed(record, 'decoding it threw', cause));
    }
  }

  async #judgeLater(
    record: ShardRecord<T>,
    pending: PromiseLike<SchemaResult<T>>,
  ): Promise<Decoded> {
    try {
      return this.#judge(record, await pending);
    } catch (cause) {
      return this.#decide(record, decodeFailed(record, 'its schema threw', cause));
    }
  }

  #validate(input: unknown): SchemaResult<T> | Promise<SchemaResult<T>> {
    // Without a schema the type of what `decode` returns is the user's word.
    return this.#schema === undefined
      ? { value: input as T }
      : this.#schema['~standard'].validate(input);
  }

  #judge(record: ShardRecord<T>, result: SchemaResult<T>): Decoded {
    if (result.issues !== undefined) {
      return this.#decide(
        record,
        decodeFailed(record, 'it does not fit the schema', result.issues),
      );
    }
    assignValue(record, result.value, undefined);
    return READY;
  }

  #decide(record: ShardRecord<T>, error: KinesumerError): Decoded {
    const action = this.#actionFor(record, error);
    switch (action) {
      case 'raw':
        assignValue(record, undefined as T, error);
        return READY;
      case 'skip':
        return { kind: 'skipped', error: skipped(error) };
      case 'fail':
        return { kind: 'failed', error };
      default:
        return {
          kind: 'failed',
          error: decodeFailed(record, 'onDecodeError gave no action', action),
        };
    }
  }

  #actionFor(record: ShardRecord<T>, error: KinesumerError): unknown {
    if (typeof this.#policy !== 'function') return this.#policy;
    try {
      return this.#policy(error, record);
    } catch (cause) {
      return cause;
    }
  }
}

/** Not an error with the parser's message in it: that quotes the data, which must not reach a log. */
class NotJson {}

const NOT_JSON = new NotJson();

function readJson(record: ShardRecord<unknown>): unknown {
  try {
    return record.json();
  } catch {
    return NOT_JSON;
  }
}

/** Told and logged, unlike the failure: what the decoder said of it may quote the data. */
const skipped = (error: KinesumerError): KinesumerError =>
  errorLike(error, 'RecordSkipped', `${error.message} It was passed over.`);

function decodeFailed(record: ShardRecord<unknown>, why: string, cause: unknown): KinesumerError {
  const { stream, shardId, sequenceNumber } = record;
  return new KinesumerError(
    'DecodeFailed',
    `Record ${sequenceNumber} of shard ${shardId} of ${stream} could not be decoded: ${why}.`,
    { stream, shardId, sequenceNumber, cause },
  );
}
