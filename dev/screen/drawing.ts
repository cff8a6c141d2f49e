/** The picture as lines of text, at most as wide and as many as the terminal has room for. */
import type { Paint } from './paint.ts';
import type { ClientRow, Picture } from './picture.ts';
import { stripOf } from './strip.ts';

/** On wider terminals the rest stays empty. */
const WIDEST = 120;
/** Ended clients are shown while there is room, newest first. */
const ENDED_ROWS = 3;

export interface Room {
  readonly columns: number;
  readonly rows: number;
}

export function drawingOf(picture: Picture, room: Room, paint: Paint): readonly string[] {
  const width = Math.min(room.columns - 1, WIDEST);
  const top = [
    title(picture, width, paint),
    paint.dim(
      clip(`kinesis ${picture.endpoints.kinesis}  dynamodb ${picture.endpoints.dynamodb}`, width),
    ),
    '',
    paint.dim(clip(HEADINGS, width)),
    ...rowsShown(picture.clients).map((row) => clientLine(row, width, paint)),
    '',
    ...stripOf(picture, width, paint),
    '',
    clip(totals(picture), width),
    '',
  ];
  const keys = paint.dim(clip(KEYS, width));
  const left = Math.max(0, room.rows - top.length - 2);
  const events = picture.events
    .slice(-left)
    .map(({ atMs, text }) => clip(`${seconds(atMs).padStart(7)}  ${text}`, width));
  return [...top, ...(left === 0 ? [] : events), '', keys].slice(0, room.rows - 1);
}

const KEYS = '1-9 choose  a add  s stop  k kill -9  p pause/go on  x split  m merge  q quit';

const COLUMNS = { name: 6, state: 21, shards: 13, rate: 6, behind: 8, lag: 6, beat: 6, gen: 5 };

const HEADINGS =
  '  ' +
  [
    'name'.padEnd(COLUMNS.name),
    'state'.padEnd(COLUMNS.state),
    'shards'.padEnd(COLUMNS.shards),
    'rec/s'.padStart(COLUMNS.rate),
    'behind'.padStart(COLUMNS.behind),
    'lag'.padStart(COLUMNS.lag),
    'beat'.padStart(COLUMNS.beat),
    'gen'.padStart(COLUMNS.gen),
  ].join('') +
  ' reb';

function title(picture: Picture, width: number, paint: Paint): string {
  const { profile, seed, elapsedMs, phase, generation, rebalances } = picture;
  const head = `kinesumer dev  ${phase}`;
  const rest =
    `  ${seconds(elapsedMs)}  ${profile}  seed ${seed}` +
    `  gen ${generation ?? '-'}  rebalances ${rebalances}`;
  return paint.bold(clip(head, width)) + clip(rest, Math.max(0, width - head.length));
}

function rowsShown(clients: readonly ClientRow[]): readonly ClientRow[] {
  const ended = clients.filter(({ life }) => life === 'ended').slice(-ENDED_ROWS);
  return clients.filter((row) => row.life !== 'ended' || ended.includes(row));
}

function clientLine(row: ClientRow, width: number, paint: Paint): string {
  const mark = `${row.chosen ? '>' : ' '}${row.leads ? '★' : ' '}`;
  const name = row.name.padEnd(COLUMNS.name);
  if (row.life === 'ended') return paint.dim(clip(`${mark}${name}${row.state}`, width));
  const figures = [
    clip(row.shards.join(' ') || '-', COLUMNS.shards - 1).padEnd(COLUMNS.shards),
    String(Math.round(row.recordsPerSecond)).padStart(COLUMNS.rate),
    (row.behindMs === null ? '-' : seconds(row.behindMs)).padStart(COLUMNS.behind),
    String(row.lagRecords).padStart(COLUMNS.lag),
    (row.heartbeatAgeMs === null ? '-' : seconds(row.heartbeatAgeMs)).padStart(COLUMNS.beat),
    String(row.generation ?? '-').padStart(COLUMNS.gen),
    String(row.rebalances).padStart(4),
  ].join('');
  const state = clip(row.state, COLUMNS.state - 1).padEnd(COLUMNS.state);
  return (
    mark +
    paint.client(row.index, name) +
    (row.life === 'frozen' ? paint.warn(state) : state) +
    clip(figures, Math.max(0, width - mark.length - name.length - state.length))
  );
}

function totals(picture: Picture): string {
  const { produced, delivered, outstanding, repeated, recordsPerSecond } = picture;
  return (
    `produced ${produced}  delivered ${delivered}  on the way ${outstanding}` +
    `  repeated ${repeated}  ${Math.round(recordsPerSecond)} rec/s`
  );
}

/** Cuts at the end, with a mark of it. All that is drawn is one column wide a character. */
function clip(text: string, width: number): string {
  if (text.length <= width) return text;
  return width < 1 ? '' : `${text.slice(0, width - 1)}…`;
}

export const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)}s`;
