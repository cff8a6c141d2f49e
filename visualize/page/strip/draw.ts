import type { ShardView } from '../../model/view.ts';
import { colours, letterOf } from '../drawing/colours.ts';
import { density, type Size } from '../drawing/canvas.tsx';
import { hatch, ownerFill } from '../drawing/patterns.ts';
import { drawLetters } from './letters.ts';
import { LABEL_PX, type Box } from './runs.ts';
import { standingOf, type Block, type StripLayout } from './layout.ts';

const ROW_PX = 34;
const SPLIT_ROW_PX = 24;
const ROW_GAP_PX = 2;
const GHOST_PX = 5;
const GHOST_GAP_PX = 4;
const MOVE_PX = 5;
/** What is wrong is seen however thin its shard is. */
const LEAST_WRONG_PX = 3;

const rowHeight = (layout: StripLayout): number => (layout.rows === 1 ? ROW_PX : SPLIT_ROW_PX);

const bodyHeight = (layout: StripLayout): number =>
  layout.rows * rowHeight(layout) + (layout.rows - 1) * ROW_GAP_PX;

export const stripHeight = (layout: StripLayout): number =>
  bodyHeight(layout) + GHOST_GAP_PX + GHOST_PX;

export const rowAt = (layout: StripLayout, y: number): number =>
  Math.max(0, Math.min(layout.rows - 1, Math.floor(y / (rowHeight(layout) + ROW_GAP_PX))));

/** Looks up the colour number of a client id; null: it was never seen. */
export type ColourOf = (clientId: string | null) => number | null;

interface Marked {
  /** Ids of shards. */
  readonly pointed: string | null;
  readonly selected: string | null;
}

export function drawStrip(
  pen: CanvasRenderingContext2D,
  size: Size,
  { layout, colourOf, marked }: { layout: StripLayout; colourOf: ColourOf; marked: Marked },
): void {
  const palette = colours.value;
  const boxOf = (block: Block): Box => {
    const height = rowHeight(layout);
    const x = whole(block.from * size.width);
    const y = block.firstRow * (height + ROW_GAP_PX);
    const rows = block.lastRow - block.firstRow + 1;
    return {
      x,
      y,
      width: Math.max(0, whole(block.to * size.width) - x),
      height: rows * height + (rows - 1) * ROW_GAP_PX,
    };
  };
  pen.textAlign = 'center';
  pen.textBaseline = 'middle';
  pen.font = '600 11px system-ui, sans-serif';

  const wrong: Block[] = [];
  for (const block of layout.blocks) {
    const standing = standingOf(block.shard);
    if (standing === 'gap' || standing === 'double') wrong.push(block);
    else drawBlock(pen, boxOf(block), block.shard, standing === 'owned' ? colourOf : null);
  }
  for (const hole of layout.holes) {
    drawGap(
      pen,
      atLeast({
        x: hole.from * size.width,
        y: 0,
        width: (hole.to - hole.from) * size.width,
        height: bodyHeight(layout),
      }),
    );
  }
  for (const block of wrong) {
    const box = atLeast(boxOf(block));
    if (standingOf(block.shard) === 'gap') drawGap(pen, box);
    else drawDouble(pen, box, block.shard, colourOf);
  }
  drawSeams(pen, layout, boxOf);
  drawLetters(
    pen,
    layout.blocks.map((block) => ({
      owner: standingOf(block.shard) === 'owned' ? colourOf(block.shard.owner) : null,
      box: boxOf(block),
    })),
  );
  drawGhost(pen, size, layout, colourOf);
  for (const block of layout.blocks) {
    const { shardId } = block.shard;
    if (shardId !== marked.pointed && shardId !== marked.selected) continue;
    const box = boxOf(block);
    pen.strokeStyle = palette.ink;
    pen.lineWidth = 2;
    pen.strokeRect(box.x - 0.5, box.y + 1, Math.max(2, box.width) + 0.5, box.height - 2);
  }
}

