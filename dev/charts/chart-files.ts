/** The pictures of all statecharts, for the documentation. */
import { chartOf } from '../../src/feed/chart.ts';
import { assignmentMachine } from '../../src/machines/assignment.ts';
import { clientMachine } from '../../src/machines/client.ts';
import { membershipMachine } from '../../src/machines/membership.ts';
import { roleMachine } from '../../src/machines/role.ts';
import { shardReaderMachine } from '../../src/machines/shard-reader.ts';
import { surveyMachine } from '../../src/machines/survey.ts';
import { pictureOf } from '../../visualize/chart/picture.ts';

/** Where they are kept, from the project's root. */
export const CHARTS_FOLDER = 'docs/charts/';

/** What they are drawn with. */
export const CHART_STYLE = 'visualize/chart/chart.css';

/** For whoever looks at them in the dark. */
const DARK =
  '@media (prefers-color-scheme: dark) { .chart { --chart-ink: #e6edf3; --chart-ground: #0d1117; ' +
  '--chart-muted: #9198a1; --chart-state: #151b23; --chart-line: #656c76; } }';

/** A stylesheet on one line. */
const packed = (style: string): string =>
  style
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .replaceAll(/\s+/g, ' ')
    .trim();

/** Each chart's picture by the name of its file; the same bytes for the same machines, anywhere. */
export async function chartFiles(style: string): Promise<ReadonlyMap<string, string>> {
  const machines = [
    clientMachine,
    membershipMachine,
    roleMachine,
    surveyMachine,
    assignmentMachine,
    shardReaderMachine,
  ];
  const drawnWith = packed(`${style} ${DARK}`);
  const files = machines.map(async (machine) => {
    const picture = await pictureOf(chartOf(machine), drawnWith);
    return [`${machine.id}.svg`, picture] as const;
  });
  return new Map(await Promise.all(files));
}
