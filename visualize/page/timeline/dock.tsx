import type { JSX } from 'preact';
import { useCallback } from 'preact/hooks';
import { Canvas, type Draw } from '../drawing/canvas.tsx';
import { colours } from '../drawing/colours.ts';
import { charted, goLive, isLive, range, shownAtMs, source, view } from '../state/shown.ts';
import { duration, moment } from '../text/durations.ts';
import { LOOKS } from './mark-shapes.ts';
import { dragOver, onScrubKey } from './scrub.ts';
import { timeWindow } from './time-scale.ts';

const HEIGHT_PX = 26;
/** Marks at least this heavy are seen from afar. */
const HEAVY = 3;

const drag = dragOver(() => range.value);

/** All of the known time in one line; dragging in it moves the whole page. */
function Scrubber(): JSX.Element {
  const { fromMs, toMs } = range.value;
  const at = shownAtMs.value;
  const seen = charted.value?.whole;
  const window = timeWindow.value;
  const epochMs = view.value?.epochMs ?? null;
  const draw = useCallback<Draw>(
    (pen, { width, height }) => {
      const palette = colours.value;
      const across = (ms: number): number =>
        toMs > fromMs ? ((ms - fromMs) / (toMs - fromMs)) * width : width;
      pen.fillStyle = palette.well;
      pen.fillRect(0, height / 2 - 5, width, 10);
      pen.fillStyle = palette.line;
      const left = Math.max(0, across(window.fromMs));
      pen.fillRect(left, height / 2 - 5, Math.min(width, across(window.toMs)) - left, 10);
      for (const mark of seen?.marks(fromMs, toMs) ?? []) {
        const { weight, tone } = LOOKS[mark.kind];
        if (weight < HEAVY) continue;
        pen.fillStyle = palette[tone];
        pen.fillRect(across(mark.atMs) - 0.75, height / 2 - 4, 1.5, 8);
      }
      const x = Math.min(width - 2, across(at));
      pen.fillStyle = palette.ink;
      pen.fillRect(x - 1, 2, 2, height - 4);
      pen.beginPath();
      pen.arc(x, height / 2, 5, 0, 2 * Math.PI);
      pen.fill();
    },
    [fromMs, toMs, at, seen, window],
  );
  return (
    <div
      class="scrubber"
      role="slider"
      tabIndex={0}
      aria-label="Shown moment"
      aria-valuemin={Math.round(fromMs)}
      aria-valuemax={Math.round(toMs)}
      aria-valuenow={Math.round(at)}
      aria-valuetext={moment(at, epochMs)}
      onKeyDown={onScrubKey}
      {...drag}
    >
      <Canvas draw={draw} height={HEIGHT_PX} />
    </div>
  );
}

/** The foot of the page: which moment it shows. */
export function Dock(): JSX.Element | null {
  const group = view.value;
  if (group === null) return null;
  const live = isLive.value;
  const kind = source.value?.connection().kind;
  const isFollowing = live && (kind === 'open' || kind === 'opening');
  return (
    <footer class="dock">
      <button type="button" class={isFollowing ? 'is-on' : ''} aria-pressed={live} onClick={goLive}>
        {kind === 'complete' ? 'End' : 'Live'}
      </button>
      <span class="dock-time num">
        {moment(group.atMs, group.epochMs)}
        <small class="dim">
          {live ? '' : ` ${duration(range.value.toMs - group.atMs)} before the end`}
        </small>
      </span>
      <Scrubber />
    </footer>
  );
}
