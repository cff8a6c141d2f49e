import { describe } from 'vitest';
import type { StateValueFrom } from 'xstate';
import type { shardReaderMachine } from '../../../src/machines/shard-reader.ts';
import { errorOf } from '../group.ts';
import { done, ignored, testRegion, threw, type Leaf, type Under } from '../harness.ts';
import { active, bench, context, fetched, samples } from './reader-world.ts';

type Active = Under<StateValueFrom<typeof shardReaderMachine>, 'active'>;

const reading = active({ fetch: 'reading' });
const atTheEnd = active({ fetch: 'finished' });
const deliver = (outcome: object) => done('deliver', outcome);

describe('the delivery of a reader', () => {
  const events = {
    'fetch: records': { event: fetched(), beside: reading },
    'fetch: no records': { event: fetched({ records: 0, through: null }), beside: reading },
    'fetch: the last records': { event: fetched({ nextIterator: null }), beside: reading },
    'fetch: nothing, and the end': {
      event: fetched({ records: 0, through: null, nextIterator: null }),
      beside: reading,
    },
    'deliver: delivered': { event: deliver({ kind: 'delivered' }) },
    'deliver: delivered, one ahead': {
      event: deliver({ kind: 'delivered' }),
      context: { ahead: 1 },
    },
    'deliver: delivered, at the end': { event: deliver({ kind: 'delivered' }), beside: atTheEnd },
    'deliver: interrupted': { event: deliver({ kind: 'interrupted' }) },
    'deliver: failed': { event: deliver({ kind: 'failed', ...errorOf('HandlerFailed') }) },
    'deliver: threw': { event: threw('deliver') },
    'settled: settled': { event: done('settled', 'settled') },
    'settled: settled, a commit on its way': {
      event: done('settled', 'settled'),
      context: { commitResult: 'pending' as const },
    },
    'settled: unsettled': { event: done('settled', 'unsettled') },
    'settled: threw': { event: threw('settled') },
  } as const;

  const notFetched = (to: string) =>
    ({
      'fetch: records': to,
      'fetch: no records': to,
      'fetch: the last records': to,
      'fetch: nothing, and the end': to,
    }) as const;
  const noDelivery = {
    'deliver: delivered': ignored,
    'deliver: delivered, one ahead': ignored,
    'deliver: delivered, at the end': ignored,
    'deliver: interrupted': ignored,
    'deliver: failed': ignored,
    'deliver: threw': ignored,
  } as const;
  const noEnd = {
    'settled: settled': ignored,
    'settled: settled, a commit on its way': ignored,
    'settled: unsettled': ignored,
    'settled: threw': ignored,
  } as const;
  const hand = { to: 'delivering', starts: ['deliver'], context: { ahead: 0 } } as const;
  const settle = { to: 'settling', starts: ['settled'] } as const;
  const drains = { to: '#draining', starts: ['drain'] } as const;
  const ending = { to: '#ending.writing', starts: ['end'] } as const;

  testRegion<typeof shardReaderMachine, Leaf<Under<Active, 'deliver'>>, keyof typeof events>({
    bench,
    region: ['active', 'deliver'],
    beside: active({ deliver: 'idle' }),
    context,
    contexts: { settled: { commitResult: 'pending' } },
    samples,
    above: ['DRAIN', 'ABORT'],
    events,
    rows: {
      idle: {
        ...noDelivery,
        ...noEnd,
        // what is ahead is taken whatever brought it
        'deliver: delivered, one ahead': hand,
        'deliver: delivered, at the end': settle,
        'fetch: records': hand,
        'fetch: no records': 'idle',
        'fetch: the last records': hand,
        'fetch: nothing, and the end': settle,
      },
      delivering: {
        ...noEnd,
        ...notFetched('delivering'),
        'deliver: delivered': { to: 'idle', told: [] },
        'deliver: delivered, one ahead': hand,
        'deliver: delivered, at the end': settle,
        'deliver: interrupted': 'cut',
        'deliver: failed': { to: '#releasing.writing', starts: ['release'] },
        'deliver: threw': drains,
      },
      settling: {
        ...noDelivery,
        ...notFetched('settling'),
        'settled: settled': ending,
        // the end is written once the commit is answered
        'settled: settled, a commit on its way': 'settled',
        'settled: unsettled': 'cut',
        'settled: threw': drains,
      },
      settled: {
        ...noDelivery,
        ...noEnd,
        ...notFetched('settled'),
      },
      // an end here would be the end of records that nobody saw
      cut: { ...noDelivery, ...noEnd, ...notFetched('cut') },
    },
  });
});
