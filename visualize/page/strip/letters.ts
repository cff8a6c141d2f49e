import { colours, letterOf, OWNER_COLOURS } from '../drawing/colours.ts';
import { LABEL_PX, runsOf, type Owned } from './runs.ts';

/** Writes who owns what. */
export function drawLetters(pen: CanvasRenderingContext2D, blocks: readonly Owned[]): void {
  const palette = colours.value;
  for (const { owner, box } of runsOf(blocks)) {
    if (owner === null) continue;
    const letter = letterOf(owner);
    if (box.width < LABEL_PX * letter.length) continue;
    const plain = owner % OWNER_COLOURS;
    const x = box.x + box.width / 2;
    const y = box.y + box.height / 2;
    if (owner >= OWNER_COLOURS) {
      // off its pattern
      pen.strokeStyle = palette.owners[plain] ?? palette.panel;
      pen.lineWidth = 5;
      pen.strokeText(letter, x, y);
    }
    pen.fillStyle = palette.ownerInks[plain] ?? palette.ink;
    pen.fillText(letter, x, y);
  }
}
