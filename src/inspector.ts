/**
 * The live page: what a client or a whole group does, seen while it does it. Costs nothing while nobody looks.
 *
 * @example
 * const inspector = await createInspector({ port: 4444 });
 * const client = await createKinesumer({ app: 'orders', inspect: inspector });
 * console.log(`Open ${inspector.url}`);
 *
 * @packageDocumentation
 */
import type { DynamoDBClient, DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import type { Clock, StateStore } from './machines/ports.ts';
import {
  parseInspectorOptions,
  parseInspectTableOptions,
  type InspectorOptions,
  type InspectTableOptions as TableOptions,
  type ParsedInspectorOptions,
} from './options.ts';
import type { FeedHeader } from './feed/events.ts';
import {
  openInspector,
  type Inspector,
  type InspectorParts,
  type OpenInspector,
} from './services/inspector/inspector.ts';
import { tableSource } from './services/inspector/table-feed.ts';

/** What {@link inspectTable} takes. */
export type InspectTableOptions = TableOptions<DynamoDBClient | DynamoDBClientConfig>;

/**
 * Opens a page on this machine that shows the clients attached to it, with every statechart that runs in them, and their
 * group. Give it to `createKinesumer` as the option `inspect`, or attach clients later.
 *
 * While a page is open, the state table is read for it through a client's own store (`group: false`: it is not); see
 * {@link inspectTable} for what that costs.
 *
 * @throws KinesumerError `InvalidOption`, `PortUnavailable`
 *
 * @example
 * // in a server of your own
 * const inspector = await createInspector({ listen: false, basePath: '/live/', hosts: ['ops:8080'] });
 * const answer = (request: Request) => inspector.fetch(request);
 */
export const createInspector = async (options: InspectorOptions = {}): Promise<Inspector> =>
  open('process', parseInspectorOptions(options));

/**
 * Opens a page on this machine that shows a whole group from outside, by what stands in its state table. It writes
 * nothing, needs the permissions of schema/iam-policy-inspect.json, and reads only while a page is open. In read units a
 * minute: about 70 for a group of 3 clients and 16 shards, 150 for 20 and 200, 600 for 100 and 1,000; more for as long
 * as shards move.
 *
 * Waits for slow credentials, 30 s at most, and then asks a table that throttles or does not answer again for 10 s.
 *
 * @throws KinesumerError `InvalidOption`, `PortUnavailable`, `TableMissing`, `TableShape`, `CredentialsMissing`,
 *   `AccessDenied`, `StoreUnanswered`, `StoreThrottled`, `StoreRejected`
 *
 * @example
 * const { url, close } = await inspectTable({ app: 'orders', region: 'eu-west-1' });
 * console.log(`Open ${url}`);
 */
export async function inspectTable(options: InspectTableOptions): Promise<Inspector> {
  const { app, table, region, dynamodb, stateStore, page } = parseInspectTableOptions(options);
  const { systemClock } = await import('./services/system/clock.ts');
  const clock = systemClock();
  const store = stateStore ?? (await dynamoStore(clock, { table, region, dynamodb }));
  const opened = await store.open();
  if (opened.kind !== 'ready') {
    if (stateStore === undefined) store.close();
    throw opened.error;
  }
  const inspector = await open('table', page).catch((error: unknown) => {
    if (stateStore === undefined) store.close();
    throw error;
  });
  inspector.hub.source(tableSource(inspector.hub, { app, store, clock }));
  const close = async (): Promise<void> => {
    await inspector.close();
    if (stateStore === undefined) store.close();
  };
  const { url, fetch, attach, publish, source } = inspector;
  return { url, fetch, attach, publish, source, close };
}

/** What {@link inspectTrace} takes. */
export interface InspectTraceOptions {
  /** Lines of a trace file, without line ends, a header first; called each time that a page asks for them. */
  readonly lines: () => Iterable<string> | AsyncIterable<string>;
  /** Name of the application whose trace it is. */
  readonly app: string;
  /**
   * Port of the page on this machine: 0 … 65,535; 0 is any that is free.
   * @default 0
   */
  readonly port?: number | undefined;
}

/**
 * Opens a page on this machine that shows a trace, such as one of a simulation.
 *
 * @throws KinesumerError `InvalidOption`, `PortUnavailable`
 *
 * @example
 * const lines = () => createInterface(createReadStream('run.jsonl'));
 * const { url, close } = await inspectTrace({ app: 'orders', lines });
 */
export const inspectTrace = async (options: InspectTraceOptions): Promise<Inspector> => {
  const { lines, app, port } = options;
  return open('simulation', parseInspectorOptions({ app, port }), lines);
};

async function open(
  source: FeedHeader['source'],
  options: ParsedInspectorOptions,
  trace: InspectorParts['trace'] = null,
): Promise<OpenInspector> {
  // by themselves, so that what is exported here can be bundled for a browser
  const [{ systemClock }, { systemRandom }, { serve }, { pageFiles }] = await Promise.all([
    import('./services/system/clock.ts'),
    import('./services/system/random.ts'),
    import('./services/inspector/node/server.ts'),
    import('./services/inspector/node/page-files.ts'),
  ]);
  const readGroup: InspectorParts['readGroup'] = (hub, app, store, clock) =>
    hub.source(tableSource(hub, { app, store, clock }));
  return openInspector({
    source,
    options,
    clock: systemClock(),
    random: systemRandom(),
    asset: pageFiles(),
    trace,
    serve,
    readGroup,
  });
}

async function dynamoStore(
  clock: Clock,
  from: { readonly table: string; readonly region: string | undefined; readonly dynamodb: unknown },
): Promise<StateStore> {
  const { DynamoStateStore } = await import('./services/dynamodb/state-store.ts');
  const client = from.dynamodb as InspectTableOptions['dynamodb'];
  return new DynamoStateStore({
    clock,
    tableName: from.table,
    ...(client === undefined ? {} : { client }),
    ...(from.region === undefined ? {} : { region: from.region }),
  });
}

export type { Inspector } from './services/inspector/inspector.ts';
export type { InspectorActions, InspectorOptions } from './options.ts';
export { FeedHub, type FeedHubOptions, type FeedSource } from './services/inspector/hub.ts';
export { watchClient, type InspectedClient } from './services/inspector/client-feed.ts';
export type { Subscription } from './services/inspector/subscription.ts';
export type { FeedEvent, FeedHeader, FeedLine, Unplaced } from './feed/events.ts';
