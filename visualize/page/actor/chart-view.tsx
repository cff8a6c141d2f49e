import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { ChartState } from '../../../src/feed/chart.ts';
import type { Standing } from '../../chart/lit.ts';
import { light, pictureFor, type Picture } from './picture.ts';
import { centre, follow } from './sight.ts';

/** For so long after somebody moved the picture it stays where they moved it to. */
const HANDS_OFF_MS = 10_000;

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
  /** When somebody last moved the picture. */
  const byHandMs = useRef(-Infinity);
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
    if (drawing.kind !== 'drawn' || room.current === null) return;
    byHandMs.current = -Infinity;
    centre(room.current);
  }, [drawing, actor, size]);

  useEffect(() => {
    const hands = performance.now() - byHandMs.current;
    if (drawing.kind === 'drawn' && room.current !== null && hands > HANDS_OFF_MS) {
      follow(room.current);
    }
  }, [drawing, standing.activeIds.join(' ')]);

  const byHand = (): void => {
    byHandMs.current = performance.now();
  };

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
        onWheel={byHand}
        onPointerDown={byHand}
        onTouchMove={byHand}
        onKeyDown={byHand}
      />
    </>
  );
}
