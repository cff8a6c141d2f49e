/** How long a session is silent at each of its deliveries, and how long it may be. */
import { PROFILES, type ProfileName } from '../../options.ts';
import { once } from './once.ts';
import { deliveriesOf } from './records.ts';

export interface Silence {
  /** True time since the session sent its last heartbeat of those that were answered. */
  readonly silentMs: number;
  /** True time for which the session trusts an answered one. */
  readonly trustMs: number;
}

const isProfile = (name: string): name is ProfileName => Object.hasOwn(PROFILES, name);

/** A process of no profile of ours trusts nothing but what it said of itself. */
const selfFenceMsOf = (profile: string): number =>
  isProfile(profile) ? PROFILES[profile].selfFenceMs : 0;

/**
 * By the order of the delivery. Each session goes by its own rhythm and clock; after a stop of its process it is the
 * self-fence by true time that holds, where the monotonic clock is a fast one.
 */
export const silencesOf = once((evidence): ReadonlyMap<number, Silence> => {
  const deliveries = new Map(deliveriesOf(evidence).map((delivery) => [delivery.order, delivery]));
  const beatAtMs = new Map<string, number>();
  const silences = new Map<number, Silence>();
  const trusts = new Map<string, { readonly awakeMs: number; readonly sleptMs: number }>();
  const resumedAtMs = new Map<string, number>();
  for (const event of evidence.events) {
    if (event.kind === 'setup') {
      const sleptMs = Math.max(event.trustMs, selfFenceMsOf(event.profile));
      trusts.set(event.process, { awakeMs: event.trustMs, sleptMs });
    }
    if (event.kind === 'process' && event.what === 'resumed') {
      resumedAtMs.set(event.process, event.atMs);
    }
    if (event.kind === 'heartbeat') {
      const { session, sentMs } = event;
      beatAtMs.set(session, Math.max(sentMs, beatAtMs.get(session) ?? sentMs));
    }
    const delivery = deliveries.get(event.order);
    if (delivery === undefined) continue;
    const { acquire, process, atMs, order } = delivery;
    const beatMs = beatAtMs.get(acquire?.after.owner ?? '') ?? Number.NEGATIVE_INFINITY;
    const { awakeMs, sleptMs } = trusts.get(process) ?? {
      awakeMs: evidence.trustMs,
      sleptMs: evidence.trustMs,
    };
    const slept = (resumedAtMs.get(process) ?? Number.NEGATIVE_INFINITY) > beatMs;
    silences.set(order, { silentMs: atMs - beatMs, trustMs: slept ? sleptMs : awakeMs });
  }
  return silences;
});
