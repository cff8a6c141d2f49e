/** The way from a client to a service in memory, and everything that can happen on it. */
import { KinesumerError, type ErrorCode } from '../../errors.ts';
import type { Clock, Failure, Random, RequestOptions } from '../../machines/ports.ts';

/** A delay drawn evenly from a range, in milliseconds. */
export interface Delay {
  readonly minMs: number;
  readonly maxMs: number;
}

/**
 * What goes wrong between a client and a service. Shares are 0 … 1 and drawn from the `random` option;
 * delays need the `clock` option.
 */
export interface WireFaults {
  /** Share of the requests that are refused for their rate. @default 0 */
  readonly throttle?: number;
  /** How long a request travels before the service acts on it. @default none */
  readonly requestMs?: Delay;
  /** How long an answer travels. @default none */
  readonly answerMs?: Delay;
  /** Share of the requests that are acted on but whose answer is lost. @default 0 */
  readonly lostAnswer?: number;
  /** Share of the requests that never arrive. @default 0 */
  readonly lostRequest?: number;
  /** Share of the requests that are acted on only after the client gave up waiting. @default 0 */
  readonly lateApply?: number;
  /**
   * Share of the requests without an answer in time that arrive a second time, `lateByMs` after the first: a request
   * that was answered is never repeated. @default 0
   */
  readonly duplicate?: number;
  /** How long after the client gave up, or after the first arrival. @default 0 … 10 s */
  readonly lateByMs?: Delay;
}

/** What went wrong on the way, or with what the service answered, as it is counted. */
export type WireFault =
  | 'throttle'
  | 'lostRequest'
  | 'lostAnswer'
  | 'lateApply'
  | 'duplicate'
  | 'lateAnswer'
  | 'down'
  /** An item of an eventual read as it was before; `staleBack`: after the client had seen a later one. */
  | 'stale'
  | 'staleBack'
  | 'emptyFetch'
  | 'partialListing'
  /** A partial listing that lacks a closed shard. */
  | 'closedLeftOut'
  /** A listing that lacks what there was, or that a shard was closed. */
  | 'staleListing'
  | 'expiredIterator'
  /** Refused for the limits of a shard. */
  | 'readLimit';

/** Shares by the names of their faults. */
type Shares = Readonly<Record<string, number | undefined>>;

/** Fits the timeout that the library gives to each request of the state store. */
const DEFAULT_TIMEOUT_MS = 1_000;
const DEFAULT_LATE_BY: Delay = { minMs: 0, maxMs: 10_000 };

export interface WireOptions {
  /** Times delays and timeouts. Without one every answer comes on a microtask. */
  readonly clock?: Clock | undefined;
  /** Draws what goes wrong; needed as soon as a fault has a share or a delay a range. */
  readonly random?: Random | undefined;
  /** How long the client waits for an answer. @default 1,000 ms */
  readonly timeoutMs?: number | undefined;
  /** The codes of the service behind it. */
  readonly codes: { readonly throttled: ErrorCode; readonly unanswered: ErrorCode };
}

/** What will happen to one request. */
interface Fate {
  readonly requestMs: number;
  readonly answerMs: number;
  readonly outcome: 'answered' | 'throttled' | 'answerLost' | 'requestLost';
  /** How long after its first arrival it arrives again; null: never. */
  readonly againMs: number | null;
}

/** Carries requests to a service in memory. */
export class Wire<Faults extends WireFaults> {
  readonly clock: Clock | null;
  readonly #random: Random | null;
  readonly #timeoutMs: number;
  readonly #codes: WireOptions['codes'];
  /** Gives up on each request that is under way. */
  readonly #underWay = new Set<() => void>();
  #faults: Faults;
  #state: 'open' | 'closed' = 'open';
  #downUntilMs = Number.NEGATIVE_INFINITY;
  readonly #injected: Partial<Record<WireFault, number>> = {};

  /** @throws KinesumerError `InvalidOption` for faults that need a clock or a random that is not there. */
  constructor(options: WireOptions, faults: Faults) {
    this.clock = options.clock ?? null;
    this.#random = options.random ?? null;
    this.#timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    this.#codes = options.codes;
    this.#faults = this.#checked(faults, {});
  }

