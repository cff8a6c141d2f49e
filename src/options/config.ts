/** What the protocol and the delivery need to know, parsed: see `parse.ts` for where it comes from. */

const MILLISECOND = 1;
export const SECOND = 1_000 * MILLISECOND;

/** Rhythm of a client. All on the monotonic clock. */
export interface Timings {
  readonly heartbeatIntervalMs: number;
  /** How long others see this session's item unmoved before they may expel it. Stated in the item. */
  readonly ttlMs: number;
  /** Deliveries stop this long after the last answered heartbeat was sent. Below the TTL by the clocks' error. */
  readonly selfFenceMs: number;
  /** How often the head of the group is read. */
  readonly pollIntervalMs: number;
}

/** The three rhythms; see the table in SPEC.md. */
export const PROFILES = {
  default: {
    heartbeatIntervalMs: 3 * SECOND,
    ttlMs: 9 * SECOND,
    selfFenceMs: 7 * SECOND,
    pollIntervalMs: 1 * SECOND,
  },
  fast: {
    heartbeatIntervalMs: 1 * SECOND,
    ttlMs: 4 * SECOND,
    selfFenceMs: 3 * SECOND,
    pollIntervalMs: 500 * MILLISECOND,
  },
  frugal: {
    heartbeatIntervalMs: 5 * SECOND,
    ttlMs: 10 * SECOND,
    selfFenceMs: 8 * SECOND,
    pollIntervalMs: 5 * SECOND,
  },
} as const satisfies Record<string, Timings>;

export type ProfileName = keyof typeof PROFILES;

/** Where a stream that is new to the group starts. A Date or ISO string: the first record at or after it. */
export type StartMode =
  | { readonly kind: 'latest' }
  | { readonly kind: 'trimHorizon' }
  | { readonly kind: 'atTimestamp'; readonly timestampMs: number };

export type AssignorName = 'sticky-range' | 'range';

/** What the protocol and the delivery need to know: parsed, frozen, nothing optional. No AWS things in here. */
export interface Config {
  readonly app: string;
  readonly clientId: string;
  /** Whether the user gave the clientId (static membership). */
  readonly membership: 'static' | 'dynamic';
  readonly streams: readonly string[];
  /** 'custom': the timings were given one by one. */
  readonly profile: ProfileName | 'custom';
  readonly timings: Timings;
  readonly start: StartMode;
  readonly assignor: AssignorName;
  /** Shards that a member may hold above or below the even share to save moves; 0: sizes differ by at most 1. */
  readonly assignorTolerance: number;
  readonly scanLimit: number;
  readonly scanTimeoutMs: number;
  readonly scanIntervalMs: number;
  readonly commit: {
    readonly auto: boolean;
    readonly intervalMs: number;
    readonly timeoutMs: number;
  };
  readonly drainTimeoutMs: number;
  readonly highWaterMarkBytes: number;
}
