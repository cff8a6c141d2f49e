import { colours, OWNER_COLOURS } from './colours.ts';

/** Lines at 45°, clipped to a box: the mark of what is wrong or not yet. */
export function hatch(
  pen: CanvasRenderingContext2D,
  box: { readonly x: number; readonly y: number; readonly width: number; readonly height: number },
  stroke: { readonly colour: string; readonly every: number; readonly thickness: number },
): void {
  pen.save();
  pen.beginPath();
  pen.rect(box.x, box.y, box.width, box.height);
  pen.clip();
  pen.strokeStyle = stroke.colour;
  pen.lineWidth = stroke.thickness;
  pen.beginPath();
  // From a grid that is common to all boxes, so that neighbours look like one.
  const first = Math.floor((box.x - box.height) / stroke.every) * stroke.every;
  for (let x = first; x < box.x + box.width; x += stroke.every) {
    pen.moveTo(x, box.y + box.height);
    pen.lineTo(x + box.height, box.y);
  }
  pen.stroke();
  pen.restore();
}

function tile(colour: string, round: number): CanvasPattern | string {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 6;
  const pen = canvas.getContext('2d');
  if (pen === null) return colour;
  pen.fillStyle = colour;
  pen.fillRect(0, 0, 6, 6);
  pen.fillStyle = pen.strokeStyle = 'rgb(0 0 0 / 38%)';
  pen.lineWidth = 1.6;
  pen.beginPath();
  if (round % 3 === 1) {
    pen.moveTo(-1, 1);
    pen.lineTo(5, 7);
    pen.moveTo(1, -1);
    pen.lineTo(7, 5);
    pen.stroke();
  } else if (round % 3 === 2) {
    pen.fillRect(0, 0, 6, 2);
  } else {
    pen.fillRect(1, 1, 3, 3);
  }
  return pen.createPattern(canvas, 'repeat') ?? colour;
}

const tiles = new Map<string, CanvasPattern | string>();

/** The fill of a member: one of eight colours, the next eight members under stripes, the next under bars, and so on. */
export function ownerFill(colour: number): CanvasPattern | string {
  const plain = colours.value.owners[colour % OWNER_COLOURS] ?? colours.value.inkFaint;
  const round = Math.floor(colour / OWNER_COLOURS);
  if (round === 0) return plain;
  const key = `${plain} ${round % 3}`;
  const known = tiles.get(key);
  if (known !== undefined) return known;
  const made = tile(plain, round);
  tiles.set(key, made);
  return made;
}
