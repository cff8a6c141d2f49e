/** Readers of plain data: each gives back what it was given as what it is, or refuses it by path, rule and value. */
import { KinesumerError } from '../../errors.ts';
import { refuse, within } from '../../options/fields.ts';
import { closest } from '../../options/spelling.ts';

/** @throws KinesumerError `InvalidOption` */
export type Reader<T> = (path: string, value: unknown) => T;

/** Of a field that may be left out. */
export interface Maybe<T> {
  readonly maybe: Reader<T>;
}

/** Every field of a type: a new one does not compile until it has its reader. */
export type Fields<T> = {
  readonly [Name in keyof T]-?: object extends Pick<T, Name>
    ? Maybe<Exclude<T[Name], undefined>>
    : Reader<T[Name]>;
};

export const maybe = <T>(reader: Reader<T>): Maybe<T> => ({ maybe: reader });

type Given = Readonly<Record<string, unknown>>;

const isGiven = (value: unknown): value is Given =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function refuseName(path: string, name: string, names: readonly string[]): never {
  const near = closest(name, names);
  const hint = near === undefined ? `there are ${names.join(', ')}` : `did you mean ${near}?`;
  throw new KinesumerError('InvalidOption', `${within(path, name)} is no field of it; ${hint}`);
}

/** An object with these fields and no others. What is read has them in the order in which they were given. */
export function object<T extends object>(fields: Fields<T>): Reader<T> {
  const readers = fields as Readonly<Record<string, Reader<unknown> | Maybe<unknown>>>;
  const names = Object.keys(readers);
  return (path, value) => {
    if (!isGiven(value)) return refuse(path === '' ? 'it' : path, 'must be an object', value);
    const read: Record<string, unknown> = {};
    for (const name of new Set([...Object.keys(value), ...names])) {
      const reader = Object.hasOwn(readers, name) ? readers[name] : undefined;
      if (reader === undefined) return refuseName(path, name, names);
      const at = within(path, name);
      if (typeof reader === 'function') read[name] = reader(at, value[name]);
      else if (value[name] !== undefined) read[name] = reader.maybe(at, value[name]);
    }
    return read as T;
  };
}

/** Those of a union's types that have a tag's value. */
type Tagged<Union, Tag extends keyof Union, Value> = Union extends unknown
  ? Value extends Union[Tag]
    ? Omit<Union, Tag>
    : never
  : never;

/** One of a union's types, by the field that tells them apart. */
export function oneBy<Union extends object, Tag extends keyof Union & string>(
  tag: Tag,
  types: {
    readonly [Value in Union[Tag] & string]: Fields<Tagged<Union, Tag, Value>>;
  },
): Reader<Union> {
  const known = types as Readonly<Record<string, Fields<object>>>;
  const name = among(Object.keys(known));
  return (path, value) => {
    if (!isGiven(value)) return refuse(path, 'must be an object', value);
    const which = name(within(path, tag), value[tag]);
    return object<Union>({ ...known[which], [tag]: name } as Fields<Union>)(path, value);
  };
}

export const list =
  <T>(reader: Reader<T>, min = 0): Reader<readonly T[]> =>
  (path, value) => {
    if (!Array.isArray(value)) return refuse(path, 'must be an array', value);
    if (value.length < min) return refuse(path, `must hold at least ${min}`, value);
    return value.map((entry, at) => reader(`${path}[${at}]`, entry));
  };

export const among =
  <Name extends string>(names: readonly Name[]): Reader<Name> =>
  (path, value) =>
    names.find((name) => name === value) ??
    refuse(path, `must be one of ${names.join(', ')}`, value);

export const number =
  (min: number, max: number): Reader<number> =>
  (path, value) =>
    typeof value === 'number' && value >= min && value <= max
      ? value
      : refuse(path, `must be a number from ${min} to ${max}`, value);

export const whole =
  (min: number, max: number): Reader<number> =>
  (path, value) =>
    typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max
      ? value
      : refuse(path, `must be a whole number from ${min} to ${max}`, value);

export const text =
  (pattern: RegExp, rule: string): Reader<string> =>
  (path, value) =>
    typeof value === 'string' && pattern.test(value) ? value : refuse(path, rule, value);

export const flag: Reader<boolean> = (path, value) =>
  typeof value === 'boolean' ? value : refuse(path, 'must be true or false', value);
