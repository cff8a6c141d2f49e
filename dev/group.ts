/** Consumer processes from their parent's side: start, command, stop, kill, freeze, and what they reported. */
import { fork, type ChildProcess } from 'node:child_process';
import type { CloseOptions, CloseReport, ShardRef } from '../src/index.ts';
import { builtEntry } from './built.ts';
import { ConsumerHistory } from './history.ts';
import { CONSUMER_DEFAULTS, type Command, type ConsumerConfig, type Report } from './reports.ts';
import { wardenOf, type Warden } from './warden-link.ts';

/** How long `until` waits where it is not told. */
const UNTIL_TIMEOUT_MS = 30_000;
const KEPT_STDERR_CHARS = 4_000;
/** The child's file descriptor for reports: after stdin, stdout and stderr. */
const REPORT_FD = 3;

/** What a group's consumers have in common; the rest has defaults. */
export type GroupConfig = Pick<
  ConsumerConfig,
  'kinesisEndpoint' | 'dynamodbEndpoint' | 'app' | 'streams'
> &
  Partial<ConsumerConfig>;

export type ConsumerLife =
  | { readonly kind: 'running' }
  /** Under SIGSTOP. */
  | { readonly kind: 'frozen' }
  | { readonly kind: 'ended'; readonly code: number | null; readonly signal: string | null };

export interface GroupOptions {
  readonly config: GroupConfig;
  /** Called with each report as it comes in. */
  readonly onReport?: (consumer: Consumer, report: Report) => void;
  /** Called when a consumer was started, frozen, thawed, or has ended. */
  readonly onLife?: (consumer: Consumer) => void;
}

/**
 * Several consumer processes of one application.
 *
 * @example
 * const group = startGroup({ config: { app, streams, kinesisEndpoint, dynamodbEndpoint } });
 * const [one, two] = [group.start(), group.start({ clientId: 'two' })];
 * await group.until('all is dealt out', () => one.history.owned().length === 2);
 * await two.kill();
 * await group.end();
 */
export class ConsumerGroup {
  readonly #options: GroupOptions;
  readonly #consumers: Consumer[] = [];
  readonly #waiting = new Set<Waiter>();

  constructor(options: GroupOptions) {
    this.#options = options;
  }

  /** All that were ever started, in that order. */
  get consumers(): readonly Consumer[] {
    return this.#consumers;
  }

  /** Those that have not ended (frozen ones too). */
  alive(): readonly Consumer[] {
    return this.#consumers.filter(({ life }) => life.kind !== 'ended');
  }

  histories(): readonly ConsumerHistory[] {
    return this.#consumers.map(({ history }) => history);
  }

  /**
   * Starts a consumer process; it joins by itself.
   *
   * @param overrides - What differs from the group's config.
   * @param name - For reports. Default: `c1`, `c2`, … in the order of their start.
   */
  start(
    overrides: Partial<ConsumerConfig> = {},
    name = `c${this.#consumers.length + 1}`,
  ): Consumer {
    const config: ConsumerConfig = {
      ...CONSUMER_DEFAULTS,
      ...this.#options.config,
      name,
      ...overrides,
    };
    const consumer: Consumer = new Consumer(name, config, {
      report: (report) => {
        this.#options.onReport?.(consumer, report);
        this.#look();
      },
      life: () => {
        this.#options.onLife?.(consumer);
        this.#look();
      },
    });
    this.#consumers.push(consumer);
    this.#options.onLife?.(consumer);
    return consumer;
  }

  /**
   * Resolves at the first report or change of life with which the condition holds, or at once.
   *
   * @param what - Named in the error when `timeoutMs` passes (default 30 s) or the group is ended before.
   */
  until(what: string, condition: () => boolean, timeoutMs = UNTIL_TIMEOUT_MS): Promise<void> {
    if (condition()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const settle = (error: Error | null): void => {
        clearTimeout(timer);
        this.#waiting.delete(waiter);
        if (error === null) resolve();
        else reject(error);
      };
      const waiter: Waiter = {
        look: () => {
          if (condition()) settle(null);
        },
        giveUp: () => settle(new Error(`The group was ended before: ${what}`)),
      };
      const timer = setTimeout(() => {
        settle(new Error(`Not within ${timeoutMs} ms: ${what}${this.#complaints()}`));
      }, timeoutMs);
      this.#waiting.add(waiter);
    });
  }

  /** Kills whatever still runs, frozen or not, and frees the parent. Idempotent. */
  async end(): Promise<void> {
    await Promise.all(this.alive().map((consumer) => consumer.kill()));
    for (const waiter of this.#waiting) waiter.giveUp();
  }

  #look(): void {
    for (const waiter of this.#waiting) waiter.look();
  }

  /** What the consumers wrote to stderr and why they ended: the usual cause of a wait in vain. */
  #complaints(): string {
    return this.#consumers
      .filter((consumer) => consumer.stderr !== '' || consumer.history.over?.error)
      .map(
        ({ name, stderr, history }) =>
          `\n${name}: ${history.over?.error?.message ?? ''} ${stderr.trim()}`,
      )
      .join('');
  }
}

export const startGroup = (options: GroupOptions): ConsumerGroup => new ConsumerGroup(options);

interface Waiter {
  look(): void;
  giveUp(): void;
}

interface Listeners {
  readonly report: (report: Report) => void;
  readonly life: () => void;
}

