/** When something happened. */
export interface Placed {
  /** Milliseconds since the beginning of the feed. */
  readonly atMs: number;
  /** Place in the one order of all events, from 0. */
  readonly order: number;
}
