import { signal } from '@preact/signals';
import type { JSX } from 'preact';
import { useCallback, useEffect, useMemo } from 'preact/hooks';
import type { HeatView, StreamView } from '../../model/view.ts';
import { Canvas, type Draw } from '../drawing/canvas.tsx';
import { Panel } from '../frame/panel.tsx';
import {
  charted,
  isLive,
  selectedShard,
  selection,
  shownAtMs,
  streams,
  view,
} from '../state/shown.ts';
import { Axis } from '../timeline/axis.tsx';
import { timeWindow } from '../timeline/time-scale.ts';
import { columnsOf, type TimeWindow } from '../timeline/time-window.ts';
import { duration, moment, UNKNOWN } from '../text/durations.ts';
import { shardNumber } from '../text/numbers.ts';
import { placeAfter, type Place } from './cursor.ts';
import { drawHeat, HEAT_FROM_MS, heatHeight } from './draw-heat.ts';

const COLUMNS = 160;

interface Cell {
  readonly stream: string;
  readonly shardId: string;
  readonly atMs: number;
  readonly behindMs: number | null;
}

/** The cell under the pointer, or where the keys have led. */
const pointed = signal<Cell | null>(null);

const columnAt = (heat: HeatView, atMs: number): number =>
  Math.floor((atMs - heat.fromMs) / heat.columnMs);

function cellAt(heat: HeatView, row: number, atMs: number): Cell | null {
  const line = heat.rows[row];
  if (line === undefined) return null;
  const behindMs = line.behindMs[columnAt(heat, atMs)] ?? null;
  return { stream: heat.stream, shardId: line.shardId, atMs, behindMs };
}

function cellUnder(
  event: PointerEvent | MouseEvent,
  heat: HeatView,
  window: TimeWindow,
): Cell | null {
  const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
  const row = Math.floor(((event.clientY - box.top) / box.height) * heat.rows.length);
  const part = (event.clientX - box.left) / box.width;
  return cellAt(heat, row, window.fromMs + part * (window.toMs - window.fromMs));
}

/** Where in the picture a cell is; null: it is not in it any more. */
function placeOf(heat: HeatView, cell: Cell | null): Place | null {
  if (cell?.stream !== heat.stream) return null;
  const row = heat.rows.findIndex(({ shardId }) => shardId === cell.shardId);
  return row < 0 ? null : { row, column: Math.max(0, columnAt(heat, cell.atMs)) };
}

function choose(cell: Cell | null): void {
  if (cell === null) return;
  selection.value = { kind: 'shard', stream: cell.stream, shardId: cell.shardId };
}

function onKey(event: KeyboardEvent, heat: HeatView, window: TimeWindow): void {
  const from = placeOf(heat, pointed.value);
  if (event.key === 'Enter' || event.key === ' ') choose(from === null ? null : pointed.value);
  else if (event.key === 'Escape') pointed.value = null;
  else {
    const columns = (heat.rows[0]?.behindMs.length ?? 1) - 1;
    // the last one may not have begun
    const column = Math.min(columns, columnAt(heat, window.toMs));
    const last = { row: heat.rows.length - 1, column };
    const next = placeAfter(event.key, event.shiftKey, from, last);
    if (next === null) return;
    pointed.value = cellAt(heat, next.row, heat.fromMs + (next.column + 0.5) * heat.columnMs);
  }
  event.preventDefault();
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
  const cell = pointed.value;
  const cursor = heat === undefined ? null : placeOf(heat, cell);
  useEffect(() => {
    // what the cell says may have changed
    if (heat === undefined || cursor === null || cell === null) return;
    const now = cellAt(heat, cursor.row, cell.atMs);
    if (now !== null && now.behindMs !== cell.behindMs) pointed.value = now;
  }, [heat]);
  const [row, column] = [cursor?.row ?? -1, cursor?.column ?? -1];
  const draw = useCallback<Draw>(
    (pen, size) => {
      if (heat === undefined) return;
      drawHeat(pen, size, { heat, window, cursorMs, selected, pointed: { row, column } });
    },
    [heat, window, cursorMs, selected, row, column],
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
        role="application"
        tabIndex={0}
        aria-label={`Lag of the shards of ${stream.stream} over time. Up and down go from shard to shard, left and right through time, with Shift further; Enter chooses the shard.`}
        onKeyDown={(event) => onKey(event, heat, window)}
        onBlur={() => {
          pointed.value = null;
        }}
        onPointerMove={(event) => {
          pointed.value = cellUnder(event, heat, window);
        }}
        onPointerLeave={() => {
          pointed.value = null;
        }}
        onClick={(event) => choose(cellUnder(event, heat, window))}
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

const told = ({ shardId, atMs, behindMs }: Cell, epochMs: number | null): string =>
  `shard ${shardNumber(shardId)}: ${behindMs === null ? `${UNKNOWN} not known` : `${duration(behindMs)} behind`} at ${moment(atMs, epochMs)}`;

/** How far each shard was behind the tip of its stream, over time. */
export function HeatPanel(): JSX.Element {
  const cell = pointed.value;
  const epochMs = view.value?.epochMs ?? null;
  return (
    <Panel
      title="Lag"
      note={
        <>
          {cell === null ? 'behind the tip, by shard' : null}
          <span role="status">{cell === null ? '' : told(cell, epochMs)}</span>
        </>
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
