/** The statecharts, notices and flow of this process's client, reported while the live page of the run is open. */
import { setTimeout as wait } from 'node:timers/promises';
import {
  FeedHub,
  watchClient,
  type InspectedClient,
  type Subscription,
} from '../../src/inspector.ts';
import type { Tell } from './reporting.ts';

const FLUSH_INTERVAL_MS = 100;

export class Following {
  readonly #client: InspectedClient;
  readonly #process: string;
  readonly #tell: Tell;
  #reader: Subscription | null = null;

  constructor(client: InspectedClient, process: string, tell: Tell) {
    this.#client = client;
    this.#process = process;
    this.#tell = tell;
  }

  /** @param epochMs wall time at the beginning of the page's feed: times are told as the page counts them */
  start(epochMs: number): void {
    if (this.#reader !== null) return;
    const hub = new FeedHub({
      header: () => ({ source: 'process', app: this.#client.app, scenario: null }),
      nowMs: () => Math.max(0, Date.now() - epochMs),
    });
    const end = watchClient(hub, this.#client, this.#process);
    const reader = hub.subscribe();
    this.#reader = reader;
    void this.#report(reader).finally(end);
  }

  /** What has happened until now is reported first: how the statecharts of a client have ended too. */
  stop(): void {
    const reader = this.#reader;
    if (reader === null) return;
    this.#reader = null;
    do this.#take(reader);
    while (reader.pending);
    reader.close();
  }

  async #report(reader: Subscription): Promise<void> {
    while (!reader.closed) {
      await reader.ready();
      this.#take(reader);
      // it keeps no process that has nothing else to do
      await wait(FLUSH_INTERVAL_MS, undefined, { ref: false });
    }
  }

  #take(reader: Subscription): void {
    const lines = reader.take();
    if (lines.length > 0) this.#tell({ kind: 'feed', lines });
  }
}
