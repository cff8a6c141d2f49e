import { describe, expect, it } from 'vitest';
import { Tally } from '../../src/cli/simulate/tally.ts';
import type { Evidence, Protocol } from '../../src/simulation/index.ts';
import { HandMade } from '../simulation/hand-made.ts';

const openGaps = (protocol: Protocol, evidence: Evidence): number => {
  const tally = new Tally(protocol);
  tally.add(evidence, [], 1);
  return tally.openGaps;
};

describe('what many runs add up to', () => {
  /** Its only reader died; Kinesis closed it. */
  const left = (): HandMade =>
    new HandMade()
      .starts('p')
      .map('p', { '0': {} })
      .takes('p', '0')
      .map('p', { '0': { ended: true } })
      .at(10);

  it('has a gap that nobody closed where a closed shard was left before its end', () => {
    const evidence = left().life('p', 'crashed').until(20);
    expect(openGaps('kinesumer', evidence)).toBe(1);
    const ended = left().ends('p', '0').life('p', 'left').until(20);
    expect(openGaps('kinesumer', ended)).toBe(0);
  });

  it('has none of the Go algorithm there, which tells no end, but where records are left', () => {
    expect(openGaps('go', left().life('p', 'crashed').until(20))).toBe(0);
    expect(openGaps('go', left().puts('0', 1).life('p', 'crashed').until(20))).toBe(1);
  });
});
