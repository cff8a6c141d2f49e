/**
 * What a conditional write does to one item: the semantics of DynamoDB as a pure function,
 * for the memory table and for whoever explores states of a table.
 */
import type { AttributeValue, Clause, Item, Key, Write } from '../../machines/ports.ts';
import {
  MAX_ITEM_BYTES,
  faultOfName,
  faultOfNumber,
  faultOfValue,
  frozenCopy,
  itemBytes,
} from './attribute-values.ts';
import { compareUtf8, utf8Length } from './utf8.ts';

/** DynamoDB: "Quotas", partition key length and sort key length. */
const MAX_PK_BYTES = 2_048;
const MAX_SK_BYTES = 1_024;

/** What became of a write. */
export type WriteResult =
  /** What stands now; null after a delete. */
  | { readonly kind: 'applied'; readonly item: Item | null }
  /** A clause did not hold; what stood and still stands. */
  | { readonly kind: 'refused'; readonly item: Item | null }
  /** DynamoDB answers ValidationException; nothing changed. */
  | { readonly kind: 'invalid'; readonly message: string };

type UpdateWrite = Extract<Write, { kind: 'update' }>;

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Why a key is refused, or null. Takes anything: callers without types exist. */
function faultOfKey(key: unknown): string | null {
  if (!isObject(key)) return 'the key is no object';
  for (const [name, maxBytes] of [
    ['pk', MAX_PK_BYTES],
    ['sk', MAX_SK_BYTES],
  ] as const) {
    const value = key[name];
    if (typeof value !== 'string' || value === '') return `${name} is no string or empty`;
    // a code unit takes up to three bytes: most keys are decided by their length alone
    if (value.length * 3 > maxBytes && utf8Length(value) > maxBytes) {
      return `${name} is longer than ${maxBytes} bytes`;
    }
  }
  return null;
}

/** Why a list of keys is refused, or null. */
export function faultOfKeys(keys: readonly unknown[]): string | null {
  for (const key of keys) {
    const fault = faultOfKey(key);
    if (fault !== null) return fault;
  }
  return null;
}

/** The key that a write is for, or null where the write is malformed. */
export function keyOfWrite(write: Write): Key | null {
  if (!isObject(write)) return null;
  const key: unknown = write.kind === 'put' ? write.item : write.key;
  if (faultOfKey(key) !== null) return null;
  return write.kind === 'put' ? write.item : write.key;
}

/** The value of an attribute, undefined where it is absent. */
function attributeOf(item: Item | null, name: string): AttributeValue | undefined {
  return item !== null && Object.hasOwn(item, name) ? item[name] : undefined;
}

/** Whether a clause holds for what stands (null: no item). */
export function clauseHolds(item: Item | null, clause: Clause): boolean {
  const value = attributeOf(item, clause.attribute);
  if (!('value' in clause)) return (value === undefined) === (clause.op === 'absent');
  const wanted = clause.value;
  let order: number;
  if (typeof value === 'string' && typeof wanted === 'string') order = compareUtf8(value, wanted);
  else if (typeof value === 'number' && typeof wanted === 'number') order = value - wanted;
  else return false;
  switch (clause.op) {
    case '=':
      return order === 0;
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
  }
}

const OPERATORS: readonly unknown[] = ['absent', 'present', '=', '<', '<=', '>', '>='];

function faultOfClause(clause: Clause): string | null {
  if (!isObject(clause) || !OPERATORS.includes(clause.op)) return 'a clause has no known operator';
  const { attribute, op } = clause;
  if (typeof attribute !== 'string' || attribute === '') return 'a clause names no attribute';
  if (op === 'absent' || op === 'present') return null;
  const value: unknown = 'value' in clause ? clause.value : undefined;
  if (typeof value === 'number') return faultOfNumber(value);
  return typeof value === 'string' ? null : `the clause on ${attribute} compares with no value`;
}

function faultOfUpdate({ set, add = {}, remove = [] }: UpdateWrite): string | null {
  if (!isObject(set) || !isObject(add) || !Array.isArray(remove)) return 'the update is malformed';
  const names = [...Object.keys(set), ...Object.keys(add), ...remove];
  if (new Set(names).size < names.length) return 'the update names an attribute twice';
  for (const name of names) {
    const fault = typeof name === 'string' ? faultOfName(name) : 'an attribute name is no string';
    if (fault !== null) return fault;
    if (name === 'pk' || name === 'sk') return `the update changes ${name}, a part of the key`;
  }
  for (const [name, value] of Object.entries(add)) {
    const fault = typeof value === 'number' ? faultOfNumber(value) : 'what is added is no number';
    if (fault !== null) return `${name}: ${fault}`;
  }
  return faultOfValue(set);
}

