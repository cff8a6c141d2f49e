import { groupedBy } from './grouped.ts';
import type { Delivery } from '../ledger.ts';

/** `delivery` came after `later`, which has a higher number of the same key. */
export interface KeyDisorder {
  readonly delivery: Delivery;
  readonly later: Delivery;
}

/** @param firsts - First delivery of each record, in the order of time. */
export function judgeKeys(firsts: readonly Delivery[]): readonly KeyDisorder[] {
  const disorders: KeyDisorder[] = [];
  const byKey = groupedBy(firsts, ({ stream, key }) => `${stream}/${key}`);
  for (const inTime of byKey.values()) {
    let highest: Delivery | null = null;
    for (const delivery of inTime) {
      if (highest !== null && delivery.n < highest.n) {
        disorders.push({ delivery, later: highest });
      } else {
        highest = delivery;
      }
    }
  }
  return disorders;
}