  get faults(): Faults {
    return this.#faults;
  }

  /** Requests that were refused for their rate so far. */
  get throttled(): number {
    return this.#injected.throttle ?? 0;
  }

  /** How often each fault struck so far. */
  get injected(): Readonly<Partial<Record<WireFault, number>>> {
    return this.#injected;
  }

  /**
   * Replaces all faults, for requests from now on.
   * @param ownShares those of the faults that are shares and not in `WireFaults`
   */
  setFaults(faults: Faults, ownShares: Shares = {}): void {
    this.#faults = this.#checked(faults, ownShares);
  }

  /** Lets nothing through, in either direction, until `restore` or an instant of the monotonic clock. */
  cut(untilMs: number = Number.POSITIVE_INFINITY): void {
    if (untilMs !== Number.POSITIVE_INFINITY && this.clock === null) {
      throw new KinesumerError('InvalidOption', 'an outage with an end needs the clock option');
    }
    this.#downUntilMs = untilMs;
  }

  /** Ends an outage. */
  restore(): void {
    this.#downUntilMs = Number.NEGATIVE_INFINITY;
  }

  /** Whether an event of this share happens now. */
  chance(share: number | undefined, reason: string): boolean {
    return share !== undefined && share > 0 && this.draw(reason) < share;
  }

  /** A number in [0, 1). */
  draw(reason: string): number {
    if (this.#random === null) {
      throw new KinesumerError('InvalidOption', 'faults with a share need the random option');
    }
    return this.#random.next(reason);
  }

