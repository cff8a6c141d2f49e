import { describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../../src/services/system/clock.ts';
import { silentLog, stderrLog } from '../../../src/services/system/log.ts';
import { systemRandom } from '../../../src/services/system/random.ts';
import { KinesumerError } from '../../../src/errors.ts';

describe('the system clock', () => {
  it('fires a timer once and no cleared one', async () => {
    const clock = systemClock();
    const fired: string[] = [];
    clock.clearTimeout(clock.setTimeout(() => fired.push('cleared'), 0));
    await new Promise<void>((resolve) => clock.setTimeout(resolve, 1));
    expect(fired).toEqual([]);
  });

  it('takes an unknown timer as already cleared', () => {
    const clock = systemClock();
    expect(() => clock.clearTimeout(undefined)).not.toThrow();
  });

  it('has a wall clock in epoch milliseconds and a monotonic one that does not go back', () => {
    const clock = systemClock();
    expect(new Date(clock.wallMs()).getUTCFullYear()).toBeGreaterThanOrEqual(2025);
    const first = clock.monotonicMs();
    expect(clock.monotonicMs()).toBeGreaterThanOrEqual(first);
  });
});

describe('system randomness', () => {
  it('draws from [0, 1) and gives 128-bit ids in lower-case hex that differ', () => {
    const random = systemRandom();
    for (let i = 0; i < 1_000; i += 1) {
      const drawn = random.next('test');
      expect(drawn).toBeGreaterThanOrEqual(0);
      expect(drawn).toBeLessThan(1);
    }
    const ids = Array.from({ length: 1_000 }, () => random.id('test'));
    expect(new Set(ids).size).toBe(1_000);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{32}$/);
  });
});

describe('the default log', () => {
  const logged = (act: (log: ReturnType<typeof stderrLog>) => void): Record<string, unknown>[] => {
    const lines: string[] = [];
    act(stderrLog((line) => lines.push(line)));
    return lines.map((line) => {
      expect(line).not.toContain('\n');
      return JSON.parse(line) as Record<string, unknown>;
    });
  };

  it('writes warnings and errors only', () => {
    const lines = logged((log) => {
      log.debug({}, 'd');
      log.info({}, 'i');
      log.warn({ shardId: 's-1' }, 'w');
      log.error({}, 'e');
    });
    expect(lines).toMatchObject([
      { level: 'warn', message: 'w', shardId: 's-1', name: 'kinesumer' },
      { level: 'error', message: 'e' },
    ]);
  });

  it('writes an error with its code, its stack and its causes', () => {
    const root = new TypeError('root');
    const error = new KinesumerError('StoreUnanswered', 'no answer', { cause: root });
    const lines = logged((log) => log.error({ error }, 'failed'));
    expect(lines[0]?.['error']).toMatchObject({
      name: 'KinesumerError',
      code: 'StoreUnanswered',
      message: 'no answer',
      stack: expect.stringContaining('no answer') as unknown,
      cause: { name: 'TypeError', message: 'root' },
    });
  });

  it('writes an error that is handed over as the fields', () => {
    const lines = logged((log) => log.error(new Error('bare'), 'failed'));
    expect(lines[0]).toMatchObject({ message: 'failed', error: { message: 'bare' } });
  });

  it('survives circles, big integers, bytes, endless causes and getters that throw', () => {
    const circle: { self?: object } = {};
    circle.self = circle;
    const looped = new Error('looped');
    looped.cause = looped;
    const thrower = {
      get field(): string {
        throw new Error('getter');
      },
    };
    const lines = logged((log) => {
      log.warn({ circle, big: 1n, bytes: new Uint8Array(3), looped }, 'odd');
      log.warn(thrower, 'worse');
    });
    expect(lines).toMatchObject([
      { message: 'odd', big: '1' },
      { message: 'worse', unwritable: 'Error: getter' },
    ]);
    expect(JSON.stringify(lines[0])).toContain('<more causes>');
  });

  it('writes to stderr and leaves stdout alone', () => {
    const out = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    const err = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    try {
      stderrLog().warn({ a: 1 }, 'w');
      expect(err).toHaveBeenCalledExactlyOnceWith(expect.stringMatching(/^\{.*"a":1.*\}\n$/));
      expect(out).not.toHaveBeenCalled();
    } finally {
      out.mockRestore();
      err.mockRestore();
    }
  });

  it('has a silent brother', () => {
    expect(() => silentLog.error({}, 'nothing')).not.toThrow();
  });
});
