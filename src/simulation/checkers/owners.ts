/** How long an owner may act for a shard that it acquired. */
import type { Evidence } from '../history.ts';
import { acquiresOf, Sessions, shardWritesOf, type ShardWrite } from './evidence.ts';
import { once } from './once.ts';

/** When each session went from the table, and each process ended, began to leave or was stopped for good. */
const endsOf = once((evidence): ReadonlyMap<string, number> => {
  const ends = new Map<string, number>();
  const sessions = new Sessions(evidence.app);
  for (const event of evidence.events) {
    if (event.kind === 'process') {
      if (event.what === 'resumed') ends.delete(event.process);
      const stops = event.what !== 'started' && event.what !== 'resumed' && event.what !== 'cut';
      if (stops && !ends.has(event.process)) ends.set(event.process, event.atMs);
    }
    if (event.kind !== 'write') continue;
    const change = sessions.apply(event);
    if (change?.before && change.before !== change.after) ends.set(change.before, event.atMs);
  }
  return ends;
});

/** When a process began to leave, ended, or was stopped for good; Infinity: never. */
export const endOfProcess = (evidence: Evidence, process: string): number =>
  endsOf(evidence).get(process) ?? Number.POSITIVE_INFINITY;

/** When a session went from the table; Infinity: never. */
export const endOfSession = (evidence: Evidence, session: string): number =>
  endsOf(evidence).get(session) ?? Number.POSITIVE_INFINITY;

/** When an owner lost or gave back what it acquired, or was no more; Infinity: never. */
const endsOfRights = once((evidence): ReadonlyMap<ShardWrite, number> => {
  const ends = new Map<ShardWrite, number>();
  const standing = new Map<string, ShardWrite>();
  for (const write of shardWritesOf(evidence)) {
    const before = standing.get(write.shard);
    const kept = before !== undefined && write.kind === 'other' && write.after.owner !== null;
    if (before !== undefined && !kept) {
      ends.set(before, write.atMs);
      standing.delete(write.shard);
    }
    if (write.kind === 'acquire') standing.set(write.shard, write);
  }
  return ends;
});

const readerEndsOf = once((evidence): ReadonlyMap<string, number> => {
  const ends = new Map<string, number>();
  for (const event of evidence.events) {
    if (event.kind !== 'notice' || event.name !== 'shardEnd') continue;
    ends.set(`${event.process}/${event.shard}/${event.fence}`, event.atMs);
  }
  return ends;
});

/** The end of a right, of its session, its process or its reader, whichever came first, in true time. */
export function endOfRight(evidence: Evidence, acquire: ShardWrite): number {
  const { process, shard, after } = acquire;
  const readerEndMs = readerEndsOf(evidence).get(`${process}/${shard}/${after.fence}`);
  return Math.min(
    endsOfRights(evidence).get(acquire) ?? Number.POSITIVE_INFINITY,
    endOfSession(evidence, after.owner ?? ''),
    process === null ? Number.POSITIVE_INFINITY : endOfProcess(evidence, process),
    readerEndMs === undefined || readerEndMs < acquire.atMs
      ? Number.POSITIVE_INFINITY
      : readerEndMs,
  );
}

/** Every acquire, and until when it stood. */
export const rightsOf = once((evidence) =>
  [...acquiresOf(evidence).values()]
    .flat()
    .map((acquire) => ({ acquire, untilMs: endOfRight(evidence, acquire) })),
);