/** Why a write is refused before anything is looked up, or null. Takes anything: callers without types exist. */
export function faultOfWrite(write: Write): string | null {
  if (!isObject(write)) return 'the write is no object';
  const { kind, when } = write;
  if (kind !== 'put' && kind !== 'update' && kind !== 'delete') return 'the write is of no kind';
  const keyFault = faultOfKey(kind === 'put' ? write.item : write.key);
  if (keyFault !== null) return keyFault;
  if (!Array.isArray(when)) return 'the write has no list of clauses';
  for (const clause of write.when) {
    const fault = faultOfClause(clause);
    if (fault !== null) return fault;
  }
  if (kind === 'update') return faultOfUpdate(write);
  if (kind === 'delete') return null;
  return faultOfValue(write.item) ?? faultOfSize(write.item);
}

function faultOfSize(item: Item): string | null {
  const bytes = itemBytes(item);
  return bytes <= MAX_ITEM_BYTES ? null : `the item has ${bytes} bytes of at most 400 KB`;
}

/** A copy of a valid write that nobody can change. */
export function frozenCopyOfWrite(write: Write): Write {
  switch (write.kind) {
    case 'put':
      return { ...write, item: frozenCopy(write.item) as Item, when: frozenClauses(write.when) };
    case 'delete':
      return { ...write, key: { ...write.key }, when: frozenClauses(write.when) };
    case 'update':
      return {
        ...write,
        key: { ...write.key },
        set: frozenCopy(write.set) as UpdateWrite['set'],
        ...(write.add === undefined ? {} : { add: { ...write.add } }),
        ...(write.remove === undefined ? {} : { remove: [...write.remove] }),
        when: frozenClauses(write.when),
      };
  }
}

function frozenClauses(when: readonly Clause[]): readonly Clause[] {
  return Object.freeze(when.map((clause) => Object.freeze({ ...clause })));
}

/** What an update makes of an item, or why it cannot. */
function updated(item: Item | null, write: UpdateWrite): WriteResult {
  const next: Record<string, AttributeValue> & { pk: string; sk: string } = {
    ...item,
    pk: write.key.pk,
    sk: write.key.sk,
  };
  for (const [name, value] of Object.entries(write.set)) next[name] = frozenCopy(value);
  for (const [name, amount] of Object.entries(write.add ?? {})) {
    const before = attributeOf(item, name);
    if (before !== undefined && typeof before !== 'number') {
      return { kind: 'invalid', message: `${name} is no number: nothing can be added to it` };
    }
    const sum = (before ?? 0) + amount;
    const fault = faultOfNumber(sum);
    if (fault !== null) return { kind: 'invalid', message: `${name}: ${fault}` };
    next[name] = frozenCopy(sum);
  }
  for (const name of write.remove ?? []) delete next[name];
  return { kind: 'applied', item: Object.freeze(next) };
}

/** What a write would leave if its conditions held. */
function attempted(item: Item | null, write: Write): WriteResult {
  switch (write.kind) {
    case 'put':
      return { kind: 'applied', item: frozenCopy(write.item) as Item };
    case 'delete':
      return { kind: 'applied', item: null };
    case 'update':
      return updated(item, write);
  }
}

/** Bytes of the item that a valid write would leave if its conditions held: a refused write is charged for it. */
export function attemptedBytes(item: Item | null, write: Write): number {
  const result = attempted(item, write);
  return result.kind === 'applied' ? itemBytes(result.item) : 0;
}

/**
 * Applies a write to one item. Pure: changes neither argument, and what it answers is frozen, shares
 * nothing that the write's caller can change, and shares unchanged attributes with `item`.
 *
 * The order is DynamoDB's: a malformed write is invalid whatever stands; then the conditions decide;
 * only then an `add` to something that is no number, or an update that grows past 400 KB, is invalid.
 *
 * @param item what stands under the write's key; null: nothing
 */
export function applyWrite(item: Item | null, write: Write): WriteResult {
  const fault = faultOfWrite(write);
  if (fault !== null) return { kind: 'invalid', message: fault };
  if (!write.when.every((clause) => clauseHolds(item, clause))) return { kind: 'refused', item };
  const result = attempted(item, write);
  if (result.kind !== 'applied' || result.item === null || write.kind === 'put') return result;
  const sizeFault = faultOfSize(result.item);
  return sizeFault === null ? result : { kind: 'invalid', message: sizeFault };
}
