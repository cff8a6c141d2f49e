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
  /** Share of the requests that are acted on only after the client gave up waiting. @default 0 */
  readonly lateApply?: number;
  /** How long after that. @default 0 … 10 s */
  readonly lateByMs?: Delay;
}

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
  readonly outcome: 'answered' | 'throttled' | 'answerLost';
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
  #throttled = 0;

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
    return this.#throttled;
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
        if (this.#isDown()) return fallSilent();
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
    const { throttle, lostAnswer, lateApply, requestMs, answerMs, lateByMs } = this.#faults;
    const outcome = this.chance(throttle, `${what}: throttle`)
      ? 'throttled'
      : this.chance(lostAnswer, `${what}: lost answer`)
        ? 'answerLost'
        : 'answered';
    const late = this.chance(lateApply, `${what}: late apply`)
      ? this.#timeoutMs + this.#delay(lateByMs ?? DEFAULT_LATE_BY, `${what}: late by`)
      : 0;
    return {
      requestMs: Math.max(late, this.#delay(requestMs, `${what}: request`)),
      answerMs: this.#delay(answerMs, `${what}: answer`),
      outcome,
    };
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
    this.#throttled++;
    const error = new KinesumerError(this.#codes.throttled, `${what}: too many requests`);
    return { kind: 'throttled', error };
  }

  #unanswered(message: string): Failure {
    return { kind: 'unanswered', error: new KinesumerError(this.#codes.unanswered, message) };
  }

  #checked(faults: Faults, ownShares: Shares): Faults {
    const { throttle, lostAnswer, lateApply, requestMs, answerMs, lateByMs } = faults;
    const shares: Shares = { throttle, lostAnswer, lateApply, ...ownShares };
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
    if (this.clock === null && (delays.length > 0 || (lateApply ?? 0) > 0)) {
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
