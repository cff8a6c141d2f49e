import type { JSX } from 'preact';
import { sinceBeginning, wallTime } from '../text/durations.ts';
import { epochMs, gridMoments } from './lanes.ts';
import { timeWindow } from './time-scale.ts';

/** The axis under pictures over time. */
export function Axis(): JSX.Element {
  const { fromMs, toMs } = timeWindow.value;
  const epoch = epochMs.value;
  const part = (at: number): number => (at - fromMs) / (toMs - fromMs);
  return (
    <div class="time-row">
      <span />
      <div class="axis" aria-hidden="true">
        {gridMoments.value
          .filter((at) => part(at) > 0.03 && part(at) < 0.97)
          .map((at) => (
            <span key={at} style={{ left: `${(part(at) * 100).toFixed(2)}%` }}>
              {epoch === null ? sinceBeginning(at).replace(/\.0$/, '') : wallTime(epoch + at)}
            </span>
          ))}
      </div>
    </div>
  );
}
