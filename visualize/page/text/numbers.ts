import { UNKNOWN } from './durations.ts';

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const fine = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });

/** A count: `12,340`. */
export function count(value: number | null): string {
  return value === null ? UNKNOWN : whole.format(value);
}

/** A rate: `1,204`, `3.4`. */
export function rate(value: number | null): string {
  if (value === null) return UNKNOWN;
  return value !== 0 && value < 10 ? fine.format(value) : whole.format(value);
}

export const plural = (n: number, one: string, many = `${one}s`): string =>
  `${whole.format(n)} ${n === 1 ? one : many}`;

const collator = new Intl.Collator('en', { numeric: true });

/** The order of names: worker-2 stands before worker-10. */
export const byName = (a: string, b: string): number => collator.compare(a, b);

/** Keeps both ends of a long name, where names of a family differ. */
export function shortened(name: string, longest: number): string {
  if (name.length <= longest) return name;
  const head = Math.ceil((longest - 1) / 2);
  return `${name.slice(0, head)}…${name.slice(name.length - (longest - 1 - head))}`;
}

/** A sentence with its shards as people say them. */
export const readable = (sentence: string): string =>
  sentence.replace(/\bshardId-0*(\d+)\b/g, 'shard $1');

/** `shardId-000000000007` as people say it: `7`. */
export function shardNumber(shardId: string): string {
  const digits = /^shardId-0*(\d+)$/.exec(shardId)?.[1];
  return digits ?? shortened(shardId, 12);
}
