/** Where letters stand on blocks. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Owned {
  /** Colour number of the owner; null: nothing is written on it. */
  readonly owner: number | null;
  readonly box: Box;
}

/** Room for a letter. */
export const LABEL_PX = 12;

/** Neighbours of one owner that are too thin for a letter each, as one. */
export function runsOf(blocks: readonly Owned[]): readonly Owned[] {
  const runs: Owned[] = [];
  for (const block of blocks) {
    const last = runs.at(-1);
    const joins =
      last !== undefined &&
      last.owner === block.owner &&
      last.box.y === block.box.y &&
      last.box.height === block.box.height &&
      block.box.width < LABEL_PX;
    if (joins) {
      const width = block.box.x + block.box.width - last.box.x;
      runs[runs.length - 1] = { owner: last.owner, box: { ...last.box, width } };
    } else {
      runs.push(block);
    }
  }
  return runs;
}
