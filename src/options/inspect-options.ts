/** What the live page takes. */
import type { StateStore } from '../machines/ports.ts';
import { DEFAULTS } from './defaults.ts';
import { aFunction, anObject, fields, flag, refuse, text, within, withMethods } from './fields.ts';
import { appName, regionName, tableName } from './names.ts';

export interface InspectOptions {
  /**
   * Port of the page on this machine: 0 … 65,535; 0 is any that is free.
   * @default 0
   */
  readonly port?: number | undefined;
  /**
   * Address to listen on. Any but a loopback address opens the page to whoever reaches it and has its token.
   * @default '127.0.0.1'
   */
  readonly host?: string | undefined;
  /**
   * Names under which the page is answered besides its address, as in the Host header, such as `ops.example.com:8080`:
   * for a page that listens on all addresses, or is mounted in a server of your own.
   * @default none
   */
  readonly hosts?: readonly string[] | undefined;
  /**
   * Whether the state table is read, while a page is open, to show the whole group: without it a page shows what its
   * own process knows. See `inspectTable` for what that costs.
   * @default true
   */
  readonly group?: boolean | undefined;
}

/** What a page may ask of its host, by the kind of the action; what it throws is told to the page. */
export type InspectorActions = Readonly<
  Record<string, (action: Readonly<Record<string, unknown>>) => unknown>
>;

export interface InspectorOptions extends InspectOptions {
  /**
   * Name of the application that is shown.
   * @default that of the first client
   */
  readonly app?: string | undefined;
  /**
   * false: no server is opened; mount `fetch` in one of your own, and name it in `hosts`.
   * @default true
   */
  readonly listen?: boolean | undefined;
  /**
   * Path under which `fetch` is mounted; begins and ends with a slash.
   * @default '/'
   */
  readonly basePath?: string | undefined;
  /**
   * What the page may do. Without any it only shows.
   * @default none
   */
  readonly actions?: InspectorActions | undefined;
}

/** What `inspectTable` takes. */
export interface InspectTableOptions<DynamoDb extends object = object> extends Omit<
  InspectOptions,
  'group'
> {
  /** Name of the application whose group is shown. */
  readonly app: string;
  /**
   * Name of the state table.
   * @default 'kinesumer-state-store'
   */
  readonly table?: string | undefined;
  /**
   * AWS region of the client that is made here, like `eu-west-1`.
   * @default as the AWS SDK finds it (environment, profile)
   */
  readonly region?: string | undefined;
  /** A DynamoDB client of your own (it is not closed here), or the config for the one that is made. */
  readonly dynamodb?: DynamoDb | undefined;
  /** A state store in place of DynamoDB, e.g. the one in memory. Not together with `dynamodb` and `table`. */
  readonly stateStore?: StateStore | undefined;
  /**
   * What the page may do. Without any it only shows.
   * @default none
   */
  readonly actions?: InspectorActions | undefined;
}

export interface ParsedInspectTableOptions {
  readonly app: string;
  readonly table: string;
  readonly region: string | undefined;
  readonly dynamodb: object | undefined;
  readonly stateStore: Pick<StateStore, 'open' | 'read' | 'query' | 'close'> | undefined;
  readonly page: ParsedInspectorOptions;
}

export interface ParsedInspectorOptions {
  readonly port: number;
  readonly host: string;
  readonly hosts: readonly string[];
  readonly group: boolean;
  readonly app: string | null;
  readonly listen: boolean;
  readonly basePath: string;
  readonly actions: InspectorActions;
}

const NAMES = Object.keys({
  port: 0,
  host: 0,
  hosts: 0,
  group: 0,
  app: 0,
  listen: 0,
  basePath: 0,
  actions: 0,
} satisfies Record<keyof InspectorOptions, 0>);

const TABLE_NAMES = Object.keys({
  app: 0,
  table: 0,
  region: 0,
  dynamodb: 0,
  stateStore: 0,
  port: 0,
  host: 0,
  hosts: 0,
  actions: 0,
} satisfies Record<keyof InspectTableOptions, 0>);

const MAX_PORT = 65_535;
const MAX_HOSTS = 32;
const LOOPBACK = '127.0.0.1';
/** Addresses that are no name: whoever listens on them is called by another. */
const ALL_ADDRESSES: readonly string[] = ['0.0.0.0', '::', ''];
const HOST = /^[\w.:[\]-]{1,255}$/;

/** @throws KinesumerError `InvalidOption` */
export function parseInspectorOptions(input: unknown = {}): ParsedInspectorOptions {
  const given = fields('', input, NAMES);
  const host =
    given['host'] === undefined
      ? LOOPBACK
      : text('host', given['host'], HOST, 'must be an address or a name');
  const hosts = parseHosts(given['hosts']);
  const listen = flag('listen', given['listen'], true);
  if (hosts.length === 0 && (!listen || ALL_ADDRESSES.includes(host))) {
    refuse('hosts', 'must name how the page is called where it does not listen by itself', hosts);
  }
  return Object.freeze({
    port: parsePort(given['port']),
    host,
    hosts,
    group: flag('group', given['group'], true),
    app: given['app'] === undefined ? null : appName(given['app']),
    listen,
    basePath:
      given['basePath'] === undefined
        ? '/'
        : text('basePath', given['basePath'], /^\/([\w.~-]+\/)*$/, 'must be a path from / to /'),
    actions: parseActions(given['actions']),
  });
}

/** @throws KinesumerError `InvalidOption` */
export function parseInspectTableOptions(input: unknown): ParsedInspectTableOptions {
  const given = fields('', input, TABLE_NAMES);
  const { app, table, region, dynamodb, stateStore, ...page } = given;
  for (const [name, value] of Object.entries({ table, dynamodb })) {
    if (stateStore === undefined || value === undefined) continue;
    refuse(name, 'must not be given together with stateStore', value);
  }
  return Object.freeze({
    app: appName(app),
    table: tableName(table ?? DEFAULTS.table.name),
    region: regionName(region),
    dynamodb: anObject('dynamodb', dynamodb),
    stateStore: withMethods<StateStore>('stateStore', stateStore, [
      'open',
      'read',
      'query',
      'close',
    ]),
    page: parseInspectorOptions({ ...page, app }),
  });
}

function parsePort(value: unknown): number {
  if (value === undefined) return 0;
  if (Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= MAX_PORT) {
    return value as number;
  }
  return refuse('port', `must be a whole number from 0 to ${MAX_PORT}`, value);
}

function parseHosts(value: unknown): readonly string[] {
  if (value === undefined) return [];
  if (!Array.isArray(value) || value.length > MAX_HOSTS) {
    return refuse('hosts', `must be a list of at most ${MAX_HOSTS} names`, value);
  }
  return value.map((host: unknown, index) =>
    text(`hosts[${index}]`, host, HOST, 'must be a Host header').toLowerCase(),
  );
}

function parseActions(value: unknown): InspectorActions {
  if (value === undefined) return {};
  const given = fields('actions', value, Object.keys(Object(value)));
  for (const [kind, act] of Object.entries(given)) aFunction(within('actions', kind), act);
  return given as InspectorActions;
}
