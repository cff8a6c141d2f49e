/**
 * Graphviz's picture made ready for a page and for the documentation: what it looks like is left to a stylesheet, no
 * `style` is in it, states and arrows have their ids and classes, and labels lie on top of all lines.
 */
import { labelId } from './drawing.ts';

/** One element of the picture: a state, an arrow or a label. */
interface Piece {
  readonly id: string;
  readonly classes: string;
  readonly body: string;
}

/** By the font size that it was laid out with. */
const TEXT_CLASSES: Readonly<Record<string, string>> = {
  '14.00': 'chart-title',
  '12.00': 'chart-step',
  '11.00': 'chart-note',
};

const textClass = (attributes: string): string => {
  const size = /font-size="([\d.]+)"/.exec(attributes)?.[1] ?? '';
  return TEXT_CLASSES[size] ?? 'chart-title';
};

const numbers = (text: string): string =>
  text.replaceAll(/-?\d+\.\d+/g, (number) => String(Number(Number(number).toFixed(1))));

const attribute = (attributes: string, name: string): string => {
  const value = new RegExp(`\\b${name}="([^"]*)"`).exec(attributes)?.[1];
  return value === undefined ? '' : ` ${name}="${numbers(value)}"`;
};

const KEPT: Readonly<Record<string, readonly string[]>> = {
  path: ['d'],
  polygon: ['points'],
  polyline: ['points'],
  ellipse: ['cx', 'cy', 'rx', 'ry'],
};

/** The elements of a group with their geometry only. */
function shapesIn(body: string): readonly string[] {
  return [...body.matchAll(/<(path|polygon|polyline|ellipse)\b([^>]*?)\/>/g)].map(
    ([, name = '', attributes = '']) =>
      `<${name}${(KEPT[name] ?? []).map((kept) => attribute(attributes, kept)).join('')}/>`,
  );
}

/** The middle of what is drawn first, from left to right. */
function middleOf(body: string): number {
  const outline = /\b(?:d|points)="([^"]*)"/.exec(body)?.[1] ?? '';
  const xs = [...outline.matchAll(/(-?[\d.]+),/g)].map(([, x]) => Number(x));
  return (Math.min(...xs) + Math.max(...xs)) / 2;
}

/** Graphviz does not know how wide letters come out: what shall be in the middle is told so. */
function textsIn(body: string, middle: number | null): readonly string[] {
  return [...body.matchAll(/<text\b([^>]*)>([\s\S]*?)<\/text>/g)].map(
    ([, attributes = '', content = '']) => {
      const across =
        middle === null
          ? `${attribute(attributes, 'text-anchor')}${attribute(attributes, 'x')}`
          : ` text-anchor="middle" x="${Number(middle.toFixed(1))}"`;
      return `<text class="${textClass(attributes)}"${across}${attribute(attributes, 'y')}>${content}</text>`;
    },
  );
}

/** A state with none inside. */
const isBox = ({ classes }: Piece): boolean => /\b(atomic|final|history)\b/.test(classes);

const isArrow = ({ classes }: Piece): boolean => classes.split(' ').includes('chart-edge');

/** Graphviz writes dashes so that they could stand in a comment. */
const dashed = (text: string): string => text.replaceAll('&#45;', '-');

function piecesOf(picture: string): readonly Piece[] {
  const groups = picture.matchAll(
    /<g id="([^"]*)" class="((?:node|edge|cluster)[^"]*)">([\s\S]*?)<\/g>/g,
  );
  return [...groups].map(([, id = '', classes = '', body = '']) => ({
    id: dashed(id),
    // Graphviz puts its own word before ours
    classes: dashed(classes).replace(/^(node|edge|cluster) /, ''),
    body,
  }));
}

const group = (id: string, classes: string, content: readonly string[]): string =>
  `<g id="${id}" class="${classes}">${content.join('')}</g>`;

/**
 * @param picture what Graphviz printed as SVG
 * @param name what the picture is called to those who cannot see it, without `<`, `&` and `"`
 * @param style a stylesheet to be put inside; without one the page's own counts
 */
export function tidySvg(picture: string, name: string, style?: string): string {
  const viewBox = /viewBox="([^"]*)"/.exec(picture)?.[1]?.split(' ').map(Number) ?? [];
  const [left = 0, top = 0, width = 0, height = 0] = viewBox.map(Math.round);
  const transform = /<g id="graph0"[^>]*transform="([^"]*)"/.exec(picture)?.[1] ?? '';
  const pieces = piecesOf(picture);
  const drawn = pieces.map((piece) =>
    group(piece.id, piece.classes, [
      ...shapesIn(piece.body),
      ...(isBox(piece) ? textsIn(piece.body, middleOf(piece.body)) : []),
    ]),
  );
  // Over the lines: those of arrows, and the names of states with others inside.
  const texts = pieces
    .filter((piece) => !isBox(piece))
    .map(({ id, classes, body }) =>
      isArrow({ id, classes, body })
        ? group(labelId(id), classes.replace('chart-edge', 'chart-label'), textsIn(body, null))
        : `<g class="chart-name">${textsIn(body, null).join('')}</g>`,
    )
    .filter((text) => text.includes('<text'));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="${left} ${top} ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${name}">`,
    ...(style === undefined ? [] : [`<style>${style}</style>`]),
    `<rect class="chart-ground" x="${left}" y="${top}" width="${width}" height="${height}"/>`,
    `<g transform="${numbers(transform)}">`,
    ...drawn,
    ...texts,
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}
