/** The live page of a run: the group as its table says, the statecharts of its processes, and buttons that change it. */
import { inspectTable, type Inspector } from '../../src/inspector.ts';
import type { StateStore } from '../../src/machines/ports.ts';
import type { Actions } from '../actions.ts';
import type { Consumer, ConsumerGroup } from '../group.ts';
import type { Report } from '../reports.ts';
import { ProcessFeeds } from './process-feeds.ts';

export interface LivePageOptions {
  readonly app: string;
  readonly store: StateStore;
  readonly group: ConsumerGroup;
  readonly actions: Actions;
  /** 0: any that is free. */
  readonly port: number;
}

export class LivePage {
  readonly #group: ConsumerGroup;
  readonly #inspector: Inspector;
  readonly #feeds: ProcessFeeds;
  readonly #epochMs = Date.now();
  /** Whether a page is open. */
  #watched: 'open' | 'unwatched' = 'unwatched';

  /** @throws KinesumerError `PortUnavailable` */
  static async open(options: LivePageOptions): Promise<LivePage> {
    const { app, store, port, group } = options;
    const inspector = await inspectTable({
      app,
      stateStore: store,
      port,
      actions: buttons(options),
    });
    return new LivePage(group, inspector);
  }

  private constructor(group: ConsumerGroup, inspector: Inspector) {
    this.#group = group;
    this.#inspector = inspector;
    this.#feeds = new ProcessFeeds(inspector.publish);
    for (const consumer of group.alive()) this.#feeds.started(consumer);
    inspector.source({
      open: () => {
        this.#watched = 'open';
        for (const consumer of group.alive()) this.#follow(consumer);
        return () => this.#unfollow();
      },
    });
  }

  /** With its token. */
  get url(): string {
    return this.#inspector.url;
  }

  heard(consumer: Consumer, report: Report): void {
    if (report.kind === 'feed') this.#feeds.told(consumer.name, report.lines);
    if (report.kind !== 'started') return;
    this.#feeds.started(consumer);
    if (this.#watched === 'open') this.#follow(consumer);
  }

  lived(consumer: Consumer): void {
    this.#feeds.lived(consumer);
  }

  close(): Promise<void> {
    return this.#inspector.close();
  }

  /** One that has no client yet is followed once it has. */
  #follow(consumer: Consumer): void {
    if (consumer.history.started !== null) consumer.follow(this.#epochMs);
  }

  #unfollow(): void {
    this.#watched = 'unwatched';
    for (const consumer of this.#group.alive()) {
      consumer.unfollow();
      this.#feeds.forget(consumer.name);
    }
  }
}

type Asked = Readonly<Record<string, unknown>>;

/** What the page's buttons do, as the keys of the terminal do it. */
function buttons({ group, actions }: LivePageOptions) {
  const named = ({ clientId }: Asked): Consumer => {
    const consumer = group
      .alive()
      .find(({ history }) => history.started !== null && history.started.clientId === clientId);
    if (consumer === undefined) throw new Error(`${String(clientId)} does not run here`);
    return consumer;
  };
  const shardIn = ({ shardId }: Asked): string | undefined =>
    typeof shardId === 'string' ? shardId : undefined;
  return {
    add: () => actions.add(),
    stop: (asked: Asked) => actions.stop(named(asked)),
    kill: (asked: Asked) => actions.kill(named(asked)),
    pause: (asked: Asked) => actions.freezeOrThaw(named(asked)),
    split: (asked: Asked) => actions.split(shardIn(asked)),
    merge: (asked: Asked) => actions.merge(shardIn(asked)),
  };
}
