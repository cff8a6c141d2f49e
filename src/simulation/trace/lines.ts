/**
 * A run as lines of JSON, one event each: what a picture of a group is drawn from, whatever its source. Their shapes
 * are in schema/trace.schema.json. Changes of the table are told in the words of `rules/table-events`.
 */
import type { FeedHeader, TableFeedEvent, ViolationEvent } from '../../feed/events.ts';
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
  for (const event of evidence.events) {
    const told = traceEventOf(evidence.app, event);
    if (told !== null) yield told;
    for (const violation of at.get(event.order) ?? []) yield ofViolation(violation, event.atMs);
  }
  for (const violation of violations) {
    if (violation.order === null) yield ofViolation(violation, evidence.endMs);
  }
}

/** null: a write that changed nothing that a group goes by. */
export const traceEventOf = (app: string, event: HistoryEvent): TraceEvent | null =>
  event.kind === 'write' ? ofWrite(app, event) : event;

function ofWrite(app: string, event: WriteEvent): TableFeedEvent | null {
  const change = tableEventOf(app, event.before, event.after);
  const { atMs, order, process: by } = event;
  return change === null ? null : { ...change, atMs, order, by };
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
