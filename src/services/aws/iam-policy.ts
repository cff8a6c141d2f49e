/** The permissions that a consumer needs, service by service: what the adapters really call, no more. */

/** Actions on the state table. */
export const STATE_TABLE_ACTIONS = [
  'dynamodb:BatchGetItem',
  'dynamodb:DeleteItem',
  'dynamodb:DescribeTable',
  'dynamodb:GetItem',
  'dynamodb:PutItem',
  'dynamodb:Query',
  'dynamodb:UpdateItem',
] as const;

/** Needed besides only where the library is to create its table. */
export const CREATE_TABLE_ACTIONS = ['dynamodb:CreateTable'] as const;

/** What shows a group from outside reads, and nothing more: `inspectTable` and `kinesumer inspect`. */
export const INSPECT_TABLE_ACTIONS = [
  'dynamodb:BatchGetItem',
  'dynamodb:DescribeTable',
  'dynamodb:GetItem',
  'dynamodb:Query',
] as const;

/** Actions on each stream, by polling. */
export const STREAM_ACTIONS = [
  'kinesis:DescribeStreamSummary',
  'kinesis:GetRecords',
  'kinesis:GetShardIterator',
  'kinesis:ListShards',
] as const;

interface IamStatement {
  readonly Sid: string;
  readonly Effect: 'Allow';
  readonly Action: readonly string[];
  readonly Resource: string | readonly string[];
}

export interface IamPolicy {
  readonly Version: '2012-10-17';
  readonly Statement: readonly IamStatement[];
}

export interface IamPolicyOptions {
  /** ARN of the state table: `arn:aws:dynamodb:<region>:<account>:table/<name>`. */
  readonly tableArn: string;
  /** ARNs of the streams to read: `arn:aws:kinesis:<region>:<account>:stream/<name>`. */
  readonly streamArns: readonly string[];
}

/**
 * The policy of a consumer that finds its table in place.
 * A table or stream encrypted with a customer's key needs `kms:Decrypt` on that key as well.
 */
export const iamPolicy = ({ tableArn, streamArns }: IamPolicyOptions): IamPolicy => ({
  Version: '2012-10-17',
  Statement: [
    {
      Sid: 'KinesumerState',
      Effect: 'Allow',
      Action: STATE_TABLE_ACTIONS,
      Resource: tableArn,
    },
    { Sid: 'KinesumerStreams', Effect: 'Allow', Action: STREAM_ACTIONS, Resource: streamArns },
  ],
});

/** The policy to attach besides where the library is to create its table (`table.create`). */
export const createTablePolicy = ({ tableArn }: Pick<IamPolicyOptions, 'tableArn'>): IamPolicy => ({
  Version: '2012-10-17',
  Statement: [
    {
      Sid: 'KinesumerCreateTable',
      Effect: 'Allow',
      Action: CREATE_TABLE_ACTIONS,
      Resource: tableArn,
    },
  ],
});

/** The policy of whoever looks at groups from outside. */
export const inspectTablePolicy = ({
  tableArn,
}: Pick<IamPolicyOptions, 'tableArn'>): IamPolicy => ({
  Version: '2012-10-17',
  Statement: [
    {
      Sid: 'KinesumerInspect',
      Effect: 'Allow',
      Action: INSPECT_TABLE_ACTIONS,
      Resource: tableArn,
    },
  ],
});
