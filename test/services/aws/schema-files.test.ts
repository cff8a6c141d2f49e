import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  createTablePolicy,
  CREATE_TABLE_ACTIONS,
  iamPolicy,
  INSPECT_TABLE_ACTIONS,
  inspectTablePolicy,
  STATE_TABLE_ACTIONS,
  STREAM_ACTIONS,
} from '../../../src/services/aws/iam-policy.ts';
import { tableDefinition } from '../../../src/services/dynamodb/table-definition.ts';

const ROOT = new URL('../../../', import.meta.url);
const readJson = (path: string): unknown => JSON.parse(readFileSync(new URL(path, ROOT), 'utf8'));

const tableArn = 'arn:aws:dynamodb:REGION:ACCOUNT_ID:table/kinesumer-state-store';
const streamArns = ['arn:aws:kinesis:REGION:ACCOUNT_ID:stream/STREAM_NAME'];

describe('the files in schema/ (npm run schema)', () => {
  it('hold the table that the library creates', () => {
    expect(readJson('schema/table.json')).toEqual(tableDefinition());
  });

  it('hold the policy of a consumer, with nothing on any resource but its own', () => {
    const policy = iamPolicy({ tableArn, streamArns });
    expect(readJson('schema/iam-policy.json')).toEqual(policy);
    expect(JSON.stringify(policy)).not.toContain('*');
    expect(JSON.stringify(policy)).not.toContain('CreateTable');
  });

  it('hold the creation of the table in a policy of its own', () => {
    expect(readJson('schema/iam-policy-create-table.json')).toEqual(
      createTablePolicy({ tableArn }),
    );
  });

  it('hold a policy for those who only look, without a right to write', () => {
    const policy = inspectTablePolicy({ tableArn });
    expect(readJson('schema/iam-policy-inspect.json')).toEqual(policy);
    const writes = /Put|Update|Delete|Create|Write|kinesis|\*/;
    expect(JSON.stringify(policy.Statement[0]?.Action)).not.toMatch(writes);
    expect(STATE_TABLE_ACTIONS).toEqual(expect.arrayContaining([...INSPECT_TABLE_ACTIONS]));
  });
});

/** Names in the API of the commands whose names differ in the document client. */
const DOCUMENT_COMMANDS: ReadonlyMap<string, string> = new Map([
  ['BatchGet', 'BatchGetItem'],
  ['Delete', 'DeleteItem'],
  ['Get', 'GetItem'],
  ['Put', 'PutItem'],
  ['Update', 'UpdateItem'],
]);

/** The actions whose commands the sources of an adapter construct. */
function usedActions(service: 'dynamodb' | 'kinesis'): string[] {
  const folder = new URL(`src/services/${service}/`, ROOT);
  const actions = new Set<string>();
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts')) continue;
    const source = readFileSync(new URL(file, folder), 'utf8');
    for (const [, name = ''] of source.matchAll(/new (\w+)Command\b/g)) {
      actions.add(`${service}:${DOCUMENT_COMMANDS.get(name) ?? name}`);
    }
  }
  return [...actions].sort();
}

describe('the policy', () => {
  it('grants on the table exactly what the adapter calls', () => {
    expect([...STATE_TABLE_ACTIONS, ...CREATE_TABLE_ACTIONS].sort()).toEqual(
      usedActions('dynamodb'),
    );
  });

  it('grants on the streams exactly what the adapter calls', () => {
    expect([...STREAM_ACTIONS]).toEqual(usedActions('kinesis'));
  });
});
