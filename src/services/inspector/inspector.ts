/** An inspector: the hub of a feed, the clients that feed it, and the page that shows it. */
import { KinesumerError } from '../../errors.ts';
import type { FeedEvent, FeedHeader, Unplaced } from '../../feed/events.ts';
import type { Clock, Random, StateStore } from '../../machines/ports.ts';
import type { ParsedInspectorOptions } from '../../options.ts';
import type { Lines } from './text-stream.ts';
import { watchClient, type InspectedClient } from './client-feed.ts';
import { pageHandler, type Asset } from './http.ts';
import { FeedHub, type FeedSource } from './hub.ts';
import { StatelyFeed } from './stately-feed.ts';

/** An inspector whose page can be opened. */
export interface Inspector {
  /** Of the page, with its token. Where no server was opened: its path in yours. */
  readonly url: string;
  /** The page as a web-standard handler; needs no `this`. */
  readonly fetch: (request: Request) => Promise<Response>;
  /**
   * Shows a client from now until it is closed. All clients of an inspector are of one application.
   *
   * @returns takes it off again
   * @throws KinesumerError `InvalidOption`: it is of another application
   */
  readonly attach: (client: InspectedClient) => () => void;
  /** Shows something that happened elsewhere, in the words of the feed. */
  readonly publish: (event: Unplaced<FeedEvent>) => void;
  /**
   * Adds something that is only worth its cost while a page is open.
   *
   * @returns takes it off again
   */
  readonly source: (source: FeedSource) => () => void;
  /** Ends the pages, and the server where there is one; what is attached or asks later is passed over. */
  readonly close: () => Promise<void>;
}

interface PageServer {
  readonly port: number;
  close(): Promise<void>;
}

export interface InspectorParts {
  readonly source: FeedHeader['source'];
  readonly options: ParsedInspectorOptions;
  readonly clock: Clock;
  readonly random: Random;
  readonly asset: (path: string) => Promise<Asset | null>;
  /** The lines of a trace that the page shows in place of a feed; null: it shows the feed. */
  readonly trace: (() => Lines) | null;
  readonly serve: (server: {
    readonly host: string;
    readonly port: number;
    readonly fetch: Inspector['fetch'];
  }) => Promise<PageServer>;
  /** Reads a group from outside while somebody reads. @returns ends it */
  readonly readGroup: (hub: FeedHub, app: string, store: StateStore, clock: Clock) => () => void;
}

/** @throws KinesumerError `PortUnavailable` */
export async function openInspector(parts: InspectorParts): Promise<OpenInspector> {
  const inspector = new OpenInspector(parts);
  await inspector.listen();
  return inspector;
}

export class OpenInspector implements Inspector {
  readonly hub: FeedHub;
  readonly fetch: Inspector['fetch'];
  readonly #parts: InspectorParts;
  readonly #stately: StatelyFeed;
  readonly #token: string;
  readonly #hosts: Set<string>;
  readonly #clients = new Map<string, InspectedClient>();
  #app: string | null;
  #group: { readonly client: InspectedClient; readonly end: () => void } | null = null;
  #server: PageServer | null = null;
  #phase: 'open' | 'closed' = 'open';
  /** What ends the watch over each client. */
  readonly #watches = new Set<() => void>();

  constructor(parts: InspectorParts) {
    const { options, clock, random, source } = parts;
    this.#parts = parts;
    this.#app = options.app;
    this.#token = random.id('token of the live page');
    this.#hosts = new Set(options.hosts);
    const [startMs, epochMs] = [clock.monotonicMs(), Math.trunc(clock.wallMs())];
    const hub = new FeedHub({
      header: () => ({ source, app: this.#app ?? '', scenario: null, epochMs }),
      nowMs: () => clock.monotonicMs() - startMs,
    });
    this.hub = hub;
    this.#stately = new StatelyFeed(clock);
    this.fetch = pageHandler({
      source,
      subscribe: () => hub.subscribe(),
      subscribeStately: () => this.#stately.subscribe(),
      isClosed: () => this.#phase === 'closed',
      asset: parts.asset,
      trace: parts.trace,
      actions: options.actions,
      clock,
      token: this.#token,
      hosts: this.#hosts,
      basePath: options.basePath,
    });
  }

  get url(): string {
    const { options } = this.#parts;
    const path = `${options.basePath}?token=${this.#token}`;
    if (this.#server === null) return path;
    const [named = hostOf(options.host, this.#server.port)] = options.hosts;
    return `http://${named}${path}`;
  }

  async listen(): Promise<void> {
    const { options, serve } = this.#parts;
    const { host, port, listen } = options;
    if (!listen) return;
    this.#server = await serve({ host, port, fetch: this.fetch });
    for (const name of isLoopback(host) ? LOOPBACK : [host]) {
      this.#hosts.add(hostOf(name, this.#server.port));
      if (this.#server.port === DEFAULT_PORT) this.#hosts.add(bracketed(name));
    }
  }

  readonly attach: Inspector['attach'] = (client) => {
    this.#app ??= client.app;
    if (client.app !== this.#app) {
      throw new KinesumerError(
        'InvalidOption',
        `The inspector shows ${this.#app}; a client of ${client.app} needs one of its own`,
      );
    }
    if (this.#phase === 'closed') return () => {};
    const process = this.#processOf(client.clientId);
    this.#clients.set(process, client);
    const off: () => void = watchClient(this.hub, client, process, {
      onRoot: (root) => this.#stately.add(root),
      onEnd: () => {
        // taken off before: its name may be another's by now
        if (!this.#watches.delete(off)) return;
        this.#clients.delete(process);
        this.#regroup();
      },
    });
    this.#watches.add(off);
    this.#regroup();
    return off;
  };

  readonly publish: Inspector['publish'] = (event) => this.hub.publish(event);

  readonly source: Inspector['source'] = (source) => this.hub.source(source);

  readonly close: Inspector['close'] = async () => {
    this.#phase = 'closed';
    this.hub.close();
    this.#stately.close();
    // a client that lives on is to pay nothing for it
    for (const off of this.#watches) off();
    await this.#server?.close();
  };

  /** Two clients of a process may have the same id, one after the other or by mistake. */
  #processOf(clientId: string): string {
    let process = clientId;
    for (let n = 2; this.#clients.has(process); n += 1) process = `${clientId}~${n}`;
    return process;
  }

  /** The group is read once, through a client that lives. */
  #regroup(): void {
    const living = [...this.#clients.values()];
    if (this.#group !== null && living.includes(this.#group.client)) return;
    this.#group?.end();
    this.#group = null;
    const [client] = living;
    if (this.#phase === 'closed' || client === undefined || !this.#parts.options.group) return;
    const { store, clock } = client.inside();
    const end = this.#parts.readGroup(this.hub, client.app, store, clock);
    this.#group = { client, end };
  }
}

const DEFAULT_PORT = 80;
const LOOPBACK = ['127.0.0.1', 'localhost', '::1'];

const isLoopback = (host: string): boolean =>
  LOOPBACK.includes(host) || /^127(\.\d{1,3}){3}$/.test(host);

const bracketed = (host: string): string => (host.includes(':') ? `[${host}]` : host).toLowerCase();
const hostOf = (host: string, port: number): string => `${bracketed(host)}:${port}`;
