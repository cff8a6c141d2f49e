import { signal } from '@preact/signals';
import type { JSX } from 'preact';
import { useCallback, useMemo, useState } from 'preact/hooks';
import type { ShardView, StreamView } from '../../model/view.ts';
import { Canvas, type Draw } from '../drawing/canvas.tsx';
import { memberOf, selectedShard, selectShard } from '../state/shown.ts';
import { readable, shardNumber } from '../text/numbers.ts';
import { blockAt, layOut, type Block, type StripLayout } from './layout.ts';
import { drawStrip, rowAt, stripHeight } from './draw.ts';
import { moving } from './moving.ts';
import { seenIn, showing, WHOLE } from './zoom.ts';
import { show, spanOf, zoomIn, zoomOut, zoomToAll } from './zoom-tools.tsx';

/** The shard under the pointer or the keyboard's cursor, in whichever strip. */
const pointed = signal<{ readonly stream: string; readonly shardId: string } | null>(null);

const colourOf = (clientId: string | null): number | null => memberOf(clientId)?.colour ?? null;

/** Where the arrow keys lead from a block: along the keys, or to parents and children. */
function neighbour(layout: StripLayout, from: Block | null, key: string): Block | null {
  const { blocks } = layout;
  if (from === null || key === 'Home') return blocks[0] ?? null;
  if (key === 'End') return blocks.at(-1) ?? null;
  const index = blocks.findIndex((block) => block.shard.shardId === from.shard.shardId);
  if (key === 'ArrowLeft') return blocks[Math.max(0, index - 1)] ?? null;
  if (key === 'ArrowRight') return blocks[Math.min(blocks.length - 1, index + 1)] ?? null;
  if (key === 'ArrowUp') {
    return blocks.find((block) => from.shard.parents.includes(block.shard.shardId)) ?? from;
  }
  if (key === 'ArrowDown') {
    return blocks.find((block) => block.shard.parents.includes(from.shard.shardId)) ?? from;
  }
  return null;
}

/** @param at a part of what is shown, which stays where it is; whether the key was one of these */
function zoomByKey(stream: string, key: string, at: number | undefined): boolean {
  if (key === '+' || key === '=') zoomIn(stream, at);
  else if (key === '-') zoomOut(stream, at);
  else if (key === '0') zoomToAll(stream);
  else return false;
  return true;
}

/** The hash-key space of a stream as one line. */
export function Strip({ stream }: { readonly stream: StreamView }): JSX.Element {
  const span = spanOf(stream.stream);
  const whole = useMemo(() => layOut(stream), [stream]);
  const layout = useMemo(() => seenIn(whole, span), [whole, span]);
  const hand = useMemo(() => moving(stream.stream), [stream.stream]);
  const [tipAt, setTipAt] = useState<number>(0);
  const at = pointed.value?.stream === stream.stream ? pointed.value.shardId : null;
  const selected =
    selectedShard.value?.stream === stream.stream ? selectedShard.value.shardId : null;
  const draw = useCallback<Draw>(
    (pen, size) => drawStrip(pen, size, { layout, colourOf, marked: { pointed: at, selected } }),
    [layout, at, selected],
  );
  const block = layout.blocks.find((each) => each.shard.shardId === at) ?? null;

  function point(next: Block | null, where?: number): void {
    pointed.value = next === null ? null : { stream: stream.stream, shardId: next.shard.shardId };
    if (next !== null) setTipAt(where ?? (next.from + next.to) / 2);
  }

  /** Brings a block of the whole strip into what is shown. */
  function pointIn(next: Block): void {
    const there = showing(span, next);
    if (there !== span) show(stream.stream, there);
    const shown = seenIn({ ...whole, blocks: [next] }, there).blocks[0] ?? next;
    point(shown);
  }

  function under(event: MouseEvent): { readonly block: Block | null; readonly at: number } {
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    const along = (event.clientX - box.left) / box.width;
    return { block: blockAt(layout, along, rowAt(layout, event.clientY - box.top)), at: along };
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const at = block === null ? undefined : (block.from + block.to) / 2;
    if (event.key === 'Enter' || event.key === ' ') {
      if (block === null) return;
      selectShard(block.shard);
    } else if (!zoomByKey(stream.stream, event.key, at)) {
      const next = neighbour(whole, block, event.key);
      if (next === null) return;
      pointIn(next);
    }
    event.preventDefault();
  }

  return (
    <div
      class={span === WHOLE ? 'strip' : 'strip is-zoomed'}
      role="application"
      tabIndex={0}
      aria-label={`Shards of ${stream.stream} by hash key. Left and right go along the keys, up and down to parents and children, Enter chooses; plus and minus zoom, 0 shows all.`}
      onPointerDown={hand.onPointerDown}
      onWheel={hand.onWheel}
      onDblClick={() => zoomToAll(stream.stream)}
      onPointerMove={(event) => {
        hand.onPointerMove(event);
        const { block: next, at: where } = under(event);
        point(next, where);
      }}
      onPointerLeave={() => point(null)}
      onClick={(event) => {
        if (hand.ended()) return;
        const { block: hit } = under(event);
        if (hit !== null) selectShard(hit.shard);
      }}
      onKeyDown={onKeyDown}
      onFocus={() => {
        if (block === null) point(layout.blocks[0] ?? null);
      }}
      onBlur={() => point(null)}
    >
      <Canvas draw={draw} height={stripHeight(layout)} />
      {block === null ? null : <StripTip shard={block.shard} at={tipAt} />}
    </div>
  );
}

function StripTip({ shard, at }: { readonly shard: ShardView; readonly at: number }): JSX.Element {
  return (
    <div
      class={`tip ${at > 0.5 ? 'tip-left' : ''}`}
      style={{ left: `${(at * 100).toFixed(2)}%` }}
      role="status"
    >
      <b>{shardNumber(shard.shardId)}</b> <span class="dim">{shard.shardId}</span>
      <p class={`why why-${shard.why.kind}`}>{readable(shard.why.sentence)}</p>
    </div>
  );
}
