/** The pictures of charts as elements, each drawn once. */
import type { ChartState } from '../../../src/feed/chart.ts';
import { drawingOf, type DrawnEdge } from '../../chart/drawing.ts';
import { litOf, type Standing } from '../../chart/lit.ts';
import { pictureOf } from '../../chart/picture.ts';

export interface Picture {
  readonly svg: Element;
  readonly edges: readonly DrawnEdge[];
}

const drawn = new WeakMap<ChartState, Promise<Picture>>();

async function draw(chart: ChartState): Promise<Picture> {
  const text = await pictureOf(chart);
  // As a document of its own: what a chart says can be no more than text in it.
  const { documentElement } = new DOMParser().parseFromString(text, 'image/svg+xml');
  return { svg: documentElement, edges: drawingOf(chart).edges };
}

/** A picture of a chart that belongs to this page. */
export async function pictureFor(chart: ChartState): Promise<Picture> {
  let picture = drawn.get(chart);
  if (picture === undefined) {
    picture = draw(chart);
    drawn.set(chart, picture);
  }
  const { svg, edges } = await picture;
  return { svg: document.importNode(svg, true), edges };
}

/** Marks where an actor is, and how it got there. */
export function light({ svg, edges }: Picture, standing: Standing): void {
  const { active, taken, entered } = litOf(edges, standing);
  for (const element of svg.querySelectorAll('g[id]')) {
    element.classList.toggle('is-active', active.has(element.id));
    element.classList.toggle('is-taken', taken.has(element.id));
    element.classList.toggle('is-entered', entered.has(element.id));
  }
}
