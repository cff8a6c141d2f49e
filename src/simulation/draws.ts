/** Every draw of a run, to find where two runs that should be the same part. */
import { KinesumerError } from '../errors.ts';
import type { Random } from '../machines/ports.ts';

/** One draw of chance. */
export interface Draw {
  /** Place among all draws of the run, from 0. */
  readonly index: number;
  /** Who drew: a process, the network, the producer, … */
  readonly source: string;
  readonly reason: string;
  readonly value: number | string;
}

/** Hears of every draw. */
export interface DrawListener {
  drawn(source: string, reason: string, value: number | string): void;
}

/**
 * Takes the draws of a run down; given to a later run of the same scenario, it compares.
 *
 * @example
 * const first = new DrawRecorder();
 * await play(scenario, { hop, draws: first });
 * await play(scenario, { hop, draws: new DrawComparer(first.draws) });
 */
export class DrawRecorder implements DrawListener {
  readonly #draws: Draw[] = [];

  get draws(): readonly Draw[] {
    return this.#draws;
  }

  drawn(source: string, reason: string, value: number | string): void {
    this.#draws.push({ index: this.#draws.length, source, reason, value });
  }
}

/** Compares the draws of a run with those of an earlier one. */
export class DrawComparer implements DrawListener {
  readonly #expected: readonly Draw[];
  #index = 0;
  #divergence: string | null = null;

  constructor(expected: readonly Draw[]) {
    this.#expected = expected;
  }

  /** Where the runs part and how; null: nowhere so far. */
  get divergence(): string | null {
    return this.#divergence;
  }

  /** @throws KinesumerError `InvariantBroken` at the first draw that differs */
  drawn(source: string, reason: string, value: number | string): void {
    const index = this.#index++;
    const expected = this.#expected[index];
    const isSame =
      expected?.source === source && expected.reason === reason && expected.value === value;
    if (isSame) return;
    const was = expected === undefined ? 'no draw' : shown(expected);
    this.#divergence ??= `draw ${index}: ${shown({ source, reason, value })}, before: ${was}`;
    throw new KinesumerError('InvariantBroken', this.#divergence);
  }
}

/** Tells a listener of what another source of chance draws. */
export class ToldRandom implements Random {
  readonly #random: Random;
  readonly #source: string;
  readonly #listener: DrawListener;

  constructor(random: Random, source: string, listener: DrawListener) {
    this.#random = random;
    this.#source = source;
    this.#listener = listener;
  }

  next(reason: string): number {
    const value = this.#random.next(reason);
    this.#listener.drawn(this.#source, reason, value);
    return value;
  }

  id(reason: string): string {
    const value = this.#random.id(reason);
    this.#listener.drawn(this.#source, reason, value);
    return value;
  }
}

function shown({ source, reason, value }: Omit<Draw, 'index'>): string {
  return `${source} drew ${value} for ${reason}`;
}
