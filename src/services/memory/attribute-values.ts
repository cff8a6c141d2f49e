/** Attribute values as DynamoDB takes them: what it refuses, how large they are, copies that stay as they are. */
import type { AttributeValue, Item } from '../../machines/ports.ts';
import { utf8Length } from './utf8.ts';

/** Largest item, attribute names included (DynamoDB: "Quotas", item size). */
export const MAX_ITEM_BYTES = 400 * 1_024;
/** DynamoDB: "Quotas", nested attribute depth. */
const MAX_DEPTH = 32;
/** DynamoDB numbers: 1E-130 … 9.99E+125, of either sign, and 0. */
const LARGEST_NUMBER = 1e126;
const SMALLEST_NUMBER = 1e-130;

/** Why a number cannot be stored, or null. */
export function faultOfNumber(value: number): string | null {
  if (!Number.isFinite(value)) return `${value} is not a number that can be stored`;
  const size = Math.abs(value);
  const fits = size === 0 || (size >= SMALLEST_NUMBER && size < LARGEST_NUMBER);
  return fits ? null : `${value} is out of the range of numbers`;
}

/** Why an attribute cannot have this name, or null. */
export function faultOfName(name: string): string | null {
  if (name === '') return 'an attribute name is empty';
  // an assignment to this name would be swallowed by the object's prototype
  return name === '__proto__' ? 'an object cannot hold the attribute __proto__' : null;
}

/** Why a value cannot be stored, or null. Takes anything: callers without types exist. */
export function faultOfValue(value: unknown, depth = 0): string | null {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return null;
  if (typeof value === 'number') return faultOfNumber(value);
  if (typeof value !== 'object') return `a value is of the type ${typeof value}`;
  if (depth >= MAX_DEPTH) return `a value is nested deeper than ${MAX_DEPTH} levels`;
  if (Array.isArray(value)) {
    for (const element of value) {
      const fault = faultOfValue(element, depth + 1);
      if (fault !== null) return fault;
    }
    return null;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return 'a value is not a plain object';
  for (const [name, element] of Object.entries(value)) {
    const fault = faultOfName(name) ?? faultOfValue(element, depth + 1);
    if (fault !== null) return `${name}: ${fault}`;
  }
  return null;
}

/** What `frozenCopy` made: copying it again would change nothing. */
const copies = new WeakSet<object>();

/** A deep copy that nobody can change. */
export function frozenCopy(value: AttributeValue): AttributeValue {
  // the service knows no negative zero
  if (typeof value === 'number') return value === 0 ? 0 : value;
  if (value === null || typeof value !== 'object' || copies.has(value)) return value;
  const copy = isList(value) ? value.map(frozenCopy) : copyOfMap(value);
  copies.add(Object.freeze(copy));
  return copy;
}

function copyOfMap(value: { readonly [name: string]: AttributeValue }): AttributeValue & object {
  const copy: Record<string, AttributeValue> = {};
  for (const [name, element] of Object.entries(value)) copy[name] = frozenCopy(element);
  return copy;
}

function isList(
  value: readonly AttributeValue[] | { readonly [name: string]: AttributeValue },
): value is readonly AttributeValue[] {
  return Array.isArray(value);
}

/** About one byte for two significant digits and one more (DynamoDB: "Item sizes and formats"). */
function numberBytes(value: number): number {
  const digits = Math.abs(value).toExponential().replace(/e.*$/, '').replace('.', '').length;
  return Math.ceil(digits / 2) + 1 + (value < 0 ? 1 : 0);
}

function valueBytes(value: AttributeValue): number {
  if (typeof value === 'string') return utf8Length(value);
  if (typeof value === 'number') return numberBytes(value);
  if (value === null || typeof value === 'boolean') return 1;
  // three bytes for a list or map, and one for each element in it
  if (isList(value)) {
    return value.reduce<number>((sum, element) => sum + 1 + valueBytes(element), 3);
  }
  return 3 + Object.keys(value).length + attributesBytes(value);
}

function attributesBytes(attributes: Readonly<Record<string, AttributeValue>>): number {
  let bytes = 0;
  for (const [name, value] of Object.entries(attributes)) {
    bytes += utf8Length(name) + valueBytes(value);
  }
  return bytes;
}

/** Bytes of an item as DynamoDB counts them for its limits and charges; 0 for no item. */
export function itemBytes(item: Item | null): number {
  return item === null ? 0 : attributesBytes(item);
}
