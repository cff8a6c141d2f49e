import { afterAll, describe, expect, it } from 'vitest';
import type { Write } from '../../src/machines/ports.ts';
import { DynamoStateStore } from '../../src/services/dynamodb/state-store.ts';
import { systemClock } from '../../src/services/system/clock.ts';
import { localAws, useDynamo, useProxy } from './servers.ts';

const dynamo = await useDynamo();
const proxy = await useProxy(dynamo.endpoint);

const storeBehind = (endpoint: string, requestTimeoutMs: number): DynamoStateStore => {
  const store = new DynamoStateStore({
    clock: systemClock(),
    client: localAws(endpoint),
    create: true,
    requestTimeoutMs,
  });
  afterAll(() => store.close());
  return store;
};

const patient = storeBehind(dynamo.endpoint, 20_000);
const proxied = storeBehind(proxy.endpoint, 20_000);
const hasty = storeBehind(dynamo.endpoint, 200);
await patient.open();

const addOne = (sk: string): Write => ({
  kind: 'update',
  key: { pk: 'outage', sk },
  set: {},
  add: { n: 1 },
  when: [],
});
const unanswered = { kind: 'unanswered', error: { code: 'StoreUnanswered' } };

describe('an outage between client and table', () => {
  it('leaves requests unanswered and heals by itself', async () => {
    const write = addOne('cut');
    expect(await proxied.write(write)).toMatchObject({ kind: 'applied', item: { n: 1 } });
    proxy.cut();
    expect(await proxied.write(write)).toMatchObject(unanswered);
    expect(await proxied.query('outage', { consistent: true })).toMatchObject(unanswered);
    proxy.restore();
    expect(await proxied.write(write)).toMatchObject({ kind: 'applied', item: { n: 2 } });
  });

  it('that freezes the server ends requests at their deadline, and they may be applied later', async () => {
    const write = addOne('frozen');
    dynamo.freeze();
    try {
      expect(await hasty.write(write)).toMatchObject(unanswered);
    } finally {
      dynamo.thaw();
    }
    const answer = await patient.write(write);
    if (answer.kind !== 'applied') throw new Error(answer.kind);
    expect([1, 2]).toContain(answer.item?.['n']);
  });

  it('is counted: every request, and the units of those that were answered', async () => {
    const before = proxied.usage();
    const at = { pk: 'outage', sk: 'usage' };
    await proxied.write({ kind: 'put', item: at, when: [] });
    await proxied.write({
      kind: 'put',
      item: at,
      when: [{ attribute: 'pk', op: 'absent' }],
    });
    await proxied.read([at, { pk: 'outage', sk: 'none' }], { consistent: true });
    proxy.cut();
    await proxied.read([at], { consistent: true });
    proxy.restore();
    const after = proxied.usage();
    expect({
      requests: after.requests - before.requests,
      writeUnits: after.writeUnits - before.writeUnits,
      readUnits: after.readUnits - before.readUnits,
      throttled: after.throttled - before.throttled,
    }).toEqual({ requests: 4, writeUnits: 2, readUnits: 2, throttled: 0 });
  });
});
