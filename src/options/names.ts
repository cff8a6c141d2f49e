import { LENGTHS } from './defaults.ts';
import { refuse, text } from './fields.ts';

/** `#` parts the keys of the state table; a control character would be invisible in every listing. */
const APP = new RegExp(`^[^#\\p{Cc}]{1,${LENGTHS.app}}$`, 'u');
/** `/` parts a client's id from the nonce of its session. */
const CLIENT_ID = new RegExp(`^[^#/\\p{Cc}]{1,${LENGTHS.clientId}}$`, 'u');
const TABLE = new RegExp(`^[a-zA-Z0-9_.-]{${LENGTHS.tableNameMin},${LENGTHS.tableName}}$`);
const STREAM = /^(arn:aws[a-z-]*:kinesis:[a-z0-9-]+:\d{12}:stream\/)?[a-zA-Z0-9_.-]{1,128}$/;
const REGION = /^[a-z]{2,}(-[a-z]+)+-\d+$/;
const ROLE = /^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,1000}$/;

export const appName = (value: unknown): string =>
  text('app', value, APP, `must be a name of 1 to ${LENGTHS.app} characters without #`);

export const clientIdName = (value: unknown): string =>
  text(
    'clientId',
    value,
    CLIENT_ID,
    `must be a name of 1 to ${LENGTHS.clientId} characters without / and #`,
  );

export const tableName = (value: unknown): string =>
  text(
    'table.name',
    value,
    TABLE,
    `must be a DynamoDB table name: ${LENGTHS.tableNameMin} to ${LENGTHS.tableName} of a-z A-Z 0-9 _ . -`,
  );

export const regionName = (value: unknown): string | undefined =>
  value === undefined
    ? undefined
    : text('region', value, REGION, 'must be an AWS region like eu-west-1');

export const roleName = (value: unknown): string | undefined =>
  value === undefined
    ? undefined
    : text('roleArn', value, ROLE, 'must be the ARN of an IAM role, arn:aws:iam::…:role/…');

/**
 * A list of streams, for `createKinesumer`, `consume`, `run` and `refresh`.
 *
 * Empty is refused: it would give up every shard, and is more often a failed look-up than a wish.
 *
 * @returns a frozen copy
 * @throws KinesumerError `InvalidOption`
 */
export function parseStreams(input: unknown, path = 'streams'): readonly string[] {
  if (!Array.isArray(input) || input.length < 1 || input.length > LENGTHS.streams) {
    return refuse(path, `must be an array of 1 to ${LENGTHS.streams} streams`, input);
  }
  const seen = new Set<string>();
  // By index, since holes are to be refused too.
  for (let index = 0; index < input.length; index += 1) {
    const name = text(
      `${path}[${index}]`,
      input[index],
      STREAM,
      'must be a stream name (1 to 128 of a-z A-Z 0-9 _ . -) or a stream ARN',
    );
    if (seen.has(name)) refuse(`${path}[${index}]`, 'must not name a stream twice', name);
    seen.add(name);
  }
  return Object.freeze([...seen]);
}
