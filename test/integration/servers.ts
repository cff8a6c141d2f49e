/** Local servers for one test file: each starts what it needs; all are ended after its last test. */
import { afterAll } from 'vitest';
import type { LocalServer } from '../../dev/local-servers/child-server.ts';
import { startLocalDynamo, type LocalDynamoOptions } from '../../dev/local-servers/dynamo.ts';
import { startFaultyProxy, type FaultyProxy } from '../../dev/local-servers/faulty-proxy.ts';
import { startLocalKinesis, type LocalKinesisOptions } from '../../dev/local-servers/kinesis.ts';

/** What the SDK needs to speak to a local server: nothing of the host's own AWS set-up is used. */
export const localAws = (endpoint: string) => ({
  endpoint,
  region: 'us-east-1',
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
});

const untilEnd = async <T extends { stop(): Promise<void> }>(starting: Promise<T>): Promise<T> => {
  const server = await starting;
  afterAll(() => server.stop());
  return server;
};

/** Call in the body of the test file (`await` at the top level), not inside a test. */
export const useKinesis = (options?: LocalKinesisOptions): Promise<LocalServer> =>
  untilEnd(startLocalKinesis(options));

/** Call in the body of the test file, not inside a test. */
export const useDynamo = (options?: LocalDynamoOptions): Promise<LocalServer> =>
  untilEnd(startLocalDynamo(options));

/** Call in the body of the test file, not inside a test. */
export const useProxy = (target: string): Promise<FaultyProxy> =>
  untilEnd(startFaultyProxy(target));
