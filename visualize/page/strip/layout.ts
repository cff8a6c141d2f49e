import type { ShardView, StreamView } from '../../model/view.ts';

/** A shard in the strip: its part of the line, and its rows. */
export interface Block {
  readonly shard: ShardView;
  /** Parts of the width, from 0 to 1. */
  readonly from: number;
  readonly to: number;
  readonly firstRow: number;
  readonly lastRow: number;
}

export interface StripLayout {
  /** `order`: no map has told the keys; the shards stand side by side. */
  readonly scale: 'keys' | 'order';
  /** In the order of the keys, parents before their children. */
  readonly blocks: readonly Block[];
  /** Where no shard stands for the keys. */
  readonly holes: readonly { readonly from: number; readonly to: number }[];
  readonly rows: number;
}

/** Narrower than any shard that there can be, wider than the error of a division. */
const NOTHING = 1e-7;

/** The part of the line of each shard that has one. */
function places(shards: readonly ShardView[]): {
  readonly scale: StripLayout['scale'];
  readonly placed: readonly {
    readonly shard: ShardView;
    readonly from: number;
    readonly to: number;
  }[];
} {
  const placed = shards.flatMap((shard) =>
    shard.from === null || shard.to === null ? [] : [{ shard, from: shard.from, to: shard.to }],
  );
  if (placed.length > 0) return { scale: 'keys', placed };
  const side = shards.map((shard, index) => ({
    shard,
    from: index / shards.length,
    to: (index + 1) / shards.length,
  }));
  return { scale: 'order', placed: side };
}

/** Parents that are still read stand above their children; without a reshard there is one row. */
export function layOut(stream: StreamView): StripLayout {
  const unended = stream.shards.filter((shard) => shard.state !== 'ended');
  const { scale, placed } = places(unended);
  const open = placed.map(({ shard }) => shard);
  const known = new Map(open.map((shard) => [shard.shardId, shard]));
  const parents = new Set(open.flatMap((shard) => shard.parents.filter((id) => known.has(id))));
  const levels = new Map<string, number>();

  function levelOf(shard: ShardView): number {
    const found = levels.get(shard.shardId);
    if (found !== undefined) return found;
    // Of a damaged map: a circle ends here.
    levels.set(shard.shardId, 0);
    let level = 0;
    for (const id of shard.parents) {
      const parent = known.get(id);
      if (parent !== undefined) level = Math.max(level, levelOf(parent) + 1);
    }
    levels.set(shard.shardId, level);
    return level;
  }

  const deepest = open.reduce((most, shard) => Math.max(most, levelOf(shard)), 0);
  const blocks = placed
    .map(({ shard, from, to }) => {
      const level = levelOf(shard);
      return {
        shard,
        from,
        to,
        firstRow: level,
        lastRow: parents.has(shard.shardId) ? level : deepest,
      };
    })
    .sort((a, b) => a.from - b.from || a.firstRow - b.firstRow);
  // Shards whose keys are not known may stand in the holes.
  const holes = placed.length === unended.length ? holesBetween(blocks) : [];
  return { scale, blocks, holes, rows: deepest + 1 };
}

function holesBetween(blocks: readonly Block[]): StripLayout['holes'] {
  const holes: { from: number; to: number }[] = [];
  let reached = 0;
  for (const { from, to } of blocks) {
    if (from > reached + NOTHING) holes.push({ from: reached, to: from });
    reached = Math.max(reached, to);
  }
  if (blocks.length > 0 && reached < 1 - NOTHING) holes.push({ from: reached, to: 1 });
  return holes;
}

/** The block under a point; where blocks are thinner than a finger, the nearest. */
export function blockAt(layout: StripLayout, at: number, row: number): Block | null {
  let best: Block | null = null;
  let bestDistance = Infinity;
  for (const block of layout.blocks) {
    if (row < block.firstRow || row > block.lastRow) continue;
    const distance = at < block.from ? block.from - at : at > block.to ? at - block.to : 0;
    if (distance < bestDistance) {
      best = block;
      bestDistance = distance;
    }
  }
  return best;
}

/** How a shard stands, as the strip draws it. */
export type Standing = 'owned' | 'gap' | 'double' | 'waiting' | 'unknown';

export function standingOf(shard: ShardView): Standing {
  if (shard.otherReaders.length > 0) return 'double';
  if (shard.state === 'waiting') return 'waiting';
  if (shard.unread === true) return 'gap';
  return shard.owner === null ? 'unknown' : 'owned';
}
