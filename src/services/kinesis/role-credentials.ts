import type { KinesisClientConfig } from '@aws-sdk/client-kinesis';
import { KinesumerError } from '../../errors.ts';

/** The part of `@aws-sdk/credential-providers` that is used. */
type CredentialProviders = Pick<
  typeof import('@aws-sdk/credential-providers'),
  'fromTemporaryCredentials'
>;
type TemporaryCredentials = Parameters<CredentialProviders['fromTemporaryCredentials']>[0];

export interface RoleCredentialsOptions {
  /** `arn:aws:iam::<account>:role/<name>` */
  readonly roleArn: string;
  /** Names the session in CloudTrail. 2 … 64 characters of `\w+=,.@-`. @default 'kinesumer' */
  readonly sessionName?: string;
  /** Who assumes the role. @default as the SDK finds them */
  readonly masterCredentials?: NonNullable<TemporaryCredentials['masterCredentials']>;
  /** Of the STS client: its own region, endpoint and the like. @default the Kinesis client's region */
  readonly clientConfig?: NonNullable<TemporaryCredentials['clientConfig']>;
  /** Loads the optional peer dependency. */
  readonly load?: () => Promise<CredentialProviders>;
}

/**
 * Credentials of another role, for streams of another account: given to the Kinesis client only, so
 * that the state table stays with the process's own identity. The role is assumed with the first
 * request, and again before its hour is over.
 *
 * @throws KinesumerError `InvalidOption` where `@aws-sdk/credential-providers` is not installed.
 */
export async function roleCredentials({
  roleArn,
  sessionName = 'kinesumer',
  masterCredentials,
  clientConfig,
  load = () => import('@aws-sdk/credential-providers'),
}: RoleCredentialsOptions): Promise<NonNullable<KinesisClientConfig['credentials']>> {
  const { fromTemporaryCredentials } = await load().catch((cause: unknown) => {
    throw new KinesumerError(
      'InvalidOption',
      'roleArn needs the package @aws-sdk/credential-providers: npm install @aws-sdk/credential-providers',
      { cause },
    );
  });
  return fromTemporaryCredentials({
    params: { RoleArn: roleArn, RoleSessionName: sessionName },
    ...(masterCredentials === undefined ? {} : { masterCredentials }),
    ...(clientConfig === undefined ? {} : { clientConfig }),
  });
}
