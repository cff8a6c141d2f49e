import type { Checker } from './evidence.ts';
import { deliveriesOf } from './records.ts';
import { silencesOf } from './validity.ts';

/**
 * D5: no delivery starts once the session may have been expelled: longer after the sending of its last answered heartbeat
 * than the session trusts one, by its own rhythm and clock. One that was carried out, but not answered, is none: the
 * session cannot know. While a machine sleeps its wall clock alone goes on, which runs as true time does (`validity.ts`).
 */
export const withinValidity: Checker = (evidence) =>
  deliveriesOf(evidence).flatMap(({ order, shard, process }) => {
    const silence = silencesOf(evidence).get(order);
    if (silence === undefined || silence.silentMs <= silence.trustMs) return [];
    const silentMs = Math.round(silence.silentMs);
    return [
      {
        invariant: 'D5',
        order,
        message: `${shard}: delivered by ${process} ${silentMs} ms after the sending of its last answered heartbeat`,
      },
    ];
  });
