/** How times, counts and names are put in sentences. */

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `42 s`, `3 min`, `2 h`: whole units, rounded down, so that a sentence changes seldom. */
export function duration(ms: number): string {
  const past = Math.max(0, ms);
  if (past < 2 * MINUTE) return `${Math.floor(past / SECOND)} s`;
  if (past < 2 * HOUR) return `${Math.floor(past / MINUTE)} min`;
  if (past < 2 * DAY) return `${Math.floor(past / HOUR)} h`;
  return `${Math.floor(past / DAY)} days`;
}

/** A time that is still to come, rounded up. */
export const durationLeft = (ms: number): string => duration(Math.ceil(ms / SECOND) * SECOND);

/** `1 record`, `12,345 records`. */
export const records = (count: number): string =>
  `${String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ',')} record${count === 1 ? '' : 's'}`;

/** `a`, `a and b`, `a, b and 3 more`. */
export function names(all: readonly string[]): string {
  const [first = '', second = ''] = all;
  if (all.length <= 1) return first;
  if (all.length === 2) return `${first} and ${second}`;
  return `${first}, ${second} and ${all.length - 2} more`;
}
