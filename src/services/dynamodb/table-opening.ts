import {
  CreateTableCommand,
  DescribeTableCommand,
  type TableDescription,
} from '@aws-sdk/client-dynamodb';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { KinesumerError } from '../../errors.ts';
import type { Clock, Failure } from '../../machines/ports.ts';
import { hasCorrectedClock } from '../aws/aws-errors.ts';
import { pause } from '../aws/pause.ts';
import { isNotFound, storeFailure } from './dynamodb-errors.ts';
import { tableStateOf } from './table-check.ts';
import { tableDefinition } from './table-definition.ts';

/** How often a table that is being created is looked at. */
const WAIT_STEP_MS = 500;
/** A table is there within seconds, under AWS's load within a minute or two. */
const WAIT_LIMIT_MS = 180_000;

/** What opening needs of the store around it. */
export interface TableOpening {
  readonly tableName: string;
  readonly create: boolean;
  readonly clock: Clock;
  readonly documents: DynamoDBDocumentClient;
  region(): Promise<string | null>;
  /** Sends one request under the store's deadline, counting it. Rejects with the SDK's error. */
  send<Output>(request: (signal: AbortSignal) => Promise<Output>): Promise<Output>;
  readonly signal: AbortSignal | undefined;
}

/** Finds the table, creates it where told to, waits until it can be used, and checks its key. */
export async function openTable(opening: TableOpening): Promise<{ kind: 'ready' } | Failure> {
  const { clock } = opening;
  const startedMs = clock.monotonicMs();
  let looked = await look(opening);
  // the first request of all may be the one that tells the SDK what time it is
  if (looked.kind === 'unanswered' && hasCorrectedClock(looked.error.cause)) {
    looked = await look(opening);
  }
  if (looked.kind === 'absent') {
    if (!opening.create) return { kind: 'failed', error: await missing(opening, looked.cause) };
    const failure = await create(opening);
    if (failure !== null) return failure;
    looked = { kind: 'creating' };
  } else if (looked.kind === 'throttled' || looked.kind === 'unanswered') {
    return looked;
  }
  // From here on the table comes into being: a lost answer is a reason to look again, and so is one
  // that does not know the new name yet.
  while (looked.kind !== 'ready') {
    if (looked.kind === 'unusable') return { kind: 'failed', error: looked.error };
    if (looked.kind === 'failed') return looked;
    if (clock.monotonicMs() - startedMs > WAIT_LIMIT_MS) return tooLong(opening);
    if (!(await pause(clock, WAIT_STEP_MS, opening.signal))) return abandoned(opening);
    looked = await look(opening);
  }
  return { kind: 'ready' };
}

type Looked =
  ReturnType<typeof tableStateOf> | { readonly kind: 'absent'; readonly cause: unknown } | Failure;

async function look(opening: TableOpening): Promise<Looked> {
  const { tableName } = opening;
  const command = new DescribeTableCommand({ TableName: tableName });
  try {
    const { Table } = await opening.send((abortSignal) =>
      opening.documents.send(command, { abortSignal }),
    );
    return tableStateOf(Table ?? ({} satisfies TableDescription), tableName);
  } catch (error) {
    return isNotFound(error)
      ? { kind: 'absent', cause: error }
      : storeFailure(error, 'DescribeTable', tableName);
  }
}

/** Null where the table now comes into being, by us or by another client at the same time. */
async function create(opening: TableOpening): Promise<Failure | null> {
  const { tableName } = opening;
  const command = new CreateTableCommand(tableDefinition(tableName));
  try {
    await opening.send((abortSignal) => opening.documents.send(command, { abortSignal }));
    return null;
  } catch (error) {
    if (error instanceof Error && error.name === 'ResourceInUseException') return null;
    return storeFailure(error, 'CreateTable', tableName);
  }
}

async function missing(opening: TableOpening, cause: unknown): Promise<KinesumerError> {
  const region = await opening.region();
  const where = region === null ? '' : ` in region ${region}`;
  return new KinesumerError(
    'TableMissing',
    `There is no DynamoDB table "${opening.tableName}"${where}. Ways out: let the library create it ` +
      `(table: { create: true }); create it yourself (aws dynamodb create-table --cli-input-json ` +
      `file://node_modules/kinesumer/schema/table.json); or give the right table.name or region.`,
    { cause },
  );
}

const tooLong = ({ tableName }: TableOpening): Failure => ({
  kind: 'unanswered',
  error: new KinesumerError(
    'StoreUnanswered',
    `Table "${tableName}" did not become active within ${WAIT_LIMIT_MS} ms`,
  ),
});

const abandoned = ({ tableName }: TableOpening): Failure => ({
  kind: 'unanswered',
  error: new KinesumerError('StoreUnanswered', `The wait for table "${tableName}" was aborted`),
});
