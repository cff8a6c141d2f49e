/** The shapes of a feed's lines as JSON Schema: schema/trace.schema.json is written from this constant. */

type Schema = Readonly<Record<string, unknown>>;

const anything: Schema = {};
const text: Schema = { type: 'string' };
const count: Schema = { type: 'integer', minimum: 0 };
const milliseconds: Schema = { type: 'number', minimum: 0 };
const texts: Schema = { type: 'array', items: text };
const oneOf = (...values: readonly string[]): Schema => ({ enum: values });
const orNull = (schema: Schema): Schema => ({ anyOf: [schema, { type: 'null' }] });

/** An object with these properties and no others; those that end in `?` may be left out. */
function exactly(properties: Readonly<Record<string, Schema>>): Schema {
  const named = Object.entries(properties).map(
    ([name, schema]) => [name.replace(/\?$/, ''), schema] as const,
  );
  return {
    type: 'object',
    properties: Object.fromEntries(named),
    required: Object.keys(properties).filter((name) => !name.endsWith('?')),
    additionalProperties: false,
  };
}

const event = (kind: string, properties: Readonly<Record<string, Schema>>): Schema =>
  exactly({ kind: { const: kind }, atMs: milliseconds, order: count, ...properties });

const shard = exactly({
  shardId: text,
  parents: texts,
  startHash: text,
  endHash: text,
  closed: { type: 'boolean' },
  ended: { type: 'boolean' },
  origin: oneOf('first', 'later'),
});

/** By the place in the union; each has a `kind` of its own. */
const EVENTS: readonly Schema[] = [
  exactly({
    kind: { const: 'trace' },
    version: { const: 1 },
    source: oneOf('simulation', 'table', 'process'),
    app: text,
    scenario: orNull({ type: 'object' }),
    'epochMs?': { type: 'number' },
  }),
  // changes of the table
  event('member', {
    by: orNull(text),
    clientId: text,
    session: orNull(text),
    state: oneOf('registering', 'active', 'leaving', 'gone'),
    rv: count,
    ttlMs: orNull(count),
  }),
  event('generation', { by: orNull(text), generation: count, leader: text, planRef: text }),
  event('plan', {
    by: orNull(text),
    planRef: text,
    generation: count,
    body: text,
    parts: count,
  }),
  event('map', {
    by: orNull(text),
    stream: text,
    version: count,
    startMs: orNull({ type: 'number' }),
    shards: orNull({ type: 'array', items: shard }),
  }),
  event('shard', {
    by: orNull(text),
    stream: text,
    shardId: text,
    change: oneOf('acquired', 'committed', 'released', 'ended', 'deleted', 'other'),
    owner: orNull(text),
    fence: orNull(count),
    position: orNull(text),
  }),
  event('unreadable', { by: orNull(text), pk: text, sk: text }),
  event('table', { what: oneOf('lost', 'back'), 'detail?': text }),
  // what processes did and told
  event('process', {
    process: text,
    clientId: text,
    what: oneOf('started', 'leaving', 'left', 'crashed', 'failed', 'paused', 'resumed', 'cut'),
    'code?': text,
    'untilMs?': milliseconds,
  }),
  event('setup', {
    process: text,
    clientId: text,
    slot: count,
    profile: text,
    streams: texts,
    trustMs: milliseconds,
    'commits?': oneOf('byHand'),
  }),
  event('refreshed', { process: text, streams: texts, 'code?': text }),
  event('handler', { process: text, manner: oneOf('prompt', 'slow', 'stuck', 'throwing') }),
  event('usage', {
    process: text,
    readUnits: { type: 'number', minimum: 0 },
    writeUnits: { type: 'number', minimum: 0 },
    heartbeatIntervalMs: milliseconds,
    pollIntervalMs: milliseconds,
  }),
  event('heartbeat', { process: text, session: text, sentMs: milliseconds }),
  event('notice', {
    process: text,
    name: oneOf(
      'ready',
      'leader',
      'rebalance',
      'shardStart',
      'shardEnd',
      'commit',
      'error',
      'close',
    ),
    'shard?': text,
    'fence?': count,
    'detail?': text,
  }),
  event('delivered', {
    process: text,
    call: count,
    stream: text,
    shardId: text,
    fence: count,
    sequenceNumber: text,
    key: text,
    n: count,
  }),
  event('completed', { process: text, call: count }),
  event('marked', { process: text, call: count, upTo: text }),
  event('threw', { process: text, call: count }),
  event('flow', {
    process: text,
    stream: text,
    shardId: text,
    records: count,
    bytes: count,
    overMs: milliseconds,
    behindMs: orNull(milliseconds),
  }),
  // the statecharts that run
  event('chart', { machine: text, definition: { type: 'object' } }),
  event('actor', {
    process: text,
    actorId: text,
    parentId: orNull(text),
    machine: text,
    name: text,
    'stream?': text,
    'shardId?': text,
  }),
  event('state', {
    process: text,
    actorId: text,
    status: oneOf('active', 'done', 'error', 'stopped'),
    value: anything,
    activeIds: texts,
    event: text,
    from: texts,
    sinceMs: orNull(milliseconds),
    context: anything,
  }),
  event('actorGone', { process: text, actorId: text }),
  // what producers and operators did
  event('put', {
    stream: text,
    shardId: text,
    sequenceNumber: text,
    key: text,
    n: count,
    arrivalMs: { type: 'number' },
  }),
  event('reshard', { stream: text, parents: texts, children: texts }),
  event('stream', {
    what: oneOf('created', 'deleted'),
    stream: text,
    createdAtMs: { type: 'number' },
  }),
  event('lapsed', { stream: text, beforeMs: { type: 'number' } }),
  event('erased', { pk: text, sk: text }),
  event('foreign', { pk: text, sk: text }),
  // the script: its actions have the shapes that they have in the scenario
  event('action', {
    action: { type: 'object', properties: { kind: text }, required: ['kind'] },
  }),
  event('injected', { counts: { type: 'object', additionalProperties: count } }),
  event('quiet', {}),
  event('dropped', { count }),
  // what checkers found
  exactly({
    kind: { const: 'violation' },
    atMs: milliseconds,
    order: orNull(count),
    invariant: text,
    message: text,
  }),
];

export const TRACE_SCHEMA: Schema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'A line of a kinesumer trace',
  description:
    'A trace is a file of such lines; the first is of kind "trace". Times are milliseconds since its beginning.',
  oneOf: EVENTS,
};
