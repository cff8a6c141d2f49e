import { invariant } from '../../errors.ts';
import type { Budget } from '../../machines/ports.ts';

interface Claim {
  readonly bytes: number;
  readonly grant: () => void;
}

/**
 * Bounds the bytes of fetched records over all shards of a client, first come, first served.
 *
 * A claim larger than the whole budget is granted once nothing else is taken: one answer of Kinesis
 * (up to 10 MB) must always fit, or a small budget would stop the client for good.
 */
export class ByteBudget implements Budget {
  readonly #limitBytes: number;
  readonly #claims = new Set<Claim>();
  #usedBytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  reserve(bytes: number, signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return Promise.resolve(false);
    if (this.#claims.size === 0 && this.#fits(bytes)) {
      this.#usedBytes += bytes;
      return Promise.resolve(true);
    }
    return new Promise((resolve) => {
      const withdraw = (): void => {
        this.#claims.delete(claim);
        resolve(false);
        // The claim that gave up may have been the large one that held the smaller ones back.
        this.#admit();
      };
      const claim: Claim = {
        bytes,
        grant: () => {
          signal.removeEventListener('abort', withdraw);
          resolve(true);
        },
      };
      this.#claims.add(claim);
      signal.addEventListener('abort', withdraw, { once: true });
    });
  }

  take(bytes: number): void {
    this.#usedBytes += bytes;
  }

  give(bytes: number): void {
    this.#usedBytes -= bytes;
    invariant(this.#usedBytes >= 0, 'budget', { usedBytes: this.#usedBytes, gaveBytes: bytes });
    this.#admit();
  }

  usedBytes(): number {
    return this.#usedBytes;
  }

  #fits(bytes: number): boolean {
    return this.#usedBytes === 0 || this.#usedBytes + bytes <= this.#limitBytes;
  }

  #admit(): void {
    for (const claim of this.#claims) {
      if (!this.#fits(claim.bytes)) return;
      this.#claims.delete(claim);
      this.#usedBytes += claim.bytes;
      claim.grant();
    }
  }
}
