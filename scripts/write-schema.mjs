/** Writes schema/*.json from the constants in the built sources. Run by `npm run schema`, after a build. */
import { writeFileSync } from 'node:fs';
import { format } from 'prettier';
import { TRACE_SCHEMA } from '../dist/feed/schema.js';
import {
  createTablePolicy,
  iamPolicy,
  inspectTablePolicy,
} from '../dist/services/aws/iam-policy.js';
import { tableDefinition } from '../dist/services/dynamodb/table-definition.js';

/** Words in capitals are for the reader to fill in. */
const tableArn = 'arn:aws:dynamodb:REGION:ACCOUNT_ID:table/kinesumer-state-store';
const streamArns = ['arn:aws:kinesis:REGION:ACCOUNT_ID:stream/STREAM_NAME'];

const files = {
  'table.json': tableDefinition(),
  'iam-policy.json': iamPolicy({ tableArn, streamArns }),
  'iam-policy-create-table.json': createTablePolicy({ tableArn }),
  'iam-policy-inspect.json': inspectTablePolicy({ tableArn }),
  'trace.schema.json': TRACE_SCHEMA,
};

for (const [name, content] of Object.entries(files)) {
  // As `npm run format` would have it, so that the two never disagree.
  const text = await format(JSON.stringify(content, null, 2), { parser: 'json', printWidth: 100 });
  writeFileSync(new URL(`../schema/${name}`, import.meta.url), text);
}
