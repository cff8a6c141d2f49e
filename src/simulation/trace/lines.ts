/**
 * A run as lines of JSON, one event each: what a picture of a group is drawn from, whatever its source. Their shapes
 * are in schema/trace.schema.json. Changes of the table are told in the words of `rules/table-events`.
 */
import type { FeedHeader, TableFeedEvent, ViolationEvent } from '../../feed/events.ts';
import type { Item } from '../../machines/ports.ts';
import { mapChunkOf, mapsPk } from '../../machines/rules/keys.ts';
import { tableEventOf } from '../../machines/rules/table-events.ts';
import type { Violation } from '../checkers/evidence.ts';
import type { Evidence, HistoryEvent, WriteEvent } from '../history.ts';

/** The first line of a trace. */
export type TraceHeader = FeedHeader;

/** Any other line of a run's trace. */
export type TraceEvent = TableFeedEvent | Exclude<HistoryEvent, WriteEvent> | ViolationEvent;

/** The events of a run, in their order; a violation stands behind the event that shows it. */
export function* traceEventsOf(
  evidence: Evidence,
  violations: readonly Violation[],
): Generator<TraceEvent> {
  const at = new Map<number, Violation[]>();
  for (const violation of violations) {
    const { order } = violation;
    if (order === null) continue;
    const others = at.get(order);
    if (others === undefined) at.set(order, [violation]);
    else others.push(violation);
  }
  const teller = new TraceTeller(evidence.app);
  for (const event of evidence.events) {
    const told = teller.told(event);
    if (told !== null) yield told;
    for (const violation of at.get(event.order) ?? []) yield ofViolation(violation, event.atMs);
  }
  for (const violation of violations) {
    if (violation.order === null) yield ofViolation(violation, evidence.endMs);
  }
}

/** Tells a history an event at a time, from its beginning. */
export class TraceTeller {
  readonly #app: string;
  /** Chunks of large maps that stand in the table, by their sort keys. */
  readonly #chunks = new Map<string, Item>();

  constructor(app: string) {
    this.#app = app;
  }

  /** @returns null: a write that changed nothing that a group goes by */
  told(event: HistoryEvent): TraceEvent | null {
    return event.kind === 'write' ? this.#ofWrite(event) : event;
  }

  #ofWrite({ before, after, atMs, order, process: by }: WriteEvent): TableFeedEvent | null {
    this.#keepChunk(before, after);
    const change = tableEventOf(this.#app, before, after, ({ sk }) => this.#chunks.get(sk) ?? null);
    return change === null ? null : { ...change, atMs, order, by };
  }

  /** They are written before the map that names them, and tidied away long after. */
  #keepChunk(before: Item | null, after: Item | null): void {
    const { pk, sk } = after ?? before ?? {};
    if (pk !== mapsPk(this.#app) || sk === undefined || mapChunkOf(sk) === null) return;
    if (after === null) this.#chunks.delete(sk);
    else this.#chunks.set(sk, after);
  }
}

const ofViolation = ({ invariant, order, message }: Violation, atMs: number): ViolationEvent => ({
  kind: 'violation',
  atMs,
  order,
  invariant,
  message,
});

/** The whole trace, a line at a time, without line ends. */
export function* traceLines(
  header: Omit<TraceHeader, 'kind' | 'version'>,
  events: Iterable<TraceEvent>,
): Generator<string> {
  yield JSON.stringify({ kind: 'trace', version: 1, ...header } satisfies TraceHeader);
  for (const event of events) yield JSON.stringify(event);
}
