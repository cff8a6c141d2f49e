import type { JSX } from 'preact';
import type { MemberView } from '../../model/view.ts';
import { duration, UNKNOWN } from '../text/durations.ts';

/** From which part of the time left on a heartbeat looks late. */
const LATE = 0.35;

/** What is left until a member is expelled, running down. */
export function Heartbeat(properties: {
  readonly member: MemberView;
  readonly atMs: number;
}): JSX.Element {
  const { member, atMs } = properties;
  const { heartbeatAtMs, ttlMs, state } = member;
  if (state === 'gone') return <span class="dim">gone</span>;
  if (heartbeatAtMs === null) return <span class="dim">{UNKNOWN}</span>;
  const silentMs = Math.max(0, atMs - heartbeatAtMs);
  if (ttlMs === null) return <span class="dim">{duration(silentMs)} silent</span>;
  const left = Math.max(0, 1 - silentMs / ttlMs);
  const tone = left === 0 ? 'bad' : left < LATE ? 'warn' : '';
  return (
    <span
      class={`heartbeat ${tone}`}
      title={`last heartbeat ${duration(silentMs)} ago; expelled after ${duration(ttlMs)} of silence`}
    >
      <span class="meter" aria-hidden="true">
        <i style={{ transform: `scaleX(${left.toFixed(3)})` }} />
      </span>
      <span class="num">{left === 0 ? 'expired' : `${duration(ttlMs - silentMs)} left`}</span>
    </span>
  );
}
