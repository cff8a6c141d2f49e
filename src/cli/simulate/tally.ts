/** What many runs add up to. */
import type { Evidence, Gap, GapCause } from '../../simulation/index.ts';

export class Tally {
  /** Finished gaps by what caused them, in seconds. */
  readonly gapsS = new Map<GapCause, number[]>();
  /** Gaps that nobody closed. */
  openGaps = 0;
  runs = 0;
  events = 0;
  records = 0;
  deliveries = 0;
  virtualS = 0;
  hostS = 0;

  add(evidence: Evidence, gaps: readonly Gap[], hostMs: number): void {
    this.runs += 1;
    this.events += evidence.events.length;
    this.virtualS += evidence.endMs / 1_000;
    this.hostS += hostMs / 1_000;
    for (const { kind } of evidence.events) {
      if (kind === 'put') this.records += 1;
      if (kind === 'delivered') this.deliveries += 1;
    }
    for (const { cause, fromMs, toMs } of gaps) {
      if (toMs === Number.POSITIVE_INFINITY) {
        this.openGaps += 1;
        continue;
      }
      const of = this.gapsS.get(cause) ?? [];
      of.push((toMs - fromMs) / 1_000);
      this.gapsS.set(cause, of);
    }
  }

  allGapsS(): readonly number[] {
    return [...this.gapsS.values()].flat();
  }
}
