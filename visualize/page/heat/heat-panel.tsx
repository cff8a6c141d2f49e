import { signal } from '@preact/signals';
import type { JSX } from 'preact';
import { useCallback, useMemo } from 'preact/hooks';
import type { HeatView, StreamView } from '../../model/view.ts';
import { Canvas, type Draw } from '../drawing/canvas.tsx';
import { Panel } from '../frame/panel.tsx';
import { charted, isLive, selectedShard, selection, shownAtMs, streams } from '../state/shown.ts';
import { Axis } from '../timeline/axis.tsx';
import { timeWindow } from '../timeline/time-scale.ts';
import { columnsOf, type TimeWindow } from '../timeline/time-window.ts';
import { duration, UNKNOWN } from '../text/durations.ts';
import { shardNumber } from '../text/numbers.ts';
import { drawHeat, HEAT_FROM_MS, heatHeight } from './draw-heat.ts';

const COLUMNS = 160;

interface Cell {
  readonly stream: string;
  readonly shardId: string;
  readonly behindMs: number | null;
}

/** The cell under the pointer. */
const pointed = signal<Cell | null>(null);

function cellUnder(
  event: PointerEvent | MouseEvent,
  heat: HeatView,
  window: TimeWindow,
): Cell | null {
  const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
  const row = heat.rows[Math.floor(((event.clientY - box.top) / box.height) * heat.rows.length)];
  if (row === undefined) return null;
  const part = (event.clientX - box.left) / box.width;
  const atMs = window.fromMs + part * (window.toMs - window.fromMs);
  const behindMs = row.behindMs[Math.floor((atMs - heat.fromMs) / heat.columnMs)] ?? null;
  return { stream: heat.stream, shardId: row.shardId, behindMs };
}

function StreamHeat({ stream }: { readonly stream: StreamView }): JSX.Element | null {
  const all = charted.value;
  const window = timeWindow.value;
  const heat = useMemo(() => {
    const grain = columnsOf(window, COLUMNS);
    return all?.whole.heat(stream.stream, grain.fromMs, grain.toMs, grain.columns);
  }, [all, window, stream.stream]);
  const cursorMs = isLive.value ? null : shownAtMs.value;
  const chosen = selectedShard.value;
  const selected =
    chosen?.stream === stream.stream
      ? (heat?.rows.findIndex((row) => row.shardId === chosen.shardId) ?? -1)
      : -1;
  const draw = useCallback<Draw>(
    (pen, size) => {
      if (heat !== undefined) drawHeat(pen, size, { heat, window, cursorMs, selected });
    },
    [heat, window, cursorMs, selected],
  );
  if (heat === undefined || heat.rows.length === 0) return null;
  if (heat.rows.every((row) => row.behindMs.every((each) => each === null))) {
    return (
      <div class="time-row">
        <div class="lane-name">
          <span title={stream.stream}>{stream.stream}</span>
        </div>
        <p class="empty">{UNKNOWN} not known from this source</p>
      </div>
    );
  }
  return (
    <div class="time-row">
      <div class="lane-name">
        <span title={stream.stream}>{stream.stream}</span>
      </div>
      <div
        class="heat"
        onPointerMove={(event) => {
          pointed.value = cellUnder(event, heat, window);
        }}
        onPointerLeave={() => {
          pointed.value = null;
        }}
        onClick={(event) => {
          const cell = cellUnder(event, heat, window);
          if (cell === null) return;
          selection.value = { kind: 'shard', stream: cell.stream, shardId: cell.shardId };
        }}
      >
        <Canvas draw={draw} height={heatHeight(heat.rows.length)} />
      </div>
    </div>
  );
}

/** What the colours stand for. */
function Scale(): JSX.Element {
  return (
    <span class="heat-scale">
      {HEAT_FROM_MS.map((fromMs, step) => (
        <span key={fromMs}>
          <i class={`heat-step heat-${step}`} />
          {step === 0
            ? '< 1 s'
            : `${duration(fromMs).replace(/\.0 s$| min 00 s$| h 00 min$/, (end) => ` ${end.split(' ')[1] ?? 's'}`)}`}
        </span>
      ))}
    </span>
  );
}

/** How far each shard was behind the tip of its stream, over time. */
export function HeatPanel(): JSX.Element {
  const cell = pointed.value;
  return (
    <Panel
      title="Lag"
      note={
        cell === null
          ? 'behind the tip, by shard'
          : `${shardNumber(cell.shardId)}: ${cell.behindMs === null ? UNKNOWN : duration(cell.behindMs)}`
      }
      tools={<Scale />}
    >
      {streams.value.map((stream) => (
        <StreamHeat key={stream.stream} stream={stream} />
      ))}
      <Axis />
    </Panel>
  );
}
