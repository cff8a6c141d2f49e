import type { KinesumerError } from '../errors.ts';
import type { Log, StateStore, Stream } from '../machines/ports.ts';
import { PROFILES, type Config, type Timings } from './config.ts';
import { ASSIGNORS, DECODE_ERROR_CHOICES, DEFAULTS, PROFILE_NAMES, RANGES } from './defaults.ts';
import {
  abortSignal,
  aFunction,
  anObject,
  fields,
  flag,
  oneOf,
  refuse,
  wholeNumber,
  withMethods,
  within,
  type Given,
} from './fields.ts';
import { appName, clientIdName, parseStreams, regionName, roleName, tableName } from './names.ts';
import {
  commitTimeoutWithinInterval,
  heartbeatTwicePerTtl,
  heartbeatWithinSelfFence,
  pollTwicePerTtl,
  selfFenceBelowTtl,
  toleranceOnlyWhenSticky,
} from './relations.ts';
import { parseStart } from './start.ts';
import type {
  DecodeErrorChoice,
  InspectorLike,
  KinesumerOptions,
  ValueSchema,
} from './user-options.ts';

/** How `record.value` is made: by `decode`, else from JSON; then by the schema. Neither: there is none. */
export interface DecodingOptions {
  readonly schema: ValueSchema<unknown> | undefined;
  readonly decode: ((data: Uint8Array, record: unknown) => unknown) | undefined;
  readonly onDecodeError:
    DecodeErrorChoice | ((error: KinesumerError, record: unknown) => DecodeErrorChoice);
}

/** What the AWS adapters are made from; undefined: left to the SDK, or not needed. */
export interface AwsOptions {
  readonly region: string | undefined;
  readonly roleArn: string | undefined;
  readonly kinesis: object | undefined;
  readonly dynamodb: object | undefined;
}

/** What `createKinesumer` was given, checked. All of it is frozen but the user's own objects. */
export interface ParsedOptions {
  readonly config: Config;
  readonly aws: AwsOptions;
  readonly table: { readonly name: string; readonly create: boolean };
  readonly stateStore: StateStore | undefined;
  readonly stream: Stream | undefined;
  readonly decoding: DecodingOptions;
  readonly logger: Log | undefined;
  readonly inspect: ((event: unknown) => void) | undefined;
  readonly inspector: InspectorLike | undefined;
  readonly signal: AbortSignal | undefined;
}

/** Every option; a name that is missing here does not compile, and one that is not here is refused. */
const NAMES = Object.keys({
  app: 0,
  clientId: 0,
  streams: 0,
  region: 0,
  roleArn: 0,
  kinesis: 0,
  dynamodb: 0,
  table: 0,
  stateStore: 0,
  stream: 0,
  scanLimit: 0,
  scanTimeoutMs: 0,
  scanIntervalMs: 0,
  start: 0,
  commit: 0,
  assignor: 0,
  assignorTolerance: 0,
  profile: 0,
  drainTimeoutMs: 0,
  highWaterMarkBytes: 0,
  schema: 0,
  decode: 0,
  onDecodeError: 0,
  logger: 0,
  inspect: 0,
  signal: 0,
} satisfies Record<keyof KinesumerOptions, 0>);

/**
 * Checks what `createKinesumer` was given.
 *
 * @param newClientId makes the id of a client that was given none
 * @throws KinesumerError `InvalidOption`
 */
export function parseOptions(input: unknown, newClientId: () => string): ParsedOptions {
  const given = fields('', input, NAMES);
  const config = parseConfig(given, newClientId);
  refuseContradictions(given);
  return Object.freeze({
    config,
    aws: parseAws(given),
    table: parseTable(given.table),
    stateStore: withMethods<StateStore>('stateStore', given.stateStore, [
      'open',
      'read',
      'query',
      'write',
      'usage',
      'close',
    ]),
    stream: withMethods<Stream>('stream', given.stream, [
      'describe',
      'listShards',
      'openIterator',
      'fetch',
      'close',
    ]),
    decoding: parseDecoding(given),
    logger: withMethods<Log>('logger', given.logger, ['debug', 'info', 'warn', 'error']),
    ...parseInspect(given.inspect),
    signal: abortSignal('signal', given.signal),
  });
}

