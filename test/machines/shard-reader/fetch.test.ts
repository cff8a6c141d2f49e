import { describe } from 'vitest';
import type { StateValueFrom } from 'xstate';
import type { shardReaderMachine } from '../../../src/machines/shard-reader.ts';
import { errorOf, failedFor, failure } from '../group.ts';
import { after, done, ignored, testRegion, threw, type Leaf, type Under } from '../harness.ts';
import { NOT_STARTED } from '../../../src/machines/rules/positions.ts';
import { active, bench, context, failed, fetched, p1, p9, samples } from './reader-world.ts';

type Active = Under<StateValueFrom<typeof shardReaderMachine>, 'active'>;

const PATH = 'reader.active.fetch';
const paused = active({ mode: 'paused' });
const rejected = (at: 'position' | 'request') =>
  ({ kind: 'rejected', ...errorOf('StreamRejected'), at }) as const;

describe('the fetching of a reader', () => {
  const events = {
    PAUSE: { event: samples.PAUSE },
    RESUME: { event: samples.RESUME, beside: paused },
    'RESUME, one batch ahead': { event: samples.RESUME, beside: paused, context: { ahead: 1 } },
    'RESUME, without an iterator': {
      event: samples.RESUME,
      beside: paused,
      context: { iterator: null },
    },
    'the pace is over': { event: after('pace', `${PATH}.waiting`) },
    'the pace is over, one batch ahead': {
      event: after('pace', `${PATH}.waiting`),
      context: { ahead: 1 },
    },
    'the backoff is over': { event: after('pace', `${PATH}.backoff`) },
    'the backoff is over, without an iterator': {
      event: after('pace', `${PATH}.backoff`),
      context: { iterator: null },
    },
    'openIterator: iterator': {
      event: done('openIterator', { kind: 'iterator', iterator: 'iterator-9' }),
    },
    'openIterator: iterator, paused meanwhile': {
      event: done('openIterator', { kind: 'iterator', iterator: 'iterator-9' }),
      beside: paused,
    },
    'openIterator: gone': { event: done('openIterator', { kind: 'gone' }) },
    'openIterator: another stream': {
      event: done('openIterator', { kind: 'recreated', ...errorOf('StreamRecreated') }),
    },
    'openIterator: throttled': { event: failed('openIterator', 'throttled') },
    'openIterator: throttled, paused meanwhile': {
      event: failed('openIterator', 'throttled'),
      beside: paused,
    },
    'openIterator: refused for good': { event: failed('openIterator', 'failed') },
    'openIterator: an unknown sequence number': {
      event: done('openIterator', { ...failure('failed'), ...errorOf('StreamRejected') }),
    },
    'openIterator: refused, without a sequence number': {
      event: done('openIterator', { ...failure('failed'), ...errorOf('StreamRejected') }),
      context: { fetchedThrough: NOT_STARTED },
    },
    'openIterator: threw': { event: threw('openIterator') },
    'fetch: records': { event: fetched() },
    'fetch: no records': { event: fetched({ records: 0, bytes: 0, through: null }) },
    'fetch: records, paused meanwhile': { event: fetched(), beside: paused },
    'fetch: the last records': {
      event: fetched({ nextIterator: null, childShardIds: ['child'] }),
    },
    'fetch: withdrawn': { event: done('fetch', { kind: 'withdrawn' }) },
    'fetch: withdrawn, paused meanwhile': {
      event: done('fetch', { kind: 'withdrawn' }),
      beside: paused,
    },
    'fetch: expired': { event: done('fetch', { kind: 'expired' }) },
    'fetch: gone': { event: done('fetch', { kind: 'gone' }) },
    'fetch: unanswered': { event: failed('fetch', 'unanswered') },
    'fetch: refused for good': { event: failed('fetch', 'failed') },
    'fetch: an unknown iterator': {
      event: done('fetch', { ...failure('failed'), ...errorOf('StreamRejected') }),
    },
    'fetch: threw': { event: threw('fetch') },
    'deliver: delivered, none ahead': { event: done('deliver', { kind: 'delivered' }) },
    'deliver: delivered, one ahead': {
      event: done('deliver', { kind: 'delivered' }),
      context: { ahead: 1 },
    },
    'probe: lapsed': { event: done('probe', { kind: 'lapsed', ...errorOf('DataLapsed') }) },
    'probe: unclear': {
      event: done('probe', { kind: 'unclear', ...errorOf('StreamMissing'), retryInMs: 5_000 }),
    },
    'probe: the refusal was meant': {
      event: done('probe', { kind: 'rejected', ...errorOf('StreamRejected') }),
    },
    'probe: another stream': {
      event: done('probe', { kind: 'recreated', ...errorOf('StreamRecreated') }),
    },
    'probe: threw': { event: threw('probe') },
  } as const;
  type State = Exclude<Leaf<Under<Active, 'fetch'>>, 'starting' | 'opened' | 'fetched'>;

  /** Whatever the other regions do with it, this one stays as it is. */
  const delivering = (to: string) =>
    ({ 'deliver: delivered, none ahead': to, 'deliver: delivered, one ahead': to }) as const;
  const noOpening = {
    'openIterator: iterator': ignored,
    'openIterator: iterator, paused meanwhile': ignored,
    'openIterator: gone': ignored,
    'openIterator: another stream': ignored,
    'openIterator: throttled': ignored,
    'openIterator: throttled, paused meanwhile': ignored,
    'openIterator: refused for good': ignored,
    'openIterator: an unknown sequence number': ignored,
    'openIterator: refused, without a sequence number': ignored,
    'openIterator: threw': ignored,
  } as const;
  const noFetch = {
    'fetch: records': ignored,
    'fetch: no records': ignored,
    'fetch: records, paused meanwhile': ignored,
    'fetch: the last records': ignored,
    'fetch: withdrawn': ignored,
    'fetch: withdrawn, paused meanwhile': ignored,
    'fetch: expired': ignored,
    'fetch: gone': ignored,
    'fetch: unanswered': ignored,
    'fetch: refused for good': ignored,
    'fetch: an unknown iterator': ignored,
    'fetch: threw': ignored,
  } as const;
  const noProbe = {
    'probe: lapsed': ignored,
    'probe: unclear': ignored,
    'probe: the refusal was meant': ignored,
    'probe: another stream': ignored,
    'probe: threw': ignored,
  } as const;
  const noPace = {
    'the pace is over': ignored,
    'the pace is over, one batch ahead': ignored,
    'the backoff is over': ignored,
    'the backoff is over, without an iterator': ignored,
  } as const;
  /** The wish is kept by the mode; this region asks for it where it comes to rest. */
  const later = (to: string) =>
    ({
      PAUSE: to,
      RESUME: to,
      'RESUME, one batch ahead': to,
      'RESUME, without an iterator': to,
    }) as const;
  const read = { to: 'reading', starts: ['fetch'] } as const;
  const open = { to: 'iterating', starts: ['openIterator'] } as const;
  const retry = { to: 'backoff', told: ['tellError StoreUnanswered'] } as const;
  const drains = {
    to: '#draining',
    told: ['parent READER_FAILING'],
    starts: ['drain'],
  } as const;

  testRegion<typeof shardReaderMachine, State, keyof typeof events>({
    bench,
    region: ['active', 'fetch'],
    beside: active(),
    context,
    contexts: {
      iterating: { iterator: null },
      full: { ahead: 1 },
    },
    samples,
    above: ['DRAIN', 'ABORT', 'xstate.error.actor.deliver'],
    events,
    rows: {
      iterating: {
        ...noFetch,
        ...noProbe,
        ...noPace,
        ...delivering('iterating'),
        ...later('iterating'),
        'openIterator: iterator': { ...read, context: { iterator: 'iterator-9', attempt: 0 } },
        'openIterator: iterator, paused meanwhile': {
          to: 'paused',
          context: { iterator: 'iterator-9' },
        },
        'openIterator: gone': { to: 'probing', starts: ['probe'] },
        'openIterator: another stream': { ...drains, context: failedFor('StreamRecreated') },
        'openIterator: throttled': { ...retry, context: { attempt: 1, delayMs: 40 } },
        'openIterator: throttled, paused meanwhile': 'paused',
        'openIterator: refused for good': drains,
        // maybe it is another stream by now
        'openIterator: an unknown sequence number': {
          to: 'probing',
          told: [],
          starts: ['probe'],
          context: { probeReason: rejected('position') },
        },
        'openIterator: refused, without a sequence number': {
          to: 'probing',
          told: [],
          starts: ['probe'],
          context: { probeReason: rejected('request') },
        },
        'openIterator: threw': drains,
      },
      reading: {
        ...noOpening,
        ...noProbe,
        ...noPace,
        ...delivering('reading'),
        // not left before its answer: what went into the lane unnoticed would be read twice
        ...later('reading'),
        'fetch: records': {
          to: 'waiting',
          told: ['notify batch'],
          starts: [`after xstate.after.pace.${PATH}.waiting`],
          context: {
            iterator: 'iterator-2',
            fetchedThrough: p9,
            ahead: 1,
            emptyReads: 0,
            delayMs: 200,
          },
        },
        'fetch: no records': {
          to: 'waiting',
          told: ['notify batch'],
          context: { ahead: 0, emptyReads: 1, fetchedThrough: p1 },
        },
        'fetch: records, paused meanwhile': {
          to: 'paused',
          context: { fetchedThrough: p9, ahead: 1, iterator: 'iterator-2' },
        },
        'fetch: the last records': {
          to: 'finished',
          context: { iterator: null, ahead: 1, childShardIds: ['child'] },
        },
        // nothing was asked for
        'fetch: withdrawn': read,
        'fetch: withdrawn, paused meanwhile': 'paused',
        'fetch: expired': { ...open, context: { iterator: null } },
        'fetch: gone': { to: 'probing', starts: ['probe'] },
        'fetch: unanswered': { ...retry, context: { attempt: 1, delayMs: 40 } },
        'fetch: refused for good': drains,
        // maybe it is another stream by now
        'fetch: an unknown iterator': {
          to: 'probing',
          told: [],
          starts: ['probe'],
          context: { probeReason: rejected('request') },
        },
        'fetch: threw': drains,
      },
      waiting: {
        ...noOpening,
        ...noFetch,
        ...noProbe,
        ...delivering('waiting'),
        ...later('waiting'),
        PAUSE: 'paused',
        'the pace is over': read,
        'the pace is over, one batch ahead': 'full',
        'the backoff is over': ignored,
        'the backoff is over, without an iterator': ignored,
      },
      backoff: {
        ...noOpening,
        ...noFetch,
        ...noProbe,
        ...delivering('backoff'),
        ...later('backoff'),
        PAUSE: 'paused',
        'openIterator: iterator, paused meanwhile': 'paused',
        'openIterator: throttled, paused meanwhile': 'paused',
        'fetch: records, paused meanwhile': 'paused',
        'fetch: withdrawn, paused meanwhile': 'paused',
        'the pace is over': ignored,
        'the pace is over, one batch ahead': ignored,
        'the backoff is over': read,
        'the backoff is over, without an iterator': open,
      },
      full: {
        ...noOpening,
        ...noFetch,
        ...noProbe,
        ...noPace,
        ...later('full'),
        'deliver: delivered, none ahead': read,
        'deliver: delivered, one ahead': read,
        PAUSE: 'paused',
      },
      paused: {
        ...noOpening,
        ...noFetch,
        ...noProbe,
        ...noPace,
        ...delivering('paused'),
        PAUSE: 'paused',
        RESUME: read,
        'RESUME, one batch ahead': 'full',
        'RESUME, without an iterator': open,
      },
      probing: {
        ...noOpening,
        ...noFetch,
        ...noPace,
        ...delivering('probing'),
        ...later('probing'),
        'probe: lapsed': {
          to: 'finished',
          told: ['tellError DataLapsed'],
          context: { endsBecause: 'lapsed', iterator: null },
        },
        'probe: unclear': {
          to: 'backoff',
          told: ['tellStanding StreamMissing'],
          context: { iterator: null, delayMs: 5_000, attempt: 1 },
        },
        'probe: the refusal was meant': { ...drains, context: failedFor('StreamRejected') },
        'probe: another stream': { ...drains, context: failedFor('StreamRecreated') },
        'probe: threw': drains,
      },
      finished: {
        ...noOpening,
        ...noFetch,
        ...noProbe,
        ...noPace,
        ...delivering('finished'),
        ...later('finished'),
      },
    },
  });
});
