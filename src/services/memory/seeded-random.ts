/** Chance that can be repeated. */
import type { Random } from '../../machines/ports.ts';

/**
 * Draws the same numbers for the same seed, in the order of the draws.
 *
 * @example
 * const random = new SeededRandom(7);
 */
export class SeededRandom implements Random {
  #state: number;

  /** @param seed any integer; its lower 32 bits count. */
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  next(_reason: string): number {
    return this.#word() / 2 ** 32;
  }

  id(_reason: string): string {
    return Array.from({ length: 4 }, () => this.#word().toString(16).padStart(8, '0')).join('');
  }

  /** A Weyl sequence through a finalizer of the Murmur kind: every seed, 0 too, gives even bits. */
  #word(): number {
    this.#state = (this.#state + 0x9e3779b9) >>> 0;
    let word = this.#state;
    word = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
    word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
    return (word ^ (word >>> 16)) >>> 0;
  }
}
