import type { AttributeValue, Clause, Item, Key, Write } from '../../machines/ports.ts';

/** The expression part of a request; absent where there is nothing to say, since AWS refuses empty ones. */
export interface Expressions {
  readonly ConditionExpression?: string;
  readonly UpdateExpression?: string;
  readonly ExpressionAttributeNames?: Record<string, string>;
  readonly ExpressionAttributeValues?: Record<string, AttributeValue>;
}

/**
 * Lets through what the SDK can put into a request. At anything else it throws an error with nothing on it
 * that tells it from one of the network, which would be tried again and again.
 *
 * @throws TypeError
 */
export function storable<Value extends AttributeValue>(value: Value): Value {
  if (value === undefined) throw new TypeError('undefined is no value');
  if (typeof value === 'number' && !(Math.abs(value) <= Number.MAX_SAFE_INTEGER)) {
    throw new TypeError(`${value} is not a number that can be stored`);
  }
  if (typeof value === 'object' && value !== null) Object.values(value).forEach(storable);
  return value;
}

/** Aliases for the names and values of one request. Every name gets one: many are reserved words. */
class Aliases {
  readonly #names = new Map<string, string>();
  readonly #values: AttributeValue[] = [];

  name(attribute: string): string {
    const known = this.#names.get(attribute);
    if (known !== undefined) return known;
    const alias = `#n${this.#names.size}`;
    this.#names.set(attribute, alias);
    return alias;
  }

  value(value: AttributeValue): string {
    return `:v${this.#values.push(storable(value)) - 1}`;
  }

  parts(): Pick<Expressions, 'ExpressionAttributeNames' | 'ExpressionAttributeValues'> {
    const names = [...this.#names].map(([attribute, alias]) => [alias, attribute]);
    const values = this.#values.map((value, index) => [`:v${index}`, value]);
    return {
      ...(names.length === 0 ? {} : { ExpressionAttributeNames: Object.fromEntries(names) }),
      ...(values.length === 0 ? {} : { ExpressionAttributeValues: Object.fromEntries(values) }),
    };
  }
}

function conditionOf(clauses: readonly Clause[], aliases: Aliases): string {
  return clauses
    .map((clause) => {
      const name = aliases.name(clause.attribute);
      switch (clause.op) {
        case 'absent':
          return `attribute_not_exists(${name})`;
        case 'present':
          return `attribute_exists(${name})`;
        default:
          return `${name} ${clause.op} ${aliases.value(clause.value)}`;
      }
    })
    .join(' AND ');
}

function updateOf(write: Extract<Write, { kind: 'update' }>, aliases: Aliases): string {
  const section = (word: string, parts: readonly string[]): string[] =>
    parts.length === 0 ? [] : [`${word} ${parts.join(', ')}`];
  return [
    ...section(
      'SET',
      Object.entries(write.set).map(([name, v]) => `${aliases.name(name)} = ${aliases.value(v)}`),
    ),
    ...section(
      'ADD',
      Object.entries(write.add ?? {}).map(
        ([name, n]) => `${aliases.name(name)} ${aliases.value(n)}`,
      ),
    ),
    ...section(
      'REMOVE',
      (write.remove ?? []).map((name) => aliases.name(name)),
    ),
  ].join(' ');
}

/** The expressions of a write: what it changes and under which condition. */
export function expressionsOf(write: Write): Expressions {
  const aliases = new Aliases();
  const update = write.kind === 'update' ? updateOf(write, aliases) : '';
  const condition = conditionOf(write.when, aliases);
  return {
    ...(update === '' ? {} : { UpdateExpression: update }),
    ...(condition === '' ? {} : { ConditionExpression: condition }),
    ...aliases.parts(),
  };
}

/** Asks for all items of one partition. */
export function partitionExpressions(pk: string): {
  readonly KeyConditionExpression: string;
  readonly ExpressionAttributeNames: Record<string, string>;
  readonly ExpressionAttributeValues: Record<string, AttributeValue>;
} {
  return {
    KeyConditionExpression: '#pk = :pk',
    ExpressionAttributeNames: { '#pk': 'pk' },
    ExpressionAttributeValues: { ':pk': pk },
  };
}

/** One name for a key, by which answers that come in any order find their place. */
export const keyName = ({ pk, sk }: Key): string => JSON.stringify([pk, sk]);

/** Only the key: a whole item may stand where a key is asked for, and AWS refuses the rest. */
export const bareKey = ({ pk, sk }: Key): { pk: string; sk: string } => ({ pk, sk });

/** Whether what the SDK decoded is an item of this table. Always so, unless the server is not DynamoDB. */
export const isItem = (value: unknown): value is Item =>
  typeof value === 'object' &&
  value !== null &&
  'pk' in value &&
  typeof value.pk === 'string' &&
  'sk' in value &&
  typeof value.sk === 'string';
