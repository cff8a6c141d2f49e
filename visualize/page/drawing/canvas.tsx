import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { forget, inNextFrame } from './frames.ts';
import { theme } from '../state/theme.ts';

export interface Size {
  readonly width: number;
  readonly height: number;
}

export type Draw = (pen: CanvasRenderingContext2D, size: Size) => void;

interface Properties {
  /** A new function is a new picture; the same one is not drawn again. */
  readonly draw: Draw;
  readonly height: number;
  readonly class?: string;
}

/** How many device pixels to one of ours; more than two are seen by nobody and cost as much. */
export const density = (): number => Math.min(2, window.devicePixelRatio);

/** A canvas as wide as its room, sharp on any screen, drawn at most once per frame. */
export function Canvas({ draw, height, class: className }: Properties): JSX.Element {
  const element = useRef<HTMLCanvasElement>(null);
  const [width, setWidth] = useState(0);
  const shownTheme = theme.value;

  useEffect(() => {
    const canvas = element.current;
    if (canvas === null) return undefined;
    const observer = new ResizeObserver(([entry]) => {
      if (entry !== undefined) setWidth(entry.contentRect.width);
    });
    observer.observe(canvas);
    return () => {
      observer.disconnect();
      forget(observer);
    };
  }, []);

  useEffect(() => {
    const canvas = element.current;
    const pen = canvas?.getContext('2d');
    if (canvas === null || pen === null || pen === undefined || width === 0) return undefined;
    inNextFrame(canvas, () => {
      const scale = density();
      const across = Math.round(width * scale);
      const down = Math.round(height * scale);
      if (canvas.width !== across) canvas.width = across;
      if (canvas.height !== down) canvas.height = down;
      pen.setTransform(scale, 0, 0, scale, 0, 0);
      pen.clearRect(0, 0, width, height);
      draw(pen, { width, height });
    });
    return () => forget(canvas);
  }, [draw, width, height, shownTheme]);

  return (
    <canvas
      ref={element}
      class={className === undefined ? 'canvas' : `canvas ${className}`}
      style={{ height: `${height}px` }}
      aria-hidden="true"
    />
  );
}
