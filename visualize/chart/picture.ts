/** From a chart to its picture. */
import type { Viz } from '@viz-js/viz';
import type { ChartState } from '../../src/feed/chart.ts';
import { dotOf } from './dot.ts';
import { tidySvg } from './svg.ts';

let loading: Promise<Viz> | null = null;

/** Graphviz is large: it is loaded once, with the first picture. */
function graphviz(): Promise<Viz> {
  loading ??= import('@viz-js/viz').then(({ instance }) => instance());
  return loading;
}

/**
 * A chart as SVG; the same text for the same chart.
 *
 * @param style a stylesheet for a picture that stands alone
 * @throws Error when Graphviz refuses the chart
 */
export async function pictureOf(chart: ChartState, style?: string): Promise<string> {
  const viz = await graphviz();
  const { status, output, errors } = viz.render(dotOf(chart), { format: 'svg' });
  if (status === 'failure' || output === undefined)
    throw new Error(
      `No picture of ${chart.id}: ${errors.map(({ message }) => message).join('; ')}`,
    );
  return tidySvg(output, `Statechart of the ${chart.id}`, style);
}
