import { describe, expect, it } from 'vitest';
import { withDeadline } from '../../../src/services/aws/deadline.ts';
import { ManualClock } from '../../../src/services/memory/index.ts';

const never = <T>(): Promise<T> => new Promise<T>(() => {});

describe('a request under a deadline', () => {
  it('brings its answer and leaves no timer', async () => {
    const timers = new Set<unknown>();
    const clock = {
      monotonicMs: () => 0,
      wallMs: () => 0,
      setTimeout: () => {
        const timer = {};
        timers.add(timer);
        return timer;
      },
      clearTimeout: (timer: unknown) => void timers.delete(timer),
    };
    await expect(withDeadline(clock, 10, [], async () => 'answer')).resolves.toBe('answer');
    const failing = withDeadline(clock, 10, [], async () => {
      throw new Error('told');
    });
    await expect(failing).rejects.toThrow('told');
    expect(timers.size).toBe(0);
  });

  it('ends at its deadline though nothing below listens to the signal', async () => {
    const clock = new ManualClock();
    let seen: AbortSignal | undefined;
    const running = withDeadline(clock, 1_000, [], (signal) => {
      seen = signal;
      return never<string>();
    });
    const ended = running.catch((error: unknown) => error);
    clock.advance(999);
    expect(seen?.aborted).toBe(false);
    clock.advance(1);
    expect(await ended).toMatchObject({ name: 'TimeoutError' });
    expect(seen?.aborted).toBe(true);
  });

  it('ends with the caller, and is not sent for one that has given up', async () => {
    const clock = new ManualClock();
    const caller = new AbortController();
    const running = withDeadline(clock, 1_000, [undefined, caller.signal], () => never<string>());
    const ended = running.catch((error: unknown) => error);
    caller.abort();
    expect(await ended).toMatchObject({ name: 'AbortError' });
    let sent = 0;
    const late = withDeadline(clock, 1_000, [undefined, caller.signal], async () => {
      sent += 1;
    });
    await expect(late).rejects.toMatchObject({ name: 'AbortError' });
    expect(sent).toBe(0);
  });
});
