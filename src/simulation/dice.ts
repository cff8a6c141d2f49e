/** Chance in the shapes that generators of scenarios need. */
import type { Random } from '../machines/ports.ts';

export class Dice {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  /** True with this share. */
  chance(share: number, reason: string): boolean {
    return this.#random.next(reason) < share;
  }

  /** A whole number, both ends included. */
  whole(min: number, max: number, reason: string): number {
    return min + Math.floor(this.#random.next(reason) * (max - min + 1));
  }

  /** Evenly over the orders of magnitude; both ends above 0. Three digits, so that it can be read. */
  scaled(min: number, max: number, reason: string): number {
    const value = min * (max / min) ** this.#random.next(reason);
    return Number(value.toPrecision(3));
  }

  /** One of a list that is not empty. */
  one<T>(list: readonly T[], reason: string): T {
    return list[Math.floor(this.#random.next(reason) * list.length)] as T;
  }

  /** Some of a list, at least one, in its order. */
  some<T>(list: readonly T[], share: number, reason: string): readonly T[] {
    const sure = Math.floor(this.#random.next(reason) * list.length);
    return list.filter((_, index) => index === sure || this.chance(share, reason));
  }

  /** As many instants within a span, in order. */
  instants(count: number, fromMs: number, toMs: number, reason: string): readonly number[] {
    return Array.from({ length: count }, () => this.whole(fromMs, toMs, reason)).toSorted(
      (a, b) => a - b,
    );
  }
}