/** One consumer process. Made by {@link ConsumerGroup.start}. */
export class Consumer {
  readonly name: string;
  readonly config: ConsumerConfig;
  readonly history: ConsumerHistory;
  /** Resolves when the process has ended and all that it reported is in the history. */
  readonly ended: Promise<void>;
  readonly #child: ChildProcess;
  readonly #listeners: Listeners;
  readonly #answers = new Map<number, (report: Report & { readonly kind: 'answer' }) => void>();
  #life: ConsumerLife = { kind: 'running' };
  /** Watches over it while it is frozen. */
  #warden: Warden | null = null;
  #stderr = '';
  #commands = 0;

  constructor(name: string, config: ConsumerConfig, listeners: Listeners) {
    this.name = name;
    this.config = config;
    this.history = new ConsumerHistory(name);
    this.#listeners = listeners;
    this.#child = fork(builtEntry('consumer.js'), {
      execArgv: [],
      env: {
        PATH: process.env['PATH'],
        AWS_EC2_METADATA_DISABLED: 'true',
        AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
        CONSUMER_CONFIG: JSON.stringify(config),
        CONSUMER_REPORT_FD: String(REPORT_FD),
      },
      stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-KEPT_STDERR_CHARS);
    });
    this.#readReports();
    // 'close' comes after the last report was read, 'exit' may come before.
    this.ended = new Promise((resolve) => {
      this.#child.once('close', (code, signal) => {
        this.#life = { kind: 'ended', code, signal };
        this.#warden?.dismiss();
        for (const answer of this.#answers.values()) answer(NO_ANSWER);
        this.#answers.clear();
        this.#listeners.life();
        resolve();
      });
    });
  }

  /** 0: it could not be started. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get life(): ConsumerLife {
    return this.#life;
  }

  /** End of what the process wrote to stderr. */
  get stderr(): string {
    return this.#stderr;
  }

  /**
   * Closes the client gracefully and waits for the end of the process; a frozen one must be thawed for it.
   * null: it ended without a report.
   */
  async close(options?: CloseOptions): Promise<CloseReport | null> {
    const closing = this.#command({ kind: 'close', ...(options === undefined ? {} : { options }) });
    const report = (await closing.catch(() => null)) as CloseReport | null;
    await this.ended;
    return report;
  }

  /** @throws Error whose message starts with the code of the KinesumerError */
  async refresh(streams: readonly string[]): Promise<void> {
    await this.#command({ kind: 'refresh', streams });
  }

  async pause(shards?: readonly ShardRef[]): Promise<void> {
    await this.#command({ kind: 'pause', ...(shards === undefined ? {} : { shards }) });
  }

  async resume(shards?: readonly ShardRef[]): Promise<void> {
    await this.#command({ kind: 'resume', ...(shards === undefined ? {} : { shards }) });
  }

  /** @throws Error whose message starts with the code of the KinesumerError */
  async commit(): Promise<void> {
    await this.#command({ kind: 'commit' });
  }

  /** Lets go the handlers that a `hold` holds. */
  async release(): Promise<void> {
    await this.#command({ kind: 'release' });
  }

  /** Lets the process report its own feed; times count from `epochMs`. */
  follow(epochMs: number): void {
    // where it ends meanwhile there is nothing to follow
    this.#command({ kind: 'follow', epochMs }).catch(() => {});
  }

  unfollow(): void {
    this.#command({ kind: 'unfollow' }).catch(() => {});
  }

  /** SIGKILL, as a crash: nothing is drained, committed or said. */
  async kill(): Promise<void> {
    if (this.#life.kind !== 'ended') this.#child.kill('SIGKILL');
    await this.ended;
  }

  /** SIGSTOP, as a paused machine: the sockets stay open, the clock of the others goes on. */
  freeze(): void {
    if (this.#life.kind !== 'running') return;
    this.#warden = wardenOf(this.pid);
    this.#child.kill('SIGSTOP');
    this.#setLife({ kind: 'frozen' });
  }

  /** SIGCONT. */
  thaw(): void {
    if (this.#life.kind !== 'frozen') return;
    this.#child.kill('SIGCONT');
    this.#warden?.dismiss();
    this.#setLife({ kind: 'running' });
  }

  #setLife(life: ConsumerLife): void {
    this.#life = life;
    this.#listeners.life();
  }

  #command(command: Command): Promise<unknown> {
    if (this.#life.kind === 'ended') return Promise.reject(new Error(`${this.name} has ended`));
    this.#commands += 1;
    const id = this.#commands;
    return new Promise((resolve, reject) => {
      this.#answers.set(id, ({ error, value }) => {
        if (error === null) resolve(value);
        else reject(new Error(`${error.code}: ${error.message}`));
      });
      // A failed send means that the process is going; 'close' settles what is left.
      this.#child.send({ ...command, id }, () => {});
    });
  }

  #readReports(): void {
    const pipe = this.#child.stdio[REPORT_FD];
    if (pipe === null || pipe === undefined || !('setEncoding' in pipe)) return;
    let rest = '';
    pipe.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.#take(JSON.parse(line) as Report);
    });
  }

  #take(report: Report): void {
    this.history.add(report);
    if (report.kind === 'answer') {
      this.#answers.get(report.id)?.(report);
      this.#answers.delete(report.id);
    }
    this.#listeners.report(report);
  }
}

const NO_ANSWER = {
  kind: 'answer',
  id: 0,
  atMs: 0,
  value: null,
  error: { code: 'Ended', message: 'the process ended before it answered' },
} as const;
