/** What the processes of a group tell of themselves, brought into the feed of one page. */
import type { FeedEvent, FeedLine, Unplaced } from '../../src/inspector.ts';
import type { Consumer, ConsumerLife } from '../group.ts';

export type Publish = (event: Unplaced<FeedEvent>) => void;

export class ProcessFeeds {
  readonly #publish: Publish;
  /** Actors of each process that live, as far as the page was told. */
  readonly #actors = new Map<string, Set<string>>();
  readonly #charts = new Set<string>();
  readonly #lives = new Map<string, ConsumerLife['kind']>();

  constructor(publish: Publish) {
    this.#publish = publish;
  }

  /** The process has a client now. */
  started({ name, history }: Consumer): void {
    const { started } = history;
    if (started === null) return;
    this.#publish({ kind: 'process', process: name, clientId: started.clientId, what: 'started' });
  }

  lived({ name, life, history }: Consumer): void {
    const before = this.#lives.get(name);
    this.#lives.set(name, life.kind);
    const clientId = history.started?.clientId;
    if (clientId === undefined || before === life.kind) return;
    const what = whatOf(life, before);
    if (what !== null) this.#publish({ kind: 'process', process: name, clientId, what });
    if (life.kind === 'ended') this.forget(name);
  }

  /** Lines of a process's own feed; its life is told from outside. */
  told(process: string, lines: readonly FeedLine[]): void {
    for (const line of lines) this.#told(process, line);
  }

  /** Nothing is heard of the process any more. */
  forget(process: string): void {
    for (const actorId of this.#actors.get(process) ?? []) {
      this.#publish({ kind: 'actorGone', process, actorId });
    }
    this.#actors.delete(process);
  }

  #told(process: string, line: FeedLine): void {
    switch (line.kind) {
      case 'trace':
      case 'process':
        return;
      case 'dropped':
        // what still lives is told again behind it
        this.forget(process);
        return;
      case 'chart':
        if (this.#charts.has(line.machine)) return;
        this.#charts.add(line.machine);
        break;
      case 'actor':
        this.#actors.set(process, (this.#actors.get(process) ?? new Set()).add(line.actorId));
        break;
      case 'actorGone':
        this.#actors.get(process)?.delete(line.actorId);
        break;
      default:
    }
    const { atMs: _, order: __, ...event } = line;
    this.#publish(event as Unplaced<FeedEvent>);
  }
}

function whatOf(life: ConsumerLife, before: ConsumerLife['kind'] | undefined) {
  switch (life.kind) {
    case 'frozen':
      return 'paused';
    case 'running':
      return before === 'frozen' ? 'resumed' : null;
    case 'ended':
      if (life.code === 0) return 'left';
      return life.signal === 'SIGKILL' ? 'crashed' : 'failed';
  }
}
