import type { MarkKind } from '../../model/view.ts';
import type { Colours } from '../drawing/colours.ts';

type Tone = 'ink' | 'inkSoft' | 'good' | 'warn' | 'bad' | 'accent';

interface Look {
  readonly name: string;
  readonly tone: Tone;
  readonly shape: 'up' | 'down' | 'cross' | 'diamond' | 'dot' | 'ring' | 'tick' | 'bar' | 'square';
  /** Larger ones are drawn over smaller ones. */
  readonly weight: number;
}

/** How each kind of mark looks: told apart by shape first, by colour second. */
export const LOOKS: Readonly<Record<MarkKind, Look>> = {
  commit: { name: 'commit', tone: 'inkSoft', shape: 'tick', weight: 0 },
  acquire: { name: 'acquire', tone: 'ink', shape: 'dot', weight: 1 },
  release: { name: 'release', tone: 'ink', shape: 'ring', weight: 1 },
  end: { name: 'shard end', tone: 'ink', shape: 'square', weight: 2 },
  rebalance: { name: 'rebalance', tone: 'accent', shape: 'diamond', weight: 3 },
  reshard: { name: 'reshard', tone: 'accent', shape: 'bar', weight: 3 },
  join: { name: 'join', tone: 'good', shape: 'up', weight: 4 },
  leave: { name: 'leave', tone: 'warn', shape: 'down', weight: 4 },
  gone: { name: 'gone', tone: 'warn', shape: 'square', weight: 4 },
  pause: { name: 'pause', tone: 'warn', shape: 'bar', weight: 4 },
  throttle: { name: 'throttle', tone: 'warn', shape: 'ring', weight: 5 },
  fault: { name: 'fault', tone: 'warn', shape: 'diamond', weight: 5 },
  fenced: { name: 'fenced', tone: 'bad', shape: 'diamond', weight: 6 },
  error: { name: 'error', tone: 'bad', shape: 'cross', weight: 6 },
  crash: { name: 'crash', tone: 'bad', shape: 'down', weight: 7 },
  violation: { name: 'violation', tone: 'bad', shape: 'square', weight: 8 },
};

/** Around the middle of a mark, in the words of SVG. */
const OUTLINES: Readonly<Record<Look['shape'], string>> = {
  up: 'M0-4L4 3.2H-4Z',
  down: 'M0 4L-4-3.2H4Z',
  diamond: 'M0-4L4 0 0 4-4 0Z',
  cross:
    'M-3.6-2.2L-2.2-3.6 0-1.4 2.2-3.6 3.6-2.2 1.4 0 3.6 2.2 2.2 3.6 0 1.4-2.2 3.6-3.6 2.2-1.4 0Z',
  dot: 'M2.5 0A2.5 2.5 0 1 1-2.5 0A2.5 2.5 0 1 1 2.5 0Z',
  ring: 'M3.2 0A3.2 3.2 0 1 1-3.2 0A3.2 3.2 0 1 1 3.2 0ZM1.6 0A1.6 1.6 0 1 0-1.6 0A1.6 1.6 0 1 0 1.6 0Z',
  tick: 'M-.5-2H.5V2H-.5Z',
  bar: 'M-1.5-5H1.5V5H-1.5Z',
  square: 'M-3-3H3V3H-3Z',
};

export const outlineOf = (kind: MarkKind): string => OUTLINES[LOOKS[kind].shape];

const paths = new Map<string, Path2D>();

/** Draws a mark with its middle at a point. */
export function drawMark(
  pen: CanvasRenderingContext2D,
  { kind, x, y }: { readonly kind: MarkKind; readonly x: number; readonly y: number },
  palette: Colours,
): void {
  const outline = outlineOf(kind);
  let path = paths.get(outline);
  if (path === undefined) {
    path = new Path2D(outline);
    paths.set(outline, path);
  }
  pen.fillStyle = palette[LOOKS[kind].tone];
  pen.translate(x, y);
  pen.fill(path);
  pen.translate(-x, -y);
}
