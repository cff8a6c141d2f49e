import { signal } from '@preact/signals';
import type { JSX } from 'preact';
import { useCallback } from 'preact/hooks';
import type { MarkKind, TimelineMark } from '../../model/view.ts';
import { Canvas, type Draw } from '../drawing/canvas.tsx';
import { Panel } from '../frame/panel.tsx';
import { MemberName } from '../members/chip.tsx';
import { isLive, shownAtMs } from '../state/shown.ts';
import { moment } from '../text/durations.ts';
import { rate, readable } from '../text/numbers.ts';
import { Axis } from './axis.tsx';
import { drawLane, LANE_PX, markAt } from './draw-lane.ts';
import { epochMs, gridMoments, lanes, type LaneContent } from './lanes.ts';
import { LOOKS, outlineOf } from './mark-shapes.ts';
import { dragOver, onScrubKey } from './scrub.ts';
import { chooseSpan, SPANS, spanMs, timeWindow } from './time-scale.ts';
import type { TimeWindow } from './time-window.ts';

/** The mark under the pointer. */
const pointed = signal<TimelineMark | null>(null);

const drag = dragOver(() => timeWindow.value);

function Lane(properties: { readonly row: LaneContent; readonly window: TimeWindow }): JSX.Element {
  const { row, window } = properties;
  const { clientId, marks, throughput } = row;
  const grid = gridMoments.value;
  const cursorMs = isLive.value ? null : shownAtMs.value;
  const draw = useCallback<Draw>(
    (pen, size) => drawLane(pen, size, { window, marks, throughput, grid, cursorMs }),
    [window, marks, throughput, grid, cursorMs],
  );
  return (
    <div class="time-row">
      <div class="lane-name">
        {clientId === null ? (
          <span class="dim">group</span>
        ) : (
          <MemberName clientId={clientId} colour={row.colour} longest={12} />
        )}
      </div>
      <div
        class="lane"
        {...drag}
        onPointerMove={(event) => {
          drag.onPointerMove(event);
          const box = event.currentTarget.getBoundingClientRect();
          pointed.value = markAt(marks, window, { x: event.clientX - box.left, width: box.width });
        }}
        onPointerLeave={() => {
          pointed.value = null;
        }}
      >
        <Canvas draw={draw} height={LANE_PX} />
      </div>
    </div>
  );
}

function Spans(): JSX.Element {
  return (
    <span class="choice" role="group" aria-label="Shown time">
      {SPANS.map(({ name, ms }) => (
        <button
          type="button"
          key={name}
          aria-pressed={spanMs.value === ms}
          onClick={() => {
            chooseSpan(ms);
          }}
        >
          {name}
        </button>
      ))}
    </span>
  );
}

/** What the marks stand for, of those that are there. */
function Legend({ rows }: { readonly rows: readonly LaneContent[] }): JSX.Element {
  const there = new Set(rows.flatMap(({ marks }) => marks.map(({ kind }) => kind)));
  const kinds = (Object.keys(LOOKS) as MarkKind[]).filter((kind) => there.has(kind));
  return (
    <p class="mark-legend" aria-hidden="true">
      {kinds.map((kind) => (
        <span key={kind}>
          <svg viewBox="-6 -6 12 12" class={`mark-${LOOKS[kind].tone}`}>
            <path d={outlineOf(kind)} />
          </svg>
          {LOOKS[kind].name}
        </span>
      ))}
    </p>
  );
}

function Note({ most }: { readonly most: number }): JSX.Element {
  const mark = pointed.value;
  if (mark === null) {
    return (
      <>
        {most > 0 ? `what happened, over records/s (a full lane: ${rate(most)})` : 'what happened'}
      </>
    );
  }
  return (
    <span class={`mark-${LOOKS[mark.kind].tone}`}>
      {moment(mark.atMs, epochMs.value)} {readable(mark.text)}
      {mark.count > 1 ? ` × ${mark.count}` : null}
    </span>
  );
}

/** A lane for each client: what it did and what happened to it, over how much it read. */
export function TimelinePanel(): JSX.Element | null {
  const content = lanes.value;
  if (content === null) return null;
  const { rows, most } = content;
  return (
    <Panel title="Timeline" note={<Note most={most} />} tools={<Spans />}>
      <div
        class="lanes"
        role="application"
        tabIndex={0}
        aria-label="Timeline. Left and right go a second, with shift ten; End is live."
        onKeyDown={onScrubKey}
      >
        {rows.map((row) => (
          <Lane key={row.clientId ?? ' group'} row={row} window={timeWindow.value} />
        ))}
      </div>
      <Axis />
      <Legend rows={rows} />
    </Panel>
  );
}
