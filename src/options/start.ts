import type { StartMode } from './config.ts';
import { DEFAULTS } from './defaults.ts';
import { refuse } from './fields.ts';

/** Date and time with a zone: without one, each host would read it differently. */
const INSTANT = /^(\d{4}-\d{2}-\d{2})T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/;

const RULE =
  "must be 'LATEST', 'TRIM_HORIZON', a Date or an ISO 8601 string like 2026-01-31T12:00:00Z, not before 1970";

/** The month's length is checked by hand: the 30th of February would be read as the 2nd of March. */
function isCalendarDay(day: string): boolean {
  const instant = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(instant.getTime()) && instant.toISOString().startsWith(day);
}

function instantOf(value: unknown): number {
  if (value instanceof Date) return value.getTime();
  const day = typeof value === 'string' ? INSTANT.exec(value)?.[1] : undefined;
  return day !== undefined && isCalendarDay(day) ? Date.parse(value as string) : Number.NaN;
}

export function parseStart(value: unknown): StartMode {
  const start = value === undefined ? DEFAULTS.start : value;
  if (start === 'LATEST') return { kind: 'latest' };
  if (start === 'TRIM_HORIZON') return { kind: 'trimHorizon' };
  const timestampMs = instantOf(start);
  return timestampMs >= 0 ? { kind: 'atTimestamp', timestampMs } : refuse('start', RULE, value);
}
