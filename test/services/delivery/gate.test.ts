import { describe, expect, it } from 'vitest';
import { DeliveryGate } from '../../../src/services/delivery/gate.ts';
import { ManualClock, quiet, SELF_FENCE_MS } from './delivery-world.ts';

function opened(): { readonly clock: ManualClock; readonly gate: DeliveryGate } {
  const clock = new ManualClock();
  const gate = new DeliveryGate(clock, SELF_FENCE_MS);
  gate.extend(clock.monotonicMs(), clock.wallMs());
  return { clock, gate };
}

describe('DeliveryGate', () => {
  it('is shut before the first answered heartbeat', () => {
    expect(new DeliveryGate(new ManualClock(), SELF_FENCE_MS).isOpen()).toBe(false);
  });

  it('is open until just before the self-fence has passed since the sending', () => {
    const { clock, gate } = opened();
    clock.pass(SELF_FENCE_MS - 1);
    expect(gate.isOpen()).toBe(true);
    clock.pass(1);
    expect(gate.isOpen()).toBe(false);
  });

  it('counts from the sending of a heartbeat, not from its answer', () => {
    const { clock, gate } = opened();
    const sentMs = clock.monotonicMs();
    const sentWallMs = clock.wallMs();
    clock.pass(5_000);
    gate.extend(sentMs, sentWallMs);
    clock.pass(2_000);
    expect(gate.isOpen()).toBe(false);
  });

  it('ignores an answer that a later heartbeat overtook', () => {
    const { clock, gate } = opened();
    const earlierMs = clock.monotonicMs();
    const earlierWallMs = clock.wallMs();
    clock.pass(3_000);
    gate.extend(clock.monotonicMs(), clock.wallMs());
    gate.extend(earlierMs, earlierWallMs);
    clock.pass(SELF_FENCE_MS - 1);
    expect(gate.isOpen()).toBe(true);
  });

  it('shuts after a suspension in which only the wall clock went on', () => {
    const { clock, gate } = opened();
    clock.jumpWall(SELF_FENCE_MS);
    expect(gate.isOpen()).toBe(false);
  });

  it('goes by the monotonic clock alone when the wall clock was set back', () => {
    const { clock, gate } = opened();
    clock.jumpWall(-86_400_000);
    expect(gate.isOpen()).toBe(true);
    clock.pass(SELF_FENCE_MS);
    expect(gate.isOpen()).toBe(false);
  });

  it('opens again with the next heartbeat after the wall clock was set ahead', () => {
    const { clock, gate } = opened();
    clock.jumpWall(86_400_000);
    gate.extend(clock.monotonicMs(), clock.wallMs());
    expect(gate.isOpen()).toBe(true);
  });

  it('stays shut for a lost session until a heartbeat of the next one is answered', () => {
    const { clock, gate } = opened();
    gate.shut();
    expect(gate.isOpen()).toBe(false);
    gate.extend(clock.monotonicMs(), clock.wallMs());
    expect(gate.isOpen()).toBe(true);
  });

  it('wakes those who wait when a heartbeat is answered, and not for one that is too old', async () => {
    const { clock, gate } = opened();
    const sentMs = clock.monotonicMs();
    const sentWallMs = clock.wallMs();
    gate.shut();
    clock.pass(SELF_FENCE_MS);
    let woken = 'no';
    void gate.whenOpen().then(() => (woken = 'yes'));
    gate.extend(sentMs, sentWallMs);
    await quiet();
    expect(woken).toBe('no');
    gate.extend(clock.monotonicMs(), clock.wallMs());
    await quiet();
    expect(woken).toBe('yes');
  });

  it('lets go of those who wait when their signal aborts', async () => {
    const gate = new DeliveryGate(new ManualClock(), SELF_FENCE_MS);
    const stop = new AbortController();
    const waiting = gate.whenOpen(stop.signal);
    stop.abort();
    await expect(waiting).resolves.toBeUndefined();
    expect(gate.isOpen()).toBe(false);
  });
});
