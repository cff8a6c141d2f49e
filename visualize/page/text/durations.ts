/** What is not known: a dash, never 0. */
export const UNKNOWN = '—';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const two = (value: number): string => String(value).padStart(2, '0');

/** A length of time in two figures or so: `0.4 s`, `12 s`, `4 min 05 s`, `3 h 20 min`. */
export function duration(ms: number | null): string {
  if (ms === null || Number.isNaN(ms)) return UNKNOWN;
  if (ms === Infinity) return '∞';
  const positiveMs = Math.max(0, ms);
  if (positiveMs < 10) return `${Math.round(positiveMs)} ms`;
  if (positiveMs < 9_950) return `${(positiveMs / SECOND_MS).toFixed(1)} s`;
  if (positiveMs < 99_500) return `${Math.round(positiveMs / SECOND_MS)} s`;
  if (positiveMs < HOUR_MS - SECOND_MS / 2) {
    const seconds = Math.round(positiveMs / SECOND_MS);
    return `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`;
  }
  if (positiveMs < 2 * DAY_MS) {
    const minutes = Math.round(positiveMs / MINUTE_MS);
    return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
  }
  return `${(positiveMs / DAY_MS).toFixed(1)} days`;
}

/** How long ago something was, coarser than a duration, so that it does not flicker. */
export function age(ms: number | null): string {
  if (ms === null) return UNKNOWN;
  if (ms < SECOND_MS) return 'now';
  if (ms < 100 * SECOND_MS) return `${Math.floor(ms / SECOND_MS)} s ago`;
  return `${duration(ms)} ago`;
}

/** A moment of the feed: its wall time where that is known, else the time since its beginning. */
export function moment(atMs: number, epochMs: number | null): string {
  return epochMs === null ? sinceBeginning(atMs) : wallTime(epochMs + atMs);
}

export function wallTime(epochMs: number): string {
  const date = new Date(epochMs);
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** `1:02:03.4` */
export function sinceBeginning(atMs: number): string {
  const tenths = Math.floor(Math.max(0, atMs) / 100);
  const hours = Math.floor(tenths / 36_000);
  const minutes = Math.floor(tenths / 600) % 60;
  const seconds = `${two(Math.floor(tenths / 10) % 60)}.${tenths % 10}`;
  return hours > 0 ? `${hours}:${two(minutes)}:${seconds}` : `${minutes}:${seconds}`;
}