function parseInspect(value: unknown): Pick<ParsedOptions, 'inspect' | 'inspector'> {
  if (typeof value === 'object' && value !== null) {
    const inspector = withMethods<InspectorLike>('inspect', value, ['attach']);
    return { inspect: undefined, inspector };
  }
  const inspect = aFunction<(event: unknown) => void>('inspect', value);
  return { inspect, inspector: undefined };
}

function parseConfig(given: Given, newClientId: () => string): Config {
  const dealt = parseAssignor(given);
  return Object.freeze({
    app: appName(given.app),
    clientId: given.clientId === undefined ? newClientId() : clientIdName(given.clientId),
    membership: given.clientId === undefined ? 'dynamic' : 'static',
    streams: given.streams === undefined ? Object.freeze([]) : parseStreams(given.streams),
    ...parseProfile(given.profile),
    start: Object.freeze(parseStart(given.start)),
    ...dealt,
    scanLimit: wholeNumber('scanLimit', given.scanLimit, RANGES.scanLimit, DEFAULTS.scanLimit),
    scanTimeoutMs: wholeNumber(
      'scanTimeoutMs',
      given.scanTimeoutMs,
      RANGES.scanTimeoutMs,
      DEFAULTS.scanTimeoutMs,
    ),
    scanIntervalMs: wholeNumber(
      'scanIntervalMs',
      given.scanIntervalMs,
      RANGES.scanIntervalMs,
      DEFAULTS.scanIntervalMs,
    ),
    commit: parseCommit(given.commit),
    drainTimeoutMs: wholeNumber(
      'drainTimeoutMs',
      given.drainTimeoutMs,
      RANGES.drainTimeoutMs,
      DEFAULTS.drainTimeoutMs,
    ),
    highWaterMarkBytes: wholeNumber(
      'highWaterMarkBytes',
      given.highWaterMarkBytes,
      RANGES.highWaterMarkBytes,
      DEFAULTS.highWaterMarkBytes,
    ),
  });
}

function parseProfile(value: unknown): Pick<Config, 'profile' | 'timings'> {
  if (typeof value === 'object' && value !== null) {
    return { profile: 'custom', timings: parseTimings(value) };
  }
  const profile = oneOf('profile', value, PROFILE_NAMES, DEFAULTS.profile);
  return { profile, timings: Object.freeze({ ...PROFILES[profile] }) };
}

function parseTimings(value: unknown): Timings {
  const names = Object.keys(PROFILES.default) as (keyof Timings)[];
  const given = fields('profile', value, names);
  const timing = (name: keyof Timings): number =>
    wholeNumber(within('profile', name), given[name], RANGES.timingMs);
  const timings = Object.freeze({
    heartbeatIntervalMs: timing('heartbeatIntervalMs'),
    ttlMs: timing('ttlMs'),
    selfFenceMs: timing('selfFenceMs'),
    pollIntervalMs: timing('pollIntervalMs'),
  });
  const { heartbeatIntervalMs, ttlMs, selfFenceMs, pollIntervalMs } = timings;
  if (!heartbeatTwicePerTtl(timings)) {
    const rule = `must be at most half of profile.ttlMs (${ttlMs})`;
    refuse('profile.heartbeatIntervalMs', rule, heartbeatIntervalMs);
  }
  if (!pollTwicePerTtl(timings)) {
    const rule = `must be at most half of profile.ttlMs (${ttlMs})`;
    refuse('profile.pollIntervalMs', rule, pollIntervalMs);
  }
  if (!selfFenceBelowTtl(timings)) {
    const rule = `must be at most 9/11 of profile.ttlMs (${ttlMs}), for clocks that are 10 % wrong`;
    refuse('profile.selfFenceMs', rule, selfFenceMs);
  }
  if (!heartbeatWithinSelfFence(timings)) {
    const rule = `must be more than 1.1 times profile.heartbeatIntervalMs (${heartbeatIntervalMs})`;
    refuse('profile.selfFenceMs', rule, selfFenceMs);
  }
  return timings;
}

