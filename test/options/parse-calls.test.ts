import { describe, expect, it } from 'vitest';
import {
  parseCloseOptions,
  parseConsumeOptions,
  parseRunOptions,
  parseStreams,
} from '../../src/options.ts';
import { nothing, refusal } from './parsing.ts';

describe('parseStreams', () => {
  it('gives a frozen copy in the order given', () => {
    const given = ['b', 'a'];
    const streams = parseStreams(given);
    expect(streams).toEqual(['b', 'a']);
    expect(streams).not.toBe(given);
    expect(Object.isFrozen(streams)).toBe(true);
  });

  it('takes as many streams as the limit says', () => {
    expect(parseStreams(Array.from({ length: 1_000 }, (_, i) => `s${i}`))).toHaveLength(1_000);
  });

  it('refuses an array with holes', () => {
    const holes = ['a'];
    holes[2] = 'c';
    expect(refusal(() => parseStreams(holes)).message).toMatch(/^streams\[1\].*undefined$/);
  });
});

describe('parseConsumeOptions', () => {
  const { signal } = new AbortController();

  it('prefers the streams of the call to those of the client', () => {
    expect(parseConsumeOptions(['a'], { signal }, ['b'])).toEqual({ streams: ['a'], signal });
    expect(parseConsumeOptions(undefined, undefined, ['b'])).toEqual({
      streams: ['b'],
      signal: undefined,
    });
  });

  it.each([
    [undefined, undefined, 'streams must be given here or to createKinesumer'],
    ['orders', undefined, "streams must be an array of 1 to 1000 streams; got 'orders'"],
    [['a'], null, 'options must be an object; got null'],
    [['a'], { signal: 0 }, 'signal must be an AbortSignal; got 0'],
    [['a'], { signl: 0 }, 'signl is not an option; did you mean signal?'],
  ])('refuses %j with %j', (streams, options, message) => {
    expect(refusal(() => parseConsumeOptions(streams, options, [])).message).toContain(message);
  });
});

describe('parseRunOptions', () => {
  it('takes exactly one handler', () => {
    expect(parseRunOptions({ eachBatch: nothing }, ['a'])).toEqual({
      streams: ['a'],
      handler: { kind: 'eachBatch', handle: nothing },
      signal: undefined,
    });
    expect(parseRunOptions({ streams: ['b'], eachRecord: nothing }, ['a'])).toMatchObject({
      streams: ['b'],
      handler: { kind: 'eachRecord', handle: nothing },
    });
  });

  it.each([
    [undefined, 'options must be an object; got undefined'],
    [{}, 'eachBatch or eachRecord must be given'],
    [{ eachBatch: 0 }, 'eachBatch must be a function; got 0'],
    [{ eachRecord: null }, 'eachRecord must be a function; got null'],
    [{ eachBatch: nothing, eachRecord: nothing }, 'must not be given together with eachBatch'],
    [{ eachBatch: nothing, streams: [] }, 'streams must be an array'],
    [{ eachBatch: nothing, signal: {} }, 'signal must be an AbortSignal'],
    [{ onBatch: nothing }, 'onBatch is not an option'],
  ])('refuses %j', (options, message) => {
    const error = refusal(() => parseRunOptions(options, ['a']));
    expect(error.code).toBe('InvalidOption');
    expect(error.message).toContain(message);
  });
});

describe('parseCloseOptions', () => {
  it('takes the drain and 5 s where nothing is said', () => {
    expect(parseCloseOptions(undefined, 20_000)).toEqual({
      timeoutMs: 25_000,
      abort: false,
      leave: false,
    });
  });

  it('takes 0 for a deadline that is now', () => {
    const options = { timeoutMs: 0, abort: true, leave: true };
    expect(parseCloseOptions(options, 20_000)).toEqual(options);
  });

  it.each([
    [null, 'options must be an object; got null'],
    [{ timeoutMs: -1 }, 'timeoutMs must be a whole number of ms from 0 to 3600000; got -1'],
    [{ abort: 0 }, 'abort must be true or false; got 0'],
    [{ leave: '' }, "leave must be true or false; got ''"],
    [{ timeout: 1 }, 'timeout is not an option; did you mean timeoutMs?'],
  ])('refuses %j', (options, message) => {
    expect(refusal(() => parseCloseOptions(options, 0)).message).toContain(message);
  });
});
