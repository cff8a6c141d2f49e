/** Opening the table while something is slow, or fails for now. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  DynamoStateStore,
  type DynamoStateStoreOptions,
} from '../../../src/services/dynamodb/state-store.ts';
import { ManualClock } from '../../../src/services/memory/index.ts';
import { localAws } from '../../integration/servers.ts';
import {
  awsError,
  json,
  startFakeAws,
  type FakeAnswer,
  type FakeAws,
  type SeenRequest,
} from '../fake-aws.ts';

const REQUEST_MS = 1_000;
const CREDENTIALS_MS = 30_000;

const described = (TableStatus: string, fields: object = {}): FakeAnswer =>
  json({
    Table: {
      TableStatus,
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'S' },
      ],
      ...fields,
    },
  });
const there = described('ACTIVE');
const absent = awsError('ResourceNotFoundException');
const throttled = awsError('ThrottlingException');
const down = awsError('InternalServerError', 500);
const reset: FakeAnswer = { kind: 'reset' };
const silence: FakeAnswer = { kind: 'silence' };

/** Stands still until the test moves it, which can wait for a timer to be set. */
class WatchedClock extends ManualClock {
  readonly delays: number[] = [];
  #told = (): void => {};

  override setTimeout(callback: () => void, delayMs: number): unknown {
    const timer = super.setTimeout(callback, delayMs);
    // a deadline that has come fires after a turn of the event loop: that is no wait
    if (delayMs > 0) this.delays.push(delayMs);
    this.#told();
    return timer;
  }

  /** Resolves once so many timers were set in all: the last of them runs. */
  async timers(count: number): Promise<void> {
    while (this.delays.length < count) {
      await new Promise<void>((resolve) => {
        this.#told = resolve;
      });
    }
  }
}

/** Passes over each pause; the deadline of a request never comes. */
class HurriedClock extends ManualClock {
  readonly pauses: number[] = [];
  readonly #ended = new Set<unknown>();