  /**
   * Sends a request. `act` is the service's part: it runs in one turn, or never where the request is lost.
   * It may run after the promise resolved to `unanswered`, as with a real network.
   */
  async send<Answer>(
    what: string,
    act: () => Answer,
    options: RequestOptions = {},
  ): Promise<Answer | Failure> {
    const { signal } = options;
    if (this.#state === 'closed') return this.#unanswered(`${what}: the client was closed`);
    if (signal?.aborted === true) return this.#unanswered(`${what}: aborted before it was sent`);
    const fate = this.#draw(what);
    return new Promise<Answer | Failure>((resolve, reject) => {
      const sentMs = this.#nowMs();
      let timeout: unknown = null;
      const finish = (): void => {
        this.#underWay.delete(giveUp);
        signal?.removeEventListener('abort', giveUp);
        if (timeout !== null) this.clock?.clearTimeout(timeout);
      };
      const settle = (answer: Answer | Failure): void => {
        finish();
        resolve(answer);
      };
      const giveUp = (): void => settle(this.#unanswered(`${what}: no answer`));
      const fallSilent = (): void => {
        if (!this.#underWay.has(giveUp)) return;
        if (this.clock === null) giveUp();
        else timeout ??= this.clock.setTimeout(giveUp, sentMs + this.#timeoutMs - this.#nowMs());
      };
      const arrive = (): void => {
        if (this.#isDown()) this.count('down');
        if (this.#isDown() || fate.outcome === 'requestLost') return fallSilent();
        if (fate.againMs !== null) this.#after(fate.againMs, () => this.#isDown() || act());
        let answer: Answer | Failure;
        try {
          answer = fate.outcome === 'throttled' ? this.#refuse(what) : act();
        } catch (error) {
          finish();
          return reject(error);
        }
        this.#after(fate.answerMs, () => {
          if (fate.outcome === 'answerLost' || this.#isDown()) fallSilent();
          else settle(answer);
        });
      };
      this.#underWay.add(giveUp);
      signal?.addEventListener('abort', giveUp, { once: true });
      if (fate.requestMs + fate.answerMs >= this.#timeoutMs) fallSilent();
      if (fate.requestMs > 0) this.#after(fate.requestMs, arrive);
      else void Promise.resolve().then(arrive);
    });
  }

  /** Gives up on what is under way and refuses what comes. What was sent may still be acted on. Idempotent. */
  close(): void {
    this.#state = 'closed';
    for (const giveUp of this.#underWay) giveUp();
  }

  #after(delayMs: number, then: () => void): void {
    if (delayMs > 0 && this.clock !== null) this.clock.setTimeout(then, delayMs);
    else then();
  }

  #draw(what: string): Fate {
    const faults = this.#faults;
    const outcome = this.#outcome(what);
    const late = this.#strikes('lateApply', `${what}: late apply`)
      ? this.#timeoutMs + this.#lateBy(what)
      : 0;
    const requestMs = Math.max(late, this.#delay(faults.requestMs, `${what}: request`));
    const answerMs = this.#delay(faults.answerMs, `${what}: answer`);
    // surely too late, whatever becomes of the fractions
    const isSlow = requestMs + answerMs > this.#timeoutMs + 1;
    if (isSlow && late === 0) this.count('lateAnswer');
    const isRepeated =
      (outcome === 'answerLost' || isSlow) &&
      outcome !== 'requestLost' &&
      this.#strikes('duplicate', `${what}: duplicate`);
    return { requestMs, answerMs, outcome, againMs: isRepeated ? this.#lateBy(what) : null };
  }

  #outcome(what: string): Fate['outcome'] {
    if (this.chance(this.#faults.throttle, `${what}: throttle`)) return 'throttled';
    if (this.#strikes('lostRequest', `${what}: lost request`)) return 'requestLost';
    return this.#strikes('lostAnswer', `${what}: lost answer`) ? 'answerLost' : 'answered';
  }

  #strikes(fault: keyof WireFaults & WireFault, reason: string): boolean {
    const strikes = this.chance(this.#faults[fault], reason);
    if (strikes) this.count(fault);
    return strikes;
  }

  /** Notes that a fault struck, for those that only the service knows of. */
  count(fault: WireFault): void {
    this.#injected[fault] = (this.#injected[fault] ?? 0) + 1;
  }

  #lateBy(what: string): number {
    return this.#delay(this.#faults.lateByMs ?? DEFAULT_LATE_BY, `${what}: late by`);
  }

  #delay(range: Delay | undefined, reason: string): number {
    if (range === undefined) return 0;
    const { minMs, maxMs } = range;
    return minMs === maxMs ? minMs : minMs + (maxMs - minMs) * this.draw(reason);
  }

  #isDown(): boolean {
    return this.#downUntilMs === Number.POSITIVE_INFINITY || this.#nowMs() < this.#downUntilMs;
  }

  #nowMs(): number {
    return this.clock?.monotonicMs() ?? 0;
  }

  #refuse(what: string): Failure {
    this.count('throttle');
    const error = new KinesumerError(this.#codes.throttled, `${what}: too many requests`);
    return { kind: 'throttled', error };
  }

  #unanswered(message: string): Failure {
    return { kind: 'unanswered', error: new KinesumerError(this.#codes.unanswered, message) };
  }

  #checked(faults: Faults, ownShares: Shares): Faults {
    const { throttle, lostRequest, lostAnswer, lateApply, duplicate } = faults;
    const { requestMs, answerMs, lateByMs } = faults;
    const own: Shares = { throttle, lostRequest, lostAnswer, lateApply, duplicate };
    const shares: Shares = { ...own, ...ownShares };
    const delays = [requestMs, answerMs, lateByMs].filter((delay) => delay !== undefined);
    for (const [name, share = 0] of Object.entries(shares)) {
      if (!(share >= 0 && share <= 1)) {
        throw new KinesumerError('InvalidOption', `faults.${name}: 0 … 1, not ${share}`);
      }
    }
    for (const { minMs, maxMs } of delays) {
      if (!(minMs >= 0 && maxMs >= minMs && maxMs < Infinity)) {
        throw new KinesumerError('InvalidOption', 'faults: a delay needs 0 <= minMs <= maxMs');
      }
    }
    if (this.clock === null && (delays.length > 0 || (lateApply ?? 0) + (duplicate ?? 0) > 0)) {
      throw new KinesumerError('InvalidOption', 'faults with delays need the clock option');
    }
    const draws = Object.values(shares).some((share = 0) => share > 0) || delays.some(isRange);
    if (this.#random === null && draws) {
      throw new KinesumerError('InvalidOption', 'faults with a share need the random option');
    }
    return faults;
  }
}

function isRange({ minMs, maxMs }: Delay): boolean {
  return minMs !== maxMs;
}
