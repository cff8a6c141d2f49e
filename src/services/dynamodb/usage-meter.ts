import type { StoreUsage } from '../../machines/ports.ts';

interface Consumed {
  readonly CapacityUnits?: number | undefined;
}

/**
 * Units of a conditional write that was refused: charged too, though the refusal does not say how
 * many. One per KB of the item that stood; the items that are contended for are below one KB.
 */
const REFUSED_WRITE_UNITS = 1;

/** Adds up what the answers say they cost. */
export class UsageMeter {
  #readUnits = 0;
  #writeUnits = 0;
  #requests = 0;
  #throttled = 0;

  sent(): void {
    this.#requests += 1;
  }

  throttled(): void {
    this.#throttled += 1;
  }

  refusedWrite(): void {
    this.#writeUnits += REFUSED_WRITE_UNITS;
  }

  read(...consumed: readonly (Consumed | undefined)[]): void {
    for (const one of consumed) this.#readUnits += one?.CapacityUnits ?? 0;
  }

  wrote(consumed: Consumed | undefined): void {
    this.#writeUnits += consumed?.CapacityUnits ?? 0;
  }

  total(): StoreUsage {
    return {
      readUnits: this.#readUnits,
      writeUnits: this.#writeUnits,
      requests: this.#requests,
      throttled: this.#throttled,
    };
  }
}