  override setTimeout(callback: () => void, delayMs: number): unknown {
    const timer = super.setTimeout(callback, delayMs);
    if (delayMs === REQUEST_MS) return timer;
    setImmediate(() => {
      // the wait for credentials that are there has ended by now
      if (this.#ended.has(timer)) return;
      this.pauses.push(delayMs);
      this.advance(delayMs);
    });
    return timer;
  }

  override clearTimeout(timer: unknown): void {
    this.#ended.add(timer);
    super.clearTimeout(timer);
  }
}

/** Answers the requests in their order, and further ones as the last of them. */
function inTurn(...answers: readonly FakeAnswer[]): () => FakeAnswer {
  let asked = 0;
  return () => {
    asked += 1;
    return answers[Math.min(asked, answers.length) - 1] ?? down;
  };
}

async function storeAt<OwnClock extends ManualClock>(
  clock: OwnClock,
  answer: (request: SeenRequest) => FakeAnswer,
  options: Partial<DynamoStateStoreOptions> = {},
): Promise<{ readonly clock: OwnClock; readonly store: DynamoStateStore; readonly aws: FakeAws }> {
  const aws = await startFakeAws(answer);
  const store = new DynamoStateStore({
    clock,
    random: { next: () => 0.5 },
    client: localAws(aws.endpoint),
    ...options,
  });
  onTestFinished(async () => {
    store.close();
    await aws.stop();
  });
  return { clock, store, aws };
}

const actionsOf = ({ seen }: FakeAws): readonly string[] => seen.map(({ action }) => action);
const ready = { kind: 'ready' };

describe('opening a table', () => {
  it.each([throttled, down, reset])('that fails once (%j) asks it again', async (failure) => {
    const { clock, store, aws } = await storeAt(new HurriedClock(), inTurn(failure, there));
    expect(await store.open()).toEqual(ready);
    expect(clock.pauses).toEqual([50]);
    expect(actionsOf(aws)).toEqual(['DescribeTable', 'DescribeTable']);
  });

  it('whose first request is lost asks it again after its deadline', async () => {
    const answer = inTurn(silence, there);
    let arrived = (): void => {};
    const lost = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const { clock, store, aws } = await storeAt(new WatchedClock(), () => {
      arrived();
      return answer();
    });
    const opened = store.open();
    await lost;
    clock.advance(REQUEST_MS);
    // the credentials are there already
    await clock.timers(3);
    expect(clock.delays).toEqual([REQUEST_MS, CREDENTIALS_MS, 50]);
    clock.advance(50);
    expect(await opened).toEqual(ready);
    expect(aws.seen).toHaveLength(2);
    expect(clock.pending()).toBe(0);
  });

  it.each([
    [throttled, 'throttled', 'StoreThrottled'],
    [down, 'unanswered', 'StoreUnanswered'],
  ] as const)('that fails on (%j) backs off for 10 s and fails', async (failure, kind, code) => {
    const { clock, store, aws } = await storeAt(new HurriedClock(), () => failure);
    expect(await store.open()).toMatchObject({ kind, error: { code } });
    expect(clock.pauses).toEqual([50, 100, 200, 400, 800, 1_600, 2_500, 2_500, 1_850]);
    expect(clock.monotonicMs()).toBe(10_000);
    expect(aws.seen).toHaveLength(10);
  });

  it('fails with the last of several failures', async () => {
    const { store } = await storeAt(new HurriedClock(), inTurn(throttled, throttled, down));
    expect(await store.open()).toMatchObject({
      kind: 'unanswered',
      error: { code: 'StoreUnanswered', cause: { name: 'InternalServerError' } },
    });
  });

  it.each([
    [awsError('AccessDeniedException'), 'AccessDenied'],
    [awsError('UnrecognizedClientException'), 'AccessDenied'],
    [awsError('InvalidSignatureException'), 'AccessDenied'],
    [awsError('ValidationException'), 'StoreRejected'],
    [awsError('ExpiredTokenException'), 'CredentialsMissing'],
    [absent, 'TableMissing'],
    [described('ACTIVE', { KeySchema: [] }), 'TableShape'],
    [described('DELETING'), 'TableMissing'],
  ])('that can come to nothing (%j) fails at once, also on a second look', async (answer, code) => {
    for (const before of [[], [throttled]]) {
      const { clock, store, aws } = await storeAt(
        new HurriedClock(),
        inTurn(...before, answer, there),
      );
      expect(await store.open()).toMatchObject({ error: { code } });
      expect(aws.seen).toHaveLength(before.length + 1);
      expect(clock.pauses).toHaveLength(before.length);
    }
  });

  it('without a region fails at once', async () => {
    for (const name of ['AWS_REGION', 'AWS_DEFAULT_REGION']) vi.stubEnv(name, undefined);
    for (const name of ['AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE']) {
      vi.stubEnv(name, '/dev/null');
    }
    onTestFinished(() => void vi.unstubAllEnvs());
    const { credentials } = localAws('');
    const { clock, store, aws } = await storeAt(new HurriedClock(), () => there, {
      client: { credentials },
    });
    expect(await store.open()).toMatchObject({
      kind: 'failed',
      error: { code: 'StoreRejected', cause: { message: 'Region is missing' } },
    });
    expect([aws.seen, clock.pauses]).toEqual([[], []]);
  });

  it('ends with its caller between two looks', async () => {
    const caller = new AbortController();
    const { clock, store, aws } = await storeAt(new WatchedClock(), () => throttled);
    const opened = store.open({ signal: caller.signal });
    await clock.timers(2);
    caller.abort();
    expect(await opened).toMatchObject({ kind: 'throttled' });
    expect([aws.seen.length, clock.pending()]).toEqual([1, 0]);
  });
});

describe('creating a table', () => {
  it.each([throttled, down, reset])('that fails once (%j) looks again first', async (failure) => {
    const { clock, store, aws } = await storeAt(
      new HurriedClock(),
      inTurn(absent, failure, absent, json({}), described('CREATING'), there),
      { create: true },
    );
    expect(await store.open()).toEqual(ready);
    expect(clock.pauses).toEqual([50, 500, 500]);
    expect(actionsOf(aws)).toEqual([
      'DescribeTable',
      'CreateTable',
      'DescribeTable',
      'CreateTable',
      'DescribeTable',
      'DescribeTable',
    ]);
  });

  it('of which the answer is lost finds the table', async () => {
    const { store, aws } = await storeAt(new HurriedClock(), inTurn(absent, reset, there), {
      create: true,
    });
    expect(await store.open()).toEqual(ready);
    expect(actionsOf(aws)).toEqual(['DescribeTable', 'CreateTable', 'DescribeTable']);
  });

  it('that is not allowed fails at once', async () => {
    const denied = awsError('AccessDeniedException');
    const { store, aws } = await storeAt(new HurriedClock(), inTurn(absent, denied), {
      create: true,
    });
    expect(await store.open()).toMatchObject({ kind: 'failed', error: { code: 'AccessDenied' } });
    expect(aws.seen).toHaveLength(2);
  });
});

type Identity = ReturnType<typeof localAws>['credentials'];

/** Credentials that come when the test says so; when they are asked for again, at once. */
function slowCredentials() {
  const { credentials: own } = localAws('');
  let settle: (identity: Identity | Promise<never>) => void = () => {};
  const first = new Promise<Identity>((resolve) => {
    settle = resolve;
  });
  let asked = 0;
  const credentials = async (): Promise<Identity> => {
    asked += 1;
    return asked === 1 ? first : own;
  };
  return {
    credentials,
    asked: () => asked,
    give: () => settle(own),
    fail: (error: Error) => settle(Promise.reject(error)),
  };
}

/** A table that is being opened, where the first request was cut by its deadline: it had no credentials. */
async function openedSlowly({ own = false, signal }: { own?: boolean; signal?: AbortSignal } = {}) {
  const slow = slowCredentials();
  const aws = await startFakeAws(() => there);
  const config = { ...localAws(aws.endpoint), credentials: slow.credentials };
  const client = new DynamoDBClient(config);
  const clock = new WatchedClock();
  const store = new DynamoStateStore({ clock, client: own ? client : config });
  onTestFinished(async () => {
    store.close();
    client.destroy();
    await aws.stop();
  });
  const opened = store.open(signal === undefined ? {} : { signal });
  await clock.timers(1);
  clock.advance(REQUEST_MS);
  await clock.timers(2);
  // what could go on without them has done so
  await new Promise((resolve) => setImmediate(resolve));
  expect(clock.delays).toEqual([REQUEST_MS, CREDENTIALS_MS]);
  return { clock, slow, aws, opened };
}

describe('credentials that take longer than a request may', () => {
  it.each([
    ['the configuration', false],
    ['a client of the user', true],
  ])('are waited for, by %s', async (_, own) => {
    const { clock, slow, aws, opened } = await openedSlowly({ own });
    clock.advance(20_000);
    expect(aws.seen).toEqual([]);
    slow.give();
    await clock.timers(3);
    clock.advance(100);
    expect(await opened).toEqual(ready);
    expect(clock.delays.slice(2)).toEqual([100, REQUEST_MS]);
    expect([slow.asked(), aws.seen.length, clock.pending()]).toEqual([1, 1, 0]);
  });

  it('are waited for no longer than 30 s', async () => {
    const { clock, slow, aws, opened } = await openedSlowly();
    clock.advance(CREDENTIALS_MS);
    expect(await opened).toMatchObject({
      kind: 'unanswered',
      error: { code: 'CredentialsMissing', cause: { message: 'no answer within 30000 ms' } },
    });
    expect([slow.asked(), aws.seen.length, clock.pending()]).toEqual([1, 0, 0]);
  });

  it('and then cannot be had are told at once', async () => {
    const { clock, slow, opened } = await openedSlowly();
    const error = new Error('the login has expired');
    slow.fail(Object.assign(error, { name: 'CredentialsProviderError' }));
    expect(await opened).toMatchObject({
      kind: 'unanswered',
      error: { code: 'CredentialsMissing', cause: { message: 'the login has expired' } },
    });
    expect([clock.delays.length, clock.pending()]).toEqual([2, 0]);
  });

  it('and then fail for now are asked for again', async () => {
    const { clock, slow, opened } = await openedSlowly();
    slow.fail(new TypeError('fetch failed', { cause: new Error('reset') }));
    await clock.timers(3);
    clock.advance(100);
    expect(await opened).toEqual(ready);
  });

  it('are waited for no longer than the caller', async () => {
    const caller = new AbortController();
    const { clock, aws, opened } = await openedSlowly({ signal: caller.signal });
    caller.abort();
    expect(await opened).toMatchObject({ kind: 'unanswered', error: { code: 'StoreUnanswered' } });
    expect([clock.delays.length, clock.pending(), aws.seen]).toEqual([2, 0, []]);
  });
});