function parseAssignor(given: Given): Pick<Config, 'assignor' | 'assignorTolerance'> {
  const assignor = oneOf('assignor', given.assignor, ASSIGNORS, DEFAULTS.assignor);
  const assignorTolerance = wholeNumber(
    'assignorTolerance',
    given.assignorTolerance,
    RANGES.assignorTolerance,
    DEFAULTS.assignorTolerance,
  );
  if (!toleranceOnlyWhenSticky({ assignor, assignorTolerance })) {
    refuse('assignorTolerance', `must be 0 where assignor is '${assignor}'`, assignorTolerance);
  }
  return { assignor, assignorTolerance };
}

function parseCommit(value: unknown): Config['commit'] {
  const given =
    value === undefined ? {} : fields('commit', value, ['auto', 'intervalMs', 'timeoutMs']);
  const auto = flag('commit.auto', given.auto, DEFAULTS.commit.auto);
  const intervalMs = wholeNumber(
    'commit.intervalMs',
    given.intervalMs,
    RANGES.commitIntervalMs,
    DEFAULTS.commit.intervalMs,
  );
  const timeoutMs = wholeNumber(
    'commit.timeoutMs',
    given.timeoutMs,
    RANGES.commitTimeoutMs,
    Math.min(DEFAULTS.commit.timeoutMs, intervalMs),
  );
  const commit = Object.freeze({ auto, intervalMs, timeoutMs });
  if (!commitTimeoutWithinInterval(commit)) {
    refuse('commit.timeoutMs', `must be at most commit.intervalMs (${intervalMs})`, timeoutMs);
  }
  return commit;
}

function parseAws(given: Given): AwsOptions {
  return Object.freeze({
    region: regionName(given.region),
    roleArn: roleName(given.roleArn),
    kinesis: anObject('kinesis', given.kinesis),
    dynamodb: anObject('dynamodb', given.dynamodb),
  });
}

function parseTable(value: unknown): ParsedOptions['table'] {
  const given = value === undefined ? {} : fields('table', value, ['name', 'create']);
  return Object.freeze({
    name: tableName(given.name === undefined ? DEFAULTS.table.name : given.name),
    create: flag('table.create', given.create, DEFAULTS.table.create),
  });
}

function parseDecoding(given: Given): DecodingOptions {
  return Object.freeze({
    schema: parseSchema(given.schema),
    decode: aFunction<NonNullable<DecodingOptions['decode']>>('decode', given.decode),
    onDecodeError: parseOnDecodeError(given.onDecodeError),
  });
}

function parseSchema(value: unknown): ValueSchema<unknown> | undefined {
  if (value === undefined || isSchema(value)) return value;
  return refuse(
    'schema',
    'must follow Standard Schema, version 1 (zod, valibot, arktype do)',
    value,
  );
}

/** Schemas may be objects or, as arktype's, functions. */
function isSchema(value: unknown): value is ValueSchema<unknown> {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  const standard: unknown = Reflect.get(value, '~standard');
  if (typeof standard !== 'object' || standard === null) return false;
  return (
    Reflect.get(standard, 'version') === 1 &&
    typeof Reflect.get(standard, 'validate') === 'function'
  );
}

function parseOnDecodeError(value: unknown): DecodingOptions['onDecodeError'] {
  if (typeof value === 'function') return value as () => DecodeErrorChoice;
  return oneOf('onDecodeError', value, DECODE_ERROR_CHOICES, DEFAULTS.onDecodeError);
}

/** A ready AWS client has `send`; a config has not. */
const isReadyClient = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && typeof Reflect.get(value, 'send') === 'function';

/** Refuses options of which one would be silently ignored. */
function refuseContradictions(given: Given): void {
  const rivals = [
    ['stateStore', 'dynamodb'],
    ['stateStore', 'table'],
    ['stream', 'kinesis'],
    ['stream', 'roleArn'],
  ] as const;
  for (const [one, other] of rivals) {
    if (given[one] !== undefined && given[other] !== undefined) {
      refuse(other, `must not be given together with ${one}`, given[other]);
    }
  }
  if (given.roleArn !== undefined && isReadyClient(given.kinesis)) {
    refuse('roleArn', 'must not be given together with a ready kinesis client', given.roleArn);
  }
}
