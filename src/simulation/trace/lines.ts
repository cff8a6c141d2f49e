/**
 * A run as lines of JSON, one event each: what a picture of a group is drawn from, whatever its source. Their shapes
 * are in schema/trace.schema.json. Changes of the table are told in the words of `rules/table-events`.
 */
import { tableEventOf, type TableEvent } from '../../machines/rules/table-events.ts';
import type { Violation } from '../checkers/evidence.ts';
import type { Evidence, HistoryEvent, WriteEvent } from '../history.ts';

/** The first line. */
export interface TraceHeader {
  readonly kind: 'trace';
  /** Of this layout. */
  readonly version: 1;
  readonly source: 'simulation' | 'table' | 'process';
  readonly app: string;
  /** What was played, so that it can be played again; null: it was no simulation. */
  readonly scenario: object | null;
}

interface Placed {
  /** Milliseconds since the beginning of the trace. */
  readonly atMs: number;
  /** Place in the one order of all events, from 0; null: at the end. */
  readonly order: number | null;
}

/** A change of the table. */
export type TraceTableEvent = Placed &
  TableEvent & {
    /** The process that wrote it; null: something that is no member of the group, or not known. */
    readonly by: string | null;
  };

/** Something that must not have happened. */
export interface TraceViolation extends Placed {
  readonly kind: 'violation';
  readonly invariant: string;
  readonly message: string;
}

export type TraceEvent = TraceTableEvent | Exclude<HistoryEvent, WriteEvent> | TraceViolation;

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
    const told = event.kind === 'write' ? ofWrite(evidence.app, event) : event;
    if (told !== null) yield told;
    for (const violation of at.get(event.order) ?? []) yield ofViolation(violation, event.atMs);
  }
  for (const violation of violations) {
    if (violation.order === null) yield ofViolation(violation, evidence.endMs);
  }
}

function ofWrite(app: string, event: WriteEvent): TraceTableEvent | null {
  const change = tableEventOf(app, event.before, event.after);
  const { atMs, order, process: by } = event;
  return change === null ? null : { ...change, atMs, order, by };
}

const ofViolation = ({ invariant, order, message }: Violation, atMs: number): TraceViolation => ({
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
