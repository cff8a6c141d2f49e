import type { TableDescription } from '@aws-sdk/client-dynamodb';
import { KinesumerError } from '../../errors.ts';
import { PARTITION_KEY, SORT_KEY } from './table-definition.ts';

/** What a description of the table says about its use. */
export type TableState =
  | { readonly kind: 'ready' }
  /** Being created: look again. */
  | { readonly kind: 'creating' }
  | { readonly kind: 'unusable'; readonly error: KinesumerError };

const EXPECTED = [
  { name: PARTITION_KEY, type: 'S', role: 'HASH' },
  { name: SORT_KEY, type: 'S', role: 'RANGE' },
] as const;

/** Judges a table by its key and its status. Indexes and billing are the owner's business. */
export function tableStateOf(description: TableDescription, tableName: string): TableState {
  const found = keyOf(description);
  const expected = wordsOf(EXPECTED);
  if (wordsOf(found) !== expected) {
    return unusable(
      'TableShape',
      `The key of table "${tableName}" is of another shape: expected ${expected}; found ${wordsOf(found)}. Give another table.name, or delete that table if nothing else uses it.`,
    );
  }
  switch (description.TableStatus) {
    case 'ACTIVE':
    case 'UPDATING':
      return { kind: 'ready' };
    case 'CREATING':
      return { kind: 'creating' };
    case 'DELETING':
      return unusable('TableMissing', `Table "${tableName}" is being deleted.`);
    case 'INACCESSIBLE_ENCRYPTION_CREDENTIALS':
      return unusable(
        'AccessDenied',
        `The encryption key of table "${tableName}" is out of reach.`,
      );
    default:
      return unusable(
        'TableMissing',
        `Table "${tableName}" cannot be used: its status is ${description.TableStatus ?? 'unknown'}.`,
      );
  }
}

interface KeyPart {
  readonly name: string;
  readonly type: string;
  readonly role: string;
}

function keyOf({ KeySchema = [], AttributeDefinitions = [] }: TableDescription): KeyPart[] {
  return KeySchema.map(({ AttributeName = '?', KeyType = '?' }) => ({
    name: AttributeName,
    type: AttributeDefinitions.find((a) => a.AttributeName === AttributeName)?.AttributeType ?? '?',
    role: KeyType,
  }));
}

const wordsOf = (key: readonly KeyPart[]): string =>
  key.length === 0 ? 'no key' : key.map((k) => `${k.name} (${k.type}) ${k.role}`).join(', ');

const unusable = (
  code: 'TableShape' | 'TableMissing' | 'AccessDenied',
  message: string,
): TableState => ({ kind: 'unusable', error: new KinesumerError(code, message) });
