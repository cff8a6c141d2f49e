import { describe, expect, it } from 'vitest';
import type { DescribeAnswer } from '../../src/machines/ports.ts';
import { StreamIdentities } from '../../src/kinesumer/stream-identities.ts';
import { ManualClock, MemoryKinesis, MemoryStream } from '../../src/services/memory/index.ts';
import { turn } from '../machines/live-world.ts';

function asked() {
  const clock = new ManualClock();
  const kinesis = new MemoryKinesis({ clock });
  const sentMs: Record<string, number[]> = {};
  const stream = new MemoryStream({ kinesis, clock });
  const describeStream = stream.describe.bind(stream);
  stream.describe = (name, options) => {
    (sentMs[name] ??= []).push(clock.monotonicMs() - startMs);
    return describeStream(name, options);
  };
  const startMs = clock.monotonicMs();
  const identities = new StreamIdentities(stream, clock);
  const pass = async (durationMs: number): Promise<void> => {
    for (let passedMs = 0; passedMs < durationMs; passedMs += 10) {
      await turn();
      clock.advance(10);
    }
    await turn();
  };
  return { clock, kinesis, identities, sentMs, pass };
}

describe('questions which stream has a name', () => {
  it('are one for all who ask before it is sent', async () => {
    const { kinesis, identities, sentMs, pass } = asked();
    kinesis.createStream('orders', 1);
    const answers: DescribeAnswer[] = [];
    const ask = (): void => void identities.describe('orders').then((a) => answers.push(a));
    for (let n = 0; n < 100; n += 1) ask();
    await turn();
    expect([sentMs['orders'], answers.length]).toEqual([[0], 100]);
    await pass(100);
    for (let n = 0; n < 100; n += 1) ask();
    await pass(300);
    expect([sentMs['orders'], answers.length]).toEqual([[0, 250], 200]);
  });

  it('are never answered by what was sent before them', async () => {
    const { clock, kinesis, identities, pass } = asked();
    kinesis.createStream('orders', 1);
    const first = identities.describe('orders');
    await turn();
    kinesis.deleteStream('orders');
    clock.advance(1);
    kinesis.createStream('orders', 1);
    const second = identities.describe('orders');
    await pass(300);
    const [before, after] = await Promise.all([first, second]);
    if (before.kind !== 'described' || after.kind !== 'described') throw new Error(after.kind);
    expect(after.createdAtMs).toBeGreaterThan(before.createdAtMs);
  });

  it('stay below the rate that an account is allowed, whatever the number of streams', async () => {
    const { identities, sentMs, pass } = asked();
    const names = Array.from({ length: 30 }, (_, n) => `stream-${n}`);
    for (const name of names) void identities.describe(name);
    await pass(2_000);
    const times = Object.values(sentMs).flat();
    expect(times).toHaveLength(30);
    const inTheFirstSecond = times.filter((sentAtMs) => sentAtMs < 1_000).length;
    expect(inTheFirstSecond).toBeLessThanOrEqual(20);
  });

  it('are not sent once nobody waits any more', async () => {
    const { clock, identities, sentMs, pass } = asked();
    void identities.describe('orders');
    identities.close();
    // an iterator may be answered only then
    void identities.describe('bills');
    await pass(1_000);
    expect(sentMs).toEqual({});
    expect(clock.pending()).toBe(0);
  });

  it('leave no timer behind once nobody waits any more', async () => {
    const { clock, identities } = asked();
    void identities.describe('orders');
    await turn();
    void identities.describe('orders');
    expect(clock.pending()).toBe(1);
    identities.close();
    expect(clock.pending()).toBe(0);
  });
});
