/** Why a new generation is due. No cause, no generation: a quiet group publishes nothing. */
import type { Plan } from './plan.ts';

/** One reason for another generation. */
export type Cause =
  /** There is none yet. */
  | { readonly kind: 'first' }
  | { readonly kind: 'join'; readonly clientId: string }
  /** A member said that it leaves. */
  | { readonly kind: 'leave'; readonly clientId: string }
  /** A member's item is gone: expelled, or left without a word. */
  | { readonly kind: 'loss'; readonly clientId: string }
  /** The shards of a stream changed, or the stream is new. */
  | { readonly kind: 'map'; readonly stream: string }
  /** A member subscribes to other streams than before. */
  | { readonly kind: 'streams'; readonly clientId: string };

/** A client item, as far as it matters here. */
export interface PresentMember {
  readonly clientId: string;
  readonly session: string;
  readonly streamsHash: string;
  readonly state: 'active' | 'leaving';
}

export interface Situation {
  /** The newest plan; null: none yet. */
  readonly plan: Plan | null;
  /** From the client items; sessions before their first answered heartbeat are not among them. */
  readonly members: readonly PresentMember[];
  /** Versions of the maps at hand, of streams with a subscriber only. */
  readonly mapVersions: Readonly<Record<string, number>>;
}

/**
 * What makes the newest plan out of date. Members are matched by clientId: a restart under the same id gets the
 * shards of its predecessor without a generation. A stream whose map is not at hand is no cause.
 */
export function causesOf({ plan, members, mapVersions }: Situation): readonly Cause[] {
  if (plan === null) return [{ kind: 'first' }];
  const planned = new Map(plan.members.map((member) => [member.clientId, member]));
  const present = new Set(members.map((member) => member.clientId));
  const causes: Cause[] = [];
  for (const { clientId, streamsHash, state } of members) {
    const before = planned.get(clientId);
    if (before === undefined) {
      if (state === 'active') causes.push({ kind: 'join', clientId });
    } else if (state === 'leaving') {
      causes.push({ kind: 'leave', clientId });
    } else if (before.streamsHash !== streamsHash) {
      causes.push({ kind: 'streams', clientId });
    }
  }
  for (const { clientId } of plan.members) {
    if (!present.has(clientId)) causes.push({ kind: 'loss', clientId });
  }
  for (const [stream, version] of Object.entries(mapVersions)) {
    const before = Object.hasOwn(plan.streams, stream) ? plan.streams[stream] : undefined;
    if (before?.mapVersion !== version) causes.push({ kind: 'map', stream });
  }
  return causes;
}

/** Whether a generation is due at once. Joins alone are gathered for a moment: a deployment brings many. */
export function isUrgent(causes: readonly Cause[]): boolean {
  return causes.some((cause) => cause.kind !== 'join');
}