/** On the grid of the screen: of shards thinner than a pixel half-covered ones would look faded. */
const whole = (x: number): number => Math.round(x * density()) / density();

const atLeast = (box: Box): Box =>
  box.width >= LEAST_WRONG_PX
    ? box
    : { ...box, x: box.x - (LEAST_WRONG_PX - box.width) / 2, width: LEAST_WRONG_PX };

function drawBlock(
  pen: CanvasRenderingContext2D,
  box: Box,
  shard: ShardView,
  colourOf: ColourOf | null,
): void {
  const palette = colours.value;
  if (colourOf === null) {
    pen.fillStyle = palette.well;
    pen.fillRect(box.x, box.y, box.width, box.height);
    if (shard.state === 'waiting') {
      hatch(pen, box, { colour: palette.line, every: 7, thickness: 1.5 });
    }
    return;
  }
  const owner = colourOf(shard.owner);
  pen.fillStyle = owner === null ? palette.inkFaint : ownerFill(owner);
  pen.fillRect(box.x, box.y, box.width, box.height);
  const target = colourOf(shard.target);
  const moves = shard.target !== null && shard.target !== shard.owner;
  if (moves) {
    pen.fillStyle = palette.panel;
    pen.fillRect(box.x, box.y + box.height - MOVE_PX - 1, box.width, 1);
    pen.fillStyle = target === null ? palette.inkFaint : ownerFill(target);
    pen.fillRect(box.x, box.y + box.height - MOVE_PX, box.width, MOVE_PX);
  }
}

function drawGap(pen: CanvasRenderingContext2D, box: Box): void {
  const { bad, panel } = colours.value;
  pen.fillStyle = panel;
  pen.fillRect(box.x, box.y, box.width, box.height);
  pen.globalAlpha = 0.16;
  pen.fillStyle = bad;
  pen.fillRect(box.x, box.y, box.width, box.height);
  pen.globalAlpha = 1;
  hatch(pen, box, { colour: bad, every: 6, thickness: 2 });
}

function drawDouble(
  pen: CanvasRenderingContext2D,
  box: Box,
  shard: ShardView,
  colourOf: ColourOf,
): void {
  const { double, doubleInk, bad } = colours.value;
  pen.fillStyle = double;
  pen.fillRect(box.x, box.y, box.width, box.height);
  pen.fillStyle = bad;
  pen.fillRect(box.x, box.y, box.width, 2);
  pen.fillRect(box.x, box.y + box.height - 2, box.width, 2);
  const letters = [shard.owner, ...shard.otherReaders]
    .map((id) => colourOf(id))
    .map((colour) => (colour === null ? '?' : letterOf(colour)))
    .join('+');
  if (box.width < LABEL_PX * letters.length * 0.75) return;
  pen.fillStyle = doubleInk;
  pen.fillText(letters, box.x + box.width / 2, box.y + box.height / 2);
}

/** Thin lines between the shards, as long as there is room for them. */
function drawSeams(
  pen: CanvasRenderingContext2D,
  layout: StripLayout,
  boxOf: (block: Block) => Box,
): void {
  pen.fillStyle = colours.value.panel;
  for (const block of layout.blocks) {
    const box = boxOf(block);
    if (box.width < 4) continue;
    if (box.x > 1) pen.fillRect(box.x - 0.5, box.y, 1, box.height);
  }
}

/** Who had what by the generation before. */
function drawGhost(
  pen: CanvasRenderingContext2D,
  size: Size,
  layout: StripLayout,
  colourOf: ColourOf,
): void {
  const y = bodyHeight(layout) + GHOST_GAP_PX;
  pen.globalAlpha = 0.5;
  for (const { shard, from, to, firstRow } of layout.blocks) {
    if (firstRow > 0) continue;
    const colour = colourOf(shard.targetBefore);
    if (colour === null) continue;
    pen.fillStyle = ownerFill(colour);
    const x = whole(from * size.width);
    pen.fillRect(x, y, whole(to * size.width) - x, GHOST_PX);
  }
  pen.globalAlpha = 1;
}
