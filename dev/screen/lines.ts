import { seconds } from './drawing.ts';
import type { ClientRow, Picture } from './picture.ts';

/** The picture in one line, for logs. */
export function lineOf(picture: Picture): string {
  const { elapsedMs, generation, clients, produced, delivered, outstanding, repeated } = picture;
  const members = clients.filter(({ life }) => life !== 'ended').map(memberOf);
  return (
    `${seconds(elapsedMs).padStart(7)}  gen ${generation ?? '-'}  ${members.join('  ')}` +
    `  | produced ${produced} delivered ${delivered} on the way ${outstanding} repeated ${repeated}`
  );
}

function memberOf(row: ClientRow): string {
  const { name, leads, life, shards, recordsPerSecond } = row;
  const paused = life === 'frozen' ? ' paused' : '';
  return `${name}${leads ? '★' : ''}${paused} [${shards.join(' ')}] ${Math.round(recordsPerSecond)}/s`;
}
