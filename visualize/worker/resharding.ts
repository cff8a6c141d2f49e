/** Which shard is to be split, and which are to be merged, so that all are about equally wide. */

interface HashRange {
  readonly startingHashKey: string;
  readonly endingHashKey: string;
}

const widthOf = ({ startingHashKey, endingHashKey }: HashRange): bigint =>
  BigInt(endingHashKey) - BigInt(startingHashKey);

/** @param shards at least one, by their hash ranges. @returns the place of the widest, the first of several */
export function widest(shards: readonly HashRange[]): number {
  const widths = shards.map(widthOf);
  return widths.reduce((best, width, place) => (width > (widths[best] ?? 0n) ? place : best), 0);
}

/** @param shards at least two, by their hash ranges. @returns the place of the first of the two */
export function narrowestPair(shards: readonly HashRange[]): number {
  const widths = shards.slice(1).map((right, place) => {
    const left = shards[place];
    return widthOf(right) + (left === undefined ? 0n : widthOf(left));
  });
  return widths.reduce((best, width, place) => (width < (widths[best] ?? width) ? place : best), 0);
}
