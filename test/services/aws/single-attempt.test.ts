import { describe, expect, it } from 'vitest';
import { attemptFailure, singleAttempt } from '../../../src/services/aws/single-attempt.ts';

describe('the middleware of the single attempt', () => {
  it('sends once, even under a retry strategy that tries again after any error', async () => {
    let sent = 0;
    const told = Object.assign(new Error('told'), { name: 'ThrottlingException' });
    const handler = singleAttempt(async (_: string) => {
      sent += 1;
      throw told;
    });
    const first = await handler('request').catch((error: unknown) => error);
    const second = await handler('request').catch((error: unknown) => error);
    expect(sent).toBe(1);
    expect(attemptFailure(first)).toBe(told);
    expect(attemptFailure(second)).toBe(told);
  });

  it('shows the retry logic nothing to retry by', async () => {
    const told = Object.assign(new Error('told'), { name: 'TimeoutError', code: 'ECONNRESET' });
    const shown = await singleAttempt((_: string) => Promise.reject(told))('request').catch(
      (error: unknown) => error,
    );
    expect(shown).toMatchObject({ name: 'Error', message: 'the only attempt failed' });
    expect(shown).not.toHaveProperty('code');
    expect(shown).not.toHaveProperty('cause');
  });

  it('leaves an error alone that did not come through it', () => {
    const other = new Error('other');
    expect(attemptFailure(other)).toBe(other);
  });
});
