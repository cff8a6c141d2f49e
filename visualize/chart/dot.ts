/** A chart in Graphviz's language. */
import type { ChartState } from '../../src/feed/chart.ts';
import { drawingOf, stateElementId, type DrawnEdge, type Drawing } from './drawing.ts';
import { isWithin, statesIn } from './order.ts';
import { wrap } from './words.ts';

const quoted = (text: string): string =>
  `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** In Graphviz's markup for tables, as opposed to a text. */
interface Markup {
  readonly markup: string;
}

const attributes = (values: Readonly<Record<string, string | Markup>>): string =>
  `[${Object.entries(values)
    .map(([name, value]) =>
      typeof value === 'string' ? `${name}=${quoted(value)}` : `${name}=<${value.markup}>`,
    )
    .join(' ')}]`;

/** The node that an arrow downwards ends at; in a state with others inside it is above them all. */
const topOf = (state: ChartState): string =>
  state.states.length === 0 ? state.id : `${state.id}#start`;

const NOTE_LETTERS = 34;
const LABEL_LETTERS = 22;

/** Title, what runs inside, and notes, as one of Graphviz's tables. */
function labelOf(state: ChartState, notes: readonly string[], isLeft: boolean): Markup {
  const align = isLeft ? ' ALIGN="LEFT"' : '';
  const rows = [`<TR><TD${align}><B>${escaped(state.key)}</B></TD></TR>`];
  const note = (text: string, size: number, tag: string) =>
    rows.push(
      `<TR><TD${align}><FONT POINT-SIZE="${size}">${tag}${escaped(text)}${tag.replace('<', '</')}</FONT></TD></TR>`,
    );
  if (state.invokes.length > 0)
    for (const line of wrap(`▸ ${state.invokes.map(({ id }) => id).join(', ')}`, NOTE_LETTERS))
      note(line, 12, '<I>');
  for (const text of notes) for (const line of wrap(text, NOTE_LETTERS)) note(line, 11, '');
  return {
    markup: `<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="1">${rows.join('')}</TABLE>`,
  };
}

const stateClass = (state: ChartState, isRegion: boolean): string =>
  `chart-state ${state.type}${isRegion ? ' region' : ''}`;

function stateLines(drawing: Drawing, state: ChartState, isRegion: boolean): readonly string[] {
  const notes = drawing.notes.get(state.id) ?? [];
  const look = {
    id: stateElementId(state.id),
    class: stateClass(state, isRegion),
    label: labelOf(state, notes, state.states.length > 0),
  };
  if (state.states.length === 0) {
    const peripheries = state.type === 'final' ? { peripheries: '2' } : {};
    return [`${quoted(state.id)} ${attributes({ ...look, ...peripheries })}`];
  }
  const style = isRegion ? 'rounded,dashed' : 'rounded';
  const inner = state.states.flatMap((each) =>
    stateLines(drawing, each, state.type === 'parallel'),
  );
  return [
    `subgraph ${quoted(`cluster ${state.id}`)} {`,
    `graph ${attributes({ ...look, style, margin: '10', labeljust: 'l' })}`,
    ...startLines(drawing, state),
    ...inner,
    ...endLines(drawing, state),
    '}',
  ];
}

/** Gives a node that is not seen: it keeps others in their order. */
const unseen = (name: string): string =>
  `${quoted(name)} ${attributes({ shape: 'point', width: '0.01', style: 'invis', label: '' })}`;

const unseenEdge = (from: string, to: string): string =>
  `${quoted(from)} -> ${quoted(to)} ${attributes({ style: 'invis', weight: '0' })}`;

/** The dot that a state begins at; of regions, which begin all at once, what keeps them beside each other. */
function startLines(drawing: Drawing, state: ChartState): readonly string[] {
  if (state.type === 'parallel')
    return [
      unseen(topOf(state)),
      ...state.states.map((region) => unseenEdge(topOf(state), topOf(region))),
    ];
  const first = state.initial === null ? undefined : drawing.states.get(state.initial);
  if (first === undefined) return [unseen(topOf(state))];
  const dot = {
    shape: 'point',
    width: '0.09',
    class: 'chart-start',
    label: '',
    id: `start:${state.id}`,
  };
  const edge = {
    class: 'chart-start',
    arrowsize: '0.6',
    weight: '4',
    id: `start-edge:${state.id}`,
  };
  return [
    `${quoted(topOf(state))} ${attributes(dot)}`,
    `${quoted(topOf(state))} -> ${quoted(topOf(first))} ${attributes({ ...edge, ...clusterEnd('lhead', first, state) })}`,
  ];
}

const endName = (state: ChartState): string => `${state.id}#end`;

/** The node that an arrow downwards begins at; in a state with others inside it is below them all. */
const bottomOf = (state: ChartState): string =>
  state.states.length === 0 ? state.id : endName(state);

/** Unseen, below all that is inside a state that arrows leave downwards, so that they lead on from its lower border. */
function endLines(drawing: Drawing, state: ChartState): readonly string[] {
  const isLeft = drawing.edges.some(({ from, to, isBack }) => (isBack ? to : from) === state);
  if (!isLeft) return [];
  const leaves = statesIn(state).filter(({ states }) => states.length === 0);
  return [unseen(endName(state)), ...leaves.map((leaf) => unseenEdge(leaf.id, endName(state)))];
}

const clusterEnd = (end: 'lhead' | 'ltail', state: ChartState, other: ChartState) =>
  state.states.length > 0 && !isWithin(other.id, state.id) ? { [end]: `cluster ${state.id}` } : {};

/** What leads back is told to Graphviz the other way round, so that the order of reading stays. */
function edgeLine({ id, from, to, isBack, labels, events }: DrawnEdge): string {
  const [upper, lower] = isBack ? [to, from] : [from, to];
  const isError = events.every((event) => event.startsWith('xstate.error.'));
  const label = labels.flatMap((text) => wrap(text, LABEL_LETTERS)).join('\n');
  return `${quoted(bottomOf(upper))} -> ${quoted(topOf(lower))} ${attributes({
    id,
    class: isError ? 'chart-edge chart-error' : 'chart-edge',
    label,
    ...(isBack ? { dir: 'back' } : {}),
    ...clusterEnd('ltail', upper, lower),
    ...clusterEnd('lhead', lower, upper),
  })}`;
}

/** The text for Graphviz; always the same for the same chart. */
export function dotOf(chart: ChartState): string {
  const drawing = drawingOf(chart);
  return [
    'digraph chart {',
    `graph ${attributes({ compound: 'true', rankdir: 'TB', nodesep: '0.35', ranksep: '0.45', fontname: 'Arial', fontsize: '14', margin: '0.1' })}`,
    `node ${attributes({ shape: 'box', style: 'rounded', fontname: 'Arial', fontsize: '14', margin: '0.12,0.06', height: '0.3' })}`,
    `edge ${attributes({ fontname: 'Arial', fontsize: '11', arrowsize: '0.7' })}`,
    ...stateLines(drawing, chart, false),
    ...drawing.edges.map(edgeLine),
    '}',
  ].join('\n');
}
