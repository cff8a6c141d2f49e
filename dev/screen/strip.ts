import type { Paint } from './paint.ts';
import type { Picture, ShardCell } from './picture.ts';

/**
 * The key space of the stream from left to right: each open shard as wide as its part of it, in the colour of its
 * owner. Without colours, and where there is room with them, a cell says shard and owner.
 */
export function stripOf(picture: Picture, width: number, paint: Paint): readonly string[] {
  const { stream, shards, closing } = picture;
  const cells = widthsOf(shards, width).map((cellWidth, index) =>
    cellOf(shards[index] ?? NO_SHARD, cellWidth, paint),
  );
  const lines = [paint.dim(`${stream}: ${shards.length} open shards by key range`), cells.join('')];
  if (closing.length > 0) {
    const parents = closing.map(({ id, owner }) => `${id} (${owner?.name ?? 'nobody'})`).join(', ');
    lines.push(paint.dim(`closed, read to its end: ${parents}`));
  }
  return lines;
}

const NO_SHARD: ShardCell = { id: '', share: 0, owner: null };

/** Widths that sum up to at most `width`, each at least 1, by the ends' rounded places. */
function widthsOf(shards: readonly ShardCell[], width: number): readonly number[] {
  const whole = shards.reduce((sum, { share }) => sum + share, 0) || 1;
  let place = 0;
  let end = 0;
  return shards.map(({ share }) => {
    const start = end;
    place += share / whole;
    end = Math.max(start + 1, Math.round(place * width));
    return end - start;
  });
}

function cellOf({ id, owner }: ShardCell, width: number, paint: Paint): string {
  const name = owner?.name ?? '--';
  const label = [`${id} ${name}`, name, name.at(-1) ?? '-'].find((text) => text.length < width);
  const text = centred(label ?? name.at(-1) ?? '-', width - 1);
  return (owner === null ? paint.dim(text) : paint.onClient(owner.index, text)) + '|';
}

function centred(text: string, width: number): string {
  const left = Math.max(0, Math.floor((width - text.length) / 2));
  return text
    .slice(0, width)
    .padStart(left + text.length)
    .padEnd(width)
    .slice(0, width);
}
