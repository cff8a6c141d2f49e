import { describe, expect, it } from 'vitest';
import { durationText, Progress } from '../../src/cli/simulate/progress.ts';

function screen(isTTY: boolean) {
  const written: string[] = [];
  let nowMs = 0;
  const progress = new Progress({
    total: 200,
    unit: 'runs',
    out: { isTTY, write: (text) => written.push(text) },
    nowMs: () => nowMs,
  });
  return { written, progress, pass: (ms: number) => (nowMs += ms) };
}

describe('progress', () => {
  it('is a bar in place on a terminal, with the rate and the time that is left', () => {
    const { written, progress, pass } = screen(true);
    pass(5_000);
    progress.at(50, '1 violation');
    progress.at(51);
    progress.end();
    expect(written).toEqual([
      '\r\x1b[K██████░░░░░░░░░░░░░░░░░░ 50/200 runs · 10.0/s · ETA 15s · 1 violation',
      '\r\x1b[K',
    ]);
  });

  it('is a line now and then elsewhere', () => {
    const { written, progress, pass } = screen(false);
    for (let done = 1; done <= 20; done += 1) {
      pass(500);
      progress.at(done);
    }
    progress.end();
    expect(written).toHaveLength(2);
    expect(written.every((text) => text.endsWith('\n') && !text.includes('\r'))).toBe(true);
  });

  it('says times in few signs', () => {
    expect([0, 42.4, 185, 7_800].map(durationText)).toEqual(['0s', '42s', '3m 05s', '2h 10m']);
  });
});
