/** Readers of single fields: each checks one value and returns it typed, or refuses it by path, rule and value. */
import { KinesumerError } from '../errors.ts';
import type { Range } from './defaults.ts';
import { closest } from './spelling.ts';
import { shown } from './shown.ts';

/** An object of the user's, known to have none but the expected names. */
export type Given = Readonly<Record<string, unknown>>;

/**
 * @param rule what the value must be, as it follows "must be" or stands for itself
 * @throws KinesumerError `InvalidOption`, always
 */
export function refuse(path: string, rule: string, value: unknown): never {
  throw new KinesumerError('InvalidOption', `${path} ${rule}; got ${shown(path, value)}`);
}

const isObject = (value: unknown): value is Given => typeof value === 'object' && value !== null;

/** A copy of what an options object holds, after a look for misspelt names. `path` '' is the outermost. */
export function fields(path: string, value: unknown, names: readonly string[]): Given {
  if (!isObject(value) || Array.isArray(value)) {
    return refuse(path === '' ? 'options' : path, 'must be an object', value);
  }
  const given: Record<string, unknown> = {};
  for (const name of Object.keys(value)) {
    if (!names.includes(name)) refuseName(path, name, names);
  }
  // Read by name, so that an instance whose options are getters works too.
  for (const name of names) given[name] = value[name];
  return given;
}

function refuseName(path: string, name: string, names: readonly string[]): never {
  const near = closest(name, names);
  const hint =
    near === undefined ? `the options here are ${names.join(', ')}` : `did you mean ${near}?`;
  throw new KinesumerError('InvalidOption', `${within(path, name)} is not an option; ${hint}`);
}

/** The path of a field of the object at `path`. */
export const within = (path: string, name: string): string =>
  path === '' ? name : `${path}.${name}`;

/** @param fallback what holds where none is given; without it, one must be */
export function wholeNumber(path: string, value: unknown, range: Range, fallback?: number): number {
  if (value === undefined && fallback !== undefined) return fallback;
  const { min, max, unit } = range;
  if (!Number.isSafeInteger(value) || (value as number) < min || (value as number) > max) {
    return refuse(path, `must be a whole number of ${unit} from ${min} to ${max}`, value);
  }
  return value as number;
}

export function flag(path: string, value: unknown, fallback: boolean): boolean {
  if (value === undefined) return fallback;
  return typeof value === 'boolean' ? value : refuse(path, 'must be true or false', value);
}

export function oneOf<Choice extends string>(
  path: string,
  value: unknown,
  choices: readonly Choice[],
  fallback: Choice,
): Choice {
  if (value === undefined) return fallback;
  const chosen = choices.find((choice) => choice === value);
  return chosen ?? refuse(path, `must be one of ${choices.join(', ')}`, value);
}

/** A string that fits a pattern; `rule` says in words what the pattern asks for. */
export function text(path: string, value: unknown, pattern: RegExp, rule: string): string {
  return typeof value === 'string' && pattern.test(value) ? value : refuse(path, rule, value);
}

/** An object that has at least these methods; which class it is of does not matter. */
export function withMethods<T extends object>(
  path: string,
  value: unknown,
  methods: readonly (keyof T & string)[],
): T | undefined {
  if (value === undefined) return undefined;
  if (isObject(value) && methods.every((name) => typeof value[name] === 'function')) {
    return value as T;
  }
  return refuse(path, `must be an object with the methods ${methods.join(', ')}`, value);
}

export function anObject(path: string, value: unknown): object | undefined {
  if (value === undefined || (isObject(value) && !Array.isArray(value))) return value;
  return refuse(path, 'must be a client or the config of one', value);
}

export function aFunction<F>(path: string, value: unknown): F | undefined {
  if (value === undefined || typeof value === 'function') return value as F | undefined;
  return refuse(path, 'must be a function', value);
}

export function abortSignal(path: string, value: unknown): AbortSignal | undefined {
  if (value === undefined || value instanceof AbortSignal) return value;
  return refuse(path, 'must be an AbortSignal', value);
}
