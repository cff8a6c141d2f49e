import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { ChartState } from '../../../src/feed/chart.ts';
import type { Standing } from '../../chart/lit.ts';
import { light, pictureFor, type Picture } from './picture.ts';

/** Brings the active states into the middle of a room that is smaller than the picture. */
function centre(room: HTMLElement): void {
  const boxes = [...room.querySelectorAll('.atomic.is-active, .final.is-active')].map((leaf) =>
    leaf.getBoundingClientRect(),
  );
  if (boxes.length === 0) return;
  const outer = room.getBoundingClientRect();
  const left = Math.min(...boxes.map((box) => box.left));
  const right = Math.max(...boxes.map((box) => box.right));
  const top = Math.min(...boxes.map((box) => box.top));
  const bottom = Math.max(...boxes.map((box) => box.bottom));
  room.scrollBy(
    (left + right) / 2 - outer.left - outer.width / 2,
    (top + bottom) / 2 - outer.top - outer.height / 2,
  );
}

type Drawing =
  | { readonly kind: 'drawing' }
  | { readonly kind: 'drawn'; readonly picture: Picture }
  | { readonly kind: 'failed'; readonly message: string };

/** The picture of a chart with the states of an actor lit. */
export function ChartView(properties: {
  readonly chart: ChartState;
  readonly standing: Standing;
  /** Whose it is: another actor's states are looked for anew. */
  readonly actor: string;
  readonly size: 'full' | 'fit';
}): JSX.Element {
  const { chart, standing, actor, size } = properties;
  const room = useRef<HTMLDivElement>(null);
  const [drawing, setDrawing] = useState<Drawing>({ kind: 'drawing' });

  useEffect(() => {
    const stay = new AbortController();
    setDrawing({ kind: 'drawing' });
    pictureFor(chart).then(
      (picture) => {
        if (stay.signal.aborted) return;
        room.current?.replaceChildren(picture.svg);
        setDrawing({ kind: 'drawn', picture });
      },
      (error: unknown) => {
        if (!stay.signal.aborted) setDrawing({ kind: 'failed', message: String(error) });
      },
    );
    return () => stay.abort();
  }, [chart]);

  useEffect(() => {
    if (drawing.kind === 'drawn') light(drawing.picture, standing);
  }, [drawing, standing]);

  useEffect(() => {
    if (drawing.kind === 'drawn' && room.current !== null) centre(room.current);
  }, [drawing, actor, size]);

  return (
    <>
      {drawing.kind === 'failed' ? <p class="empty">{drawing.message}</p> : null}
      {/* Focusable, so that arrow keys scroll it. */}
      <div
        class={`chart-room chart-${size}`}
        ref={room}
        tabIndex={0}
        role="group"
        aria-label={`Statechart of the ${chart.id}`}
        aria-busy={drawing.kind === 'drawing'}
      />
    </>
  );
}
