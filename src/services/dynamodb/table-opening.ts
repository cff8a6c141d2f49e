import {
  CreateTableCommand,
  DescribeTableCommand,
  type TableDescription,
} from '@aws-sdk/client-dynamodb';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { KinesumerError } from '../../errors.ts';
import type { Clock, Failure, Random } from '../../machines/ports.ts';
import { fullJitter } from '../../machines/rules/backoff.ts';
import { faultOf } from '../aws/aws-errors.ts';
import { withDeadline } from '../aws/deadline.ts';
import { pause } from '../aws/pause.ts';
import { credentialsFailure, isNotFound, storeFailure } from './dynamodb-errors.ts';
import { tableStateOf } from './table-check.ts';
import { tableDefinition } from './table-definition.ts';

/** A process, single sign-on or a web identity may take several seconds to give credentials. */
const CREDENTIALS_LIMIT_MS = 30_000;
/** For how long a table that throttles or does not answer is asked again: a lost packet, a busy deploy. */
const ANSWER_LIMIT_MS = 10_000;
const BACKOFF_BASE_MS = 100;
const BACKOFF_CAP_MS = 5_000;
/** How often a table that is being created is looked at. */
const WAIT_STEP_MS = 500;
/** A table is there within seconds, under AWS's load within a minute or two. */
const WAIT_LIMIT_MS = 180_000;

/** What opening needs of the store around it. */
export interface TableOpening {
  readonly tableName: string;
  readonly create: boolean;
  readonly clock: Clock;
  readonly random: Pick<Random, 'next'> | undefined;
  readonly documents: DynamoDBDocumentClient;
  region(): Promise<string | null>;
  /** Gets the credentials, where requests have not done so yet. Rejects with their provider's error. */
  credentials(): Promise<unknown>;
  /** Sends one request under the store's deadline, counting it. Rejects with the SDK's error. */
  send<Output>(request: (signal: AbortSignal) => Promise<Output>): Promise<Output>;
  readonly signal: AbortSignal | undefined;
}

/** Finds the table, creates it where told to, waits until it can be used, and checks its key. */
export async function openTable(opening: TableOpening): Promise<{ kind: 'ready' } | Failure> {
  let reached = await reach(opening);
  if (isFailure(reached) && mayPass(reached)) {
    // the deadline of a request is too short for credentials that take their time
    const without = reached.kind === 'unanswered' ? await credentials(opening) : null;
    reached = without ?? (await reachAgain(opening, reached));
  }
  return reached.kind === 'creating' ? untilActive(opening) : reached;
}

type Reached = { readonly kind: 'ready' } | { readonly kind: 'creating' } | Failure;

const isFailure = (reached: Reached): reached is Failure => 'error' in reached;

/** Whether the same may have an answer in a moment. Credentials that are not there are told at once. */
const mayPass = ({ kind, error }: Failure): boolean =>
  kind !== 'failed' && faultOf(error.cause) !== 'credentials';

/** Asks until there is an answer, with backoff. The last failure stands where none comes in time. */
async function reachAgain(opening: TableOpening, failure: Failure): Promise<Reached> {
  const { clock, random, signal } = opening;
  const startedMs = clock.monotonicMs();
  let reached: Reached = failure;
  for (let attempt = 0; isFailure(reached) && mayPass(reached); attempt += 1) {
    const leftMs = ANSWER_LIMIT_MS - (clock.monotonicMs() - startedMs);
    if (leftMs <= 0) break;
    const backoffMs = fullJitter({
      attempt,
      baseMs: BACKOFF_BASE_MS,
      capMs: BACKOFF_CAP_MS,
      random: random?.next('backoff') ?? 1,
    });
    if (!(await pause(clock, Math.min(backoffMs, leftMs), signal))) break;
    reached = await reach(opening);
  }
  return reached;
}

/** Looks once, and creates the table where it is to. */
async function reach(opening: TableOpening): Promise<Reached> {
  const looked = await look(opening);
  if (looked.kind === 'unusable') return { kind: 'failed', error: looked.error };
  if (looked.kind !== 'absent') return looked;
  if (opening.create) return create(opening);
  return { kind: 'failed', error: await missing(opening, looked.cause) };
}

/**
 * Waits for a table that comes into being: a lost answer is a reason to look again, and so is one that
 * does not know the new name yet.
 */
async function untilActive(opening: TableOpening): Promise<{ kind: 'ready' } | Failure> {
  const { clock } = opening;
  const startedMs = clock.monotonicMs();
  for (;;) {
    if (clock.monotonicMs() - startedMs > WAIT_LIMIT_MS) return tooLong(opening);
    if (!(await pause(clock, WAIT_STEP_MS, opening.signal))) return abandoned(opening);
    const looked = await look(opening);
    if (looked.kind === 'unusable') return { kind: 'failed', error: looked.error };
    if (looked.kind === 'ready' || looked.kind === 'failed') return looked;
  }
}

/** Waits for the credentials. Null where they are there, or their provider failed in a way that may pass. */
async function credentials(opening: TableOpening): Promise<Failure | null> {
  const { clock, signal, tableName } = opening;
  try {
    const failure = await withDeadline(clock, CREDENTIALS_LIMIT_MS, [signal], () =>
      opening.credentials().then(
        () => null,
        (error: unknown) => credentialsFailure(error, tableName),
      ),
    );
    return failure === null || mayPass(failure) ? null : failure;
  } catch (error) {
    return signal?.aborted === true ? abandoned(opening) : credentialsFailure(error, tableName);
  }
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

/** The table now comes into being, by us or by another client at the same time. */
async function create(opening: TableOpening): Promise<Reached> {
  const { tableName } = opening;
  const command = new CreateTableCommand(tableDefinition(tableName));
  try {
    await opening.send((abortSignal) => opening.documents.send(command, { abortSignal }));
    return { kind: 'creating' };
  } catch (error) {
    if (error instanceof Error && error.name === 'ResourceInUseException') {
      return { kind: 'creating' };
    }
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
