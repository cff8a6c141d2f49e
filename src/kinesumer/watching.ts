/** Those who look on from inside the process: the live page. */
import type { Clock, Log, StateStore } from '../machines/ports.ts';
import type { ClientActor } from './consumption.ts';
import type { EventName, KinesumerEvents } from './events.ts';
import { callUser } from './user-code.ts';

/** A public event with its name. */
export type ToldEvent = {
  readonly [Name in EventName]: { readonly name: Name; readonly event: KinesumerEvents[Name] };
}[EventName];

/** What it throws is logged, and goes no further. */
export interface ClientWatcher {
  /** The root statechart of the consumption that is on, and of each that begins. */
  readonly began: (actor: ClientActor) => void;
  /** Every public event. Unlike a listener it does not keep errors from the log. */
  readonly told: (event: ToldEvent) => void;
}

/** What a client stands on, for those who show it. */
export interface ClientInside {
  readonly store: StateStore;
  readonly clock: Clock;
  /** @returns ends it */
  readonly watch: (watcher: ClientWatcher) => () => void;
}

/** An opened live page. */
export interface OpenPage {
  /** With its secret: for a browser on this machine. */
  readonly url: string;
  close(): Promise<void>;
}

/** The page that a client opened for itself: one, which is closed with it. */
export class PageOfClient {
  #opening: Promise<OpenPage> | null = null;

  /** The page that is open, or else another one. */
  open(make: () => Promise<OpenPage>): Promise<OpenPage> {
    if (this.#opening !== null) return this.#opening;
    const opening: Promise<OpenPage> = make().then(
      (page) => ({
        url: page.url,
        close: () => {
          this.#forget(opening);
          return page.close();
        },
      }),
      (error: unknown) => {
        this.#forget(opening);
        throw error;
      },
    );
    this.#opening = opening;
    return opening;
  }

  /** One that was closed before may be closed again: the one that is open now is still closed with the client. */
  #forget(opening: Promise<OpenPage>): void {
    if (this.#opening === opening) this.#opening = null;
  }

  /** null: none was opened. */
  close(): Promise<void> | null {
    return (
      this.#opening?.then(
        (page) => page.close(),
        () => {},
      ) ?? null
    );
  }
}

export class Watchers {
  readonly #log: Log;
  readonly #watchers = new Set<ClientWatcher>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** @param actor of the consumption that is on; null: none is */
  add(watcher: ClientWatcher, actor: ClientActor | null): () => void {
    this.#watchers.add(watcher);
    if (actor !== null) this.#call(() => watcher.began(actor));
    return () => void this.#watchers.delete(watcher);
  }

  began(actor: ClientActor): void {
    for (const watcher of this.#watchers) this.#call(() => watcher.began(actor));
  }

  told<Name extends EventName>(name: Name, event: KinesumerEvents[Name]): void {
    if (this.#watchers.size === 0) return;
    const told = { name, event } as ToldEvent;
    for (const watcher of this.#watchers) this.#call(() => watcher.told(told));
  }

  #call(call: () => void): void {
    callUser(call, (error) => this.#log.error({ error }, 'The inspector threw'));
  }
}
