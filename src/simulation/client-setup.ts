/** How the user set the clients of a group up. */

/** `mixed`: static in slots of odd numbers, dynamic in the others. */
export const MEMBERSHIPS = ['dynamic', 'static', 'mixed'] as const;
export type Membership = (typeof MEMBERSHIPS)[number];

/** The same for every client of a group. Where a field is not given, a simulated client is quicker than a real one. */
export interface ClientSetup {
  /** Whether a client's id is its successor's too. @default 'mixed' */
  readonly membership?: Membership;
  /** From the end of a client that is restarted to the start of its successor. @default 0 */
  readonly restartAfterMs?: number;
  /** How long each call of a handler takes. @default up to 300 ms, drawn; half of them none */
  readonly handlerMs?: number;
  /** @default 1,000 */
  readonly commitIntervalMs?: number;
  /** @default 5,000 */
  readonly drainTimeoutMs?: number;
}

export const isStatic = (slot: number, { membership = 'mixed' }: ClientSetup): boolean =>
  membership === 'mixed' ? slot % 2 === 1 : membership === 'static';
