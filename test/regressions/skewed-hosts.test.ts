import { expect, it, onTestFinished, vi } from 'vitest';
import { DynamoStateStore } from '../../src/services/dynamodb/state-store.ts';
import { KinesisPollingStream } from '../../src/services/kinesis/polling-stream.ts';
import { systemClock } from '../../src/services/system/clock.ts';
import { localAws } from '../integration/servers.ts';
import {
  awsError,
  json,
  startFakeAws,
  type FakeAnswer,
  type FakeAws,
  type SeenRequest,
} from '../services/fake-aws.ts';

const HOUR_MS = 3_600_000;
/** How far a signature may be off. */
const TOLERANCE_MS = 300_000;
const realNow = Date.now;

const signedMs = ({ signedAt }: SeenRequest): number =>
  Date.parse(signedAt.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6Z'));

/** Judges the time of signatures as AWS does, by a clock that is right. */
async function datedAws(answer: FakeAnswer): Promise<FakeAws> {
  const aws = await startFakeAws((request) => {
    const headers = { date: new Date(realNow()).toUTCString() };
    const offMs = signedMs(request) - realNow();
    if (Math.abs(offMs) <= TOLERANCE_MS) return { ...answer, headers };
    const message =
      offMs > 0
        ? 'Signature not yet current: 2 is still later than 1 (1 + 5 min.)'
        : 'Signature expired: 1 is now earlier than 2 (2 - 5 min.)';
    return { ...awsError('InvalidSignatureException', 400, { message }), headers };
  });
  onTestFinished(() => aws.stop());
  return aws;
}

function setClock(offMs: number): void {
  vi.spyOn(Date, 'now').mockImplementation(() => realNow() + offMs);
  onTestFinished(() => void vi.restoreAllMocks());
}

it('opens its table on a host whose clock is wrong, as the SDK by itself would', async () => {
  const aws = await datedAws(
    json({
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
    }),
  );
  const store = new DynamoStateStore({
    clock: systemClock(),
    random: { next: () => 0 },
    client: localAws(aws.endpoint),
  });
  onTestFinished(() => store.close());
  setClock(24 * HOUR_MS);
  expect(await store.open()).toEqual({ kind: 'ready' });
  expect(aws.seen).toHaveLength(2);
});

it.each([HOUR_MS, -HOUR_MS])(
  'goes on where a clock that was wrong by %d ms is put right',
  async (offMs) => {
    const aws = await datedAws(json({ Items: [], ShardIterator: 'it' }));
    const clock = systemClock();
    const store = new DynamoStateStore({ clock, client: localAws(aws.endpoint) });
    const stream = new KinesisPollingStream({ clock, client: localAws(aws.endpoint) });
    onTestFinished(() => (store.close(), stream.close()));
    const shard = { stream: 'orders', shardId: 'shardId-000000000000' };
    const ask = async () => [
      await store.query('p', { consistent: true }),
      await stream.openIterator(shard, { kind: 'latest' }),
    ];
    const unanswered = [
      { kind: 'unanswered', error: { code: 'StoreUnanswered', retryable: true } },
      { kind: 'unanswered', error: { code: 'StreamUnanswered', retryable: true } },
    ];
    const answered = [{ kind: 'items' }, { kind: 'iterator' }];

    for (const nowOffMs of [offMs, 0]) {
      setClock(nowOffMs);
      expect(await ask()).toMatchObject(unanswered);
      expect(await ask()).toMatchObject(answered);
    }
  },
);

it('is told at once that its key is wrong, also where its clock is', async () => {
  const date = new Date(realNow()).toUTCString();
  const message = 'The request signature we calculated does not match the signature you provided.';
  const aws = await startFakeAws(() => ({
    ...awsError('InvalidSignatureException', 400, { message }),
    headers: { date },
  }));
  onTestFinished(() => aws.stop());
  const store = new DynamoStateStore({ clock: systemClock(), client: localAws(aws.endpoint) });
  onTestFinished(() => store.close());
  setClock(HOUR_MS);
  expect(await store.open()).toMatchObject({ kind: 'failed', error: { code: 'AccessDenied' } });
  expect(aws.seen).toHaveLength(1);
});
