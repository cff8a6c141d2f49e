/** A run on the terminal: drawn in place and steered by keys, or told line by line. */
import type { DevOptions } from './arguments.ts';
import { LOCAL_REGION } from './consumer/local-aws.ts';
import type { Consumer } from './group.ts';
import { onKeys } from './keys.ts';
import { CONSUMER_DEFAULTS } from './reports.ts';
import type { DevRun } from './run.ts';
import { drawingOf } from './screen/drawing.ts';
import { lineOf } from './screen/lines.ts';
import { paintOf } from './screen/paint.ts';
import { drawInPlace } from './screen/terminal.ts';

const FRAME_MS = 200;
const LINE_MS = 1_000;

export interface Show {
  /** Gives the terminal back. Idempotent. */
  end(): void;
}

/**
 * @param onQuit - `q`: end the run, with its ledger. `ctrl-c`: end at once.
 */
export function showRun(
  run: DevRun,
  drawing: DevOptions['drawing'],
  onQuit: (how: 'q' | 'ctrl-c') => void,
): Show {
  process.stdout.write(introduction(run));
  let chosen: Consumer | undefined;
  const choice = (): Consumer | undefined => {
    if (chosen?.life.kind === 'ended') chosen = undefined;
    return chosen ?? run.group.alive().at(-1);
  };

  const ends: (() => void)[] = [];
  if (process.stdin.isTTY && process.stdout.isTTY) {
    ends.push(
      onKeys(process.stdin, (key) => {
        if (key === 'q' || key === 'ctrl-c') onQuit(key);
        else if (/^[1-9]$/.test(key)) chosen = run.group.alive()[Number(key) - 1] ?? chosen;
        else act(run, key, choice());
      }),
    );
  }
  const paint = paintOf((process.env['NO_COLOR'] ?? '') === '');
  if (drawing === 'inPlace') {
    const terminal = drawInPlace(process.stdout);
    const draw = (): void =>
      terminal.draw(drawingOf(run.picture(choice()), terminal.room(), paint));
    const timer = setInterval(draw, FRAME_MS);
    ends.push(() => {
      clearInterval(timer);
      draw();
      terminal.end();
    });
  } else {
    const tell = (): void => void process.stdout.write(`${lineOf(run.picture(choice()))}\n`);
    const timer = setInterval(tell, LINE_MS);
    ends.push(() => clearInterval(timer));
  }
  return {
    end() {
      for (const end of ends.splice(0)) end();
    },
  };
}

function act(run: DevRun, key: string, consumer: Consumer | undefined): void {
  const { actions } = run;
  switch (key) {
    case 'a':
      actions.add();
      break;
    case 'x':
      void actions.split();
      break;
    case 'm':
      void actions.merge();
      break;
    case 's':
      if (consumer !== undefined) actions.stop(consumer);
      break;
    case 'k':
      if (consumer !== undefined) actions.kill(consumer);
      break;
    case 'p':
      if (consumer !== undefined) actions.freezeOrThaw(consumer);
      break;
    default:
  }
}

function introduction({ cluster, options, stream, app, pageUrl }: DevRun): string {
  const aws = (endpoint: string, command: string): string =>
    `  AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local \\\n` +
    `    aws --endpoint-url ${endpoint} --region ${LOCAL_REGION} ${command}\n`;
  const { table } = CONSUMER_DEFAULTS;
  return (
    `Live page: ${pageUrl}\n` +
    `Kinesis on ${cluster.kinesis.endpoint}, DynamoDB on ${cluster.dynamo.endpoint}; ` +
    `app ${app}, stream ${stream}, seed ${options.seed}\n` +
    aws(cluster.kinesis.endpoint, `kinesis list-shards --stream-name ${stream}`) +
    aws(cluster.dynamo.endpoint, `dynamodb scan --table-name ${table}`)
  );
}
