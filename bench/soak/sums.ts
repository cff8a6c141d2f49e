/** What the seeds of a soak add up to. */
import type { FailedSeed, PlayedSeed, SeedResult } from './seed-run.ts';

const MOST_EXPENSIVE = 10;

export interface Cost {
  readonly seed: number;
  readonly cpuMs: number;
  readonly virtualMs: number;
  readonly events: number;
}

export class Sums {
  readonly struck = new Map<string, number>();
  /** How many runs each fault struck. */
  readonly struckRuns = new Map<string, number>();
  readonly broken: PlayedSeed[] = [];
  readonly failed: FailedSeed[] = [];
  runs = 0;
  virtualMs = 0;
  cpuMs = 0;
  events = 0;
  records = 0;
  deliveries = 0;
  processes = 0;
  #costs: readonly Cost[] = [];

  add(result: SeedResult): void {
    this.runs += 1;
    if (result.kind === 'failed') {
      this.failed.push(result);
      return;
    }
    const { seed, cpuMs, virtualMs, events } = result;
    this.virtualMs += virtualMs;
    this.cpuMs += cpuMs;
    this.events += events;
    this.records += result.records;
    this.deliveries += result.deliveries;
    this.processes += result.processes;
    for (const [name, times] of Object.entries(result.struck)) {
      this.struck.set(name, (this.struck.get(name) ?? 0) + times);
      this.struckRuns.set(name, (this.struckRuns.get(name) ?? 0) + 1);
    }
    if (result.broken > 0) this.broken.push(result);
    this.#costs = [...this.#costs, { seed, cpuMs, virtualMs, events }]
      .toSorted((a, b) => b.cpuMs - a.cpuMs)
      .slice(0, MOST_EXPENSIVE);
  }

  get mostExpensive(): readonly Cost[] {
    return this.#costs;
  }

  /** Runs that broke an invariant, or came to no end. */
  get bad(): number {
    return this.broken.length + this.failed.length;
  }
}
