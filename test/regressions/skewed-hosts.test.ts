import { expect, it, onTestFinished } from 'vitest';
import { DynamoStateStore } from '../../src/services/dynamodb/state-store.ts';
import { systemClock } from '../../src/services/system/clock.ts';
import { awsError, json, startFakeAws } from '../services/fake-aws.ts';

it('opens its table on a host whose clock is wrong, as the SDK by itself would', async () => {
  let asked = 0;
  const aws = await startFakeAws(() => {
    asked += 1;
    const serverDate = new Date(Date.now() + 24 * 3_600_000).toUTCString();
    if (asked === 1) {
      return { ...awsError('InvalidSignatureException', 400), headers: { date: serverDate } };
    }
    return json({
      Table: {
        TableStatus: 'ACTIVE',
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
        AttributeDefinitions: [
          { AttributeName: 'pk', AttributeType: 'S' },
          { AttributeName: 'sk', AttributeType: 'S' },
        ],
      },
    });
  });
  onTestFinished(() => aws.stop());
  const store = new DynamoStateStore({
    clock: systemClock(),
    client: {
      endpoint: aws.endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    },
  });
  onTestFinished(() => store.close());
  expect(await store.open()).toEqual({ kind: 'ready' });
  expect(asked).toBe(2);
});
