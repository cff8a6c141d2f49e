/** Which marks of the timeline an event leaves, by what was before it. */
import type { FeedEvent } from '../../src/feed/events.ts';
import { clientIdOf } from '../../src/feed/reading.ts';
import { errorOf } from './processes.ts';
import type { Moment, Parts } from './shard-facts.ts';
import { shardKey, shardOfKey } from './shard-items.ts';
import type { Timeline } from './timeline.ts';
import type { MarkKind, TimelineMark } from './view.ts';
import { names } from './words.ts';

type Of<Kind extends FeedEvent['kind']> = Extract<FeedEvent, { kind: Kind }>;
type Known = Pick<Moment, 'source' | 'tableKnown'>;

/** Higher record versions are no beginning: a feed that begins later tells them as the first ones. */
const FIRST_BEATS = 2;

/** To be asked before the event is applied. */
export function markEvent(timeline: Timeline, event: FeedEvent, parts: Parts, known: Known): void {
  switch (event.kind) {
    case 'member':
      markMember(timeline, event, parts);
      break;
    case 'generation':
      markGeneration(timeline, event, parts, known);
      break;
    case 'shard':
      markShard(timeline, event, parts, known);
      break;
    case 'map':
      if (known.source !== 'simulation') markMap(timeline, event, parts);
      break;
    case 'process':
      markProcess(timeline, event);
      break;
    case 'notice':
      markNotice(timeline, event, parts, known);
      break;
    case 'table':
      if (event.what === 'lost') timeline.join(errorMark(event.atMs, null, event.detail));
      break;
    default:
      markWorld(timeline, event, parts);
  }
}

interface About {
  readonly stream?: string;
  readonly shardId?: string;
}

const mark = (
  atMs: number,
  lane: string | null,
  kind: MarkKind,
  text: string,
  { stream, shardId }: About = {},
): TimelineMark => ({
  atMs,
  lane,
  kind,
  stream: stream ?? null,
  shardId: shardId ?? null,
  text,
  count: 1,
});

function markMember(timeline: Timeline, event: Of<'member'>, { members, processes }: Parts): void {
  const { clientId, state, session, rv, by, atMs } = event;
  const before = members.get(clientId);
  if (state === 'gone') {
    if (before?.session === null || before === undefined) return;
    const writer = by === null ? null : processes.clientIdOf(by);
    const left = before.state === 'leaving' || writer === clientId;
    // whoever looks at the table now and then may not have seen it leave
    const expelled = writer === null ? 'is gone' : `was expelled by ${writer}`;
    const text = `${clientId} ${left ? 'has left' : expelled}`;
    timeline.add(mark(atMs, clientId, left ? 'leave' : 'gone', text));
  } else if (state === 'leaving' && before?.state === 'active') {
    timeline.add(mark(atMs, clientId, 'leave', `${clientId} begins to leave`));
  } else if (state === 'active') {
    const isNew = before?.session !== session || before.state === 'registering';
    const seen = before !== undefined && before.state !== 'unknown';
    if (isNew && (seen || rv <= FIRST_BEATS)) {
      timeline.add(mark(atMs, clientId, 'join', `${clientId} has joined`));
    }
  }
}

function markGeneration(
  timeline: Timeline,
  { generation, leader, atMs }: Of<'generation'>,
  { plans }: Parts,
  { source }: Known,
): void {
  if (plans.newest?.number === generation) return;
  if (plans.newest === null && source !== 'simulation' && generation > 1) return;
  const text = `Generation ${generation}, published for ${clientIdOf(leader)} to lead`;
  timeline.add(mark(atMs, null, 'rebalance', text));
}

function markShard(
  timeline: Timeline,
  event: Of<'shard'>,
  { items }: Parts,
  { source }: Known,
): void {
  const { stream, shardId, change, owner, fence, atMs } = event;
  const before = items.get(shardKey(stream, shardId));
  const lane = clientOf(owner) ?? clientOf(before?.owner ?? null);
  switch (change) {
    case 'acquired': {
      const told = before !== undefined || fence === 1 || source === 'simulation';
      const again = before?.owner === owner && before?.fence === fence;
      if (told && !again) {
        timeline.add(mark(atMs, lane, 'acquire', `${lane} takes ${shardId}`, event));
      }
      break;
    }
    case 'released':
      timeline.add(mark(atMs, lane, 'release', `${lane} gives back ${shardId}`, event));
      break;
    case 'ended':
      if (before !== undefined) {
        timeline.add(mark(atMs, lane, 'end', `${shardId} is read to its end`, event));
      }
      break;
    case 'committed':
      if (before !== undefined) timeline.join(mark(atMs, lane, 'commit', 'Committed', event));
      break;
    default:
  }
}

const clientOf = (session: string | null): string | null =>
  session === null ? null : clientIdOf(session);

/** Whoever sees only the table learns of a reshard by the map. */
function markMap(timeline: Timeline, { stream, shards, atMs }: Of<'map'>, { maps }: Parts): void {
  const before = maps.get(stream);
  if (before === undefined || shards === null) return;
  const born = shards.filter(
    ({ shardId, parents }) =>
      !before.byId.has(shardId) && parents.some((parent) => before.byId.has(parent)),
  );
  const [first] = born;
  if (first === undefined) return;
  const parents = [...new Set(born.flatMap((shard) => shard.parents))];
  const children = born.map(({ shardId }) => shardId);
  timeline.add(reshardMark(atMs, stream, parents, children));
}

const reshardMark = (
  atMs: number,
  stream: string,
  parents: readonly string[],
  children: readonly string[],
): TimelineMark =>
  mark(atMs, null, 'reshard', `${names(parents)} became ${names(children)}`, {
    stream,
    shardId: children[0] ?? '',
  });

function markProcess(timeline: Timeline, event: Of<'process'>): void {
  const { clientId, what, code, atMs } = event;
  switch (what) {
    case 'crashed':
      timeline.add(mark(atMs, clientId, 'crash', `${clientId} died`));
      break;
    case 'failed':
      timeline.add(mark(atMs, clientId, 'crash', `${clientId} failed: ${code ?? 'unknown'}`));
      break;
    case 'paused':
      timeline.add(mark(atMs, clientId, 'pause', `${clientId} stands still`));
      break;
    case 'resumed':
      timeline.add(mark(atMs, clientId, 'pause', `${clientId} goes on`));
      break;
    case 'cut':
      timeline.add(mark(atMs, clientId, 'fault', `${clientId} is cut off from a service`));
      break;
    default:
  }
}

const ERROR_KINDS: Readonly<Record<string, MarkKind>> = {
  CommitLost: 'fenced',
  ForeignWrite: 'fenced',
  SessionLost: 'fenced',
  SessionReplaced: 'fenced',
  StreamThrottled: 'throttle',
  StoreThrottled: 'throttle',
};

function errorMark(
  atMs: number,
  lane: string | null,
  detail = 'The state table does not answer',
  about?: About,
): TimelineMark {
  const { code, text } = errorOf(detail);
  const kind = ERROR_KINDS[code] ?? 'error';
  return mark(atMs, lane, kind, code === '' ? text : `${code}: ${text}`, about);
}

function markNotice(timeline: Timeline, event: Of<'notice'>, { processes }: Parts, known: Known) {
  const { process, name, shard, detail = '', atMs } = event;
  const lane = processes.clientIdOf(process);
  const about: About = shard === undefined ? {} : shardOfKey(shard);
  // throttles and retries say the same again and again
  if (name === 'error') timeline.join(errorMark(atMs, lane, detail, about));
  if (known.tableKnown) return;
  const shardId = about.shardId ?? '';
  switch (name) {
    case 'ready':
      timeline.add(mark(atMs, clientIdOf(detail), 'join', `${clientIdOf(detail)} has joined`));
      break;
    case 'rebalance':
      timeline.add(mark(atMs, lane, 'rebalance', `Generation ${detail}`));
      break;
    case 'shardStart':
      timeline.add(mark(atMs, lane, 'acquire', `${lane} takes ${shardId}`, about));
      break;
    case 'shardEnd': {
      const ended = detail === 'closed' || detail === 'lapsed';
      const text = ended ? `${shardId} is read to its end` : `${lane} gives back ${shardId}`;
      timeline.add(mark(atMs, lane, ended ? 'end' : 'release', text, about));
      break;
    }
    case 'commit':
      timeline.join(mark(atMs, lane, 'commit', 'Committed', about));
      break;
    default:
  }
}

/** What producers, operators and faults do. */
function markWorld(timeline: Timeline, event: FeedEvent, { processes }: Parts): void {
  const { atMs } = event;
  switch (event.kind) {
    case 'reshard':
      timeline.add(reshardMark(atMs, event.stream, event.parents, event.children));
      break;
    case 'violation':
      timeline.add(mark(atMs, null, 'violation', `${event.invariant}: ${event.message}`));
      break;
    case 'lapsed':
      timeline.add(mark(atMs, null, 'fault', `Records of ${event.stream} lapsed`, event));
      break;
    case 'stream':
      timeline.add(mark(atMs, null, 'fault', `Stream ${event.stream} was ${event.what}`, event));
      break;
    case 'erased':
    case 'foreign': {
      const what = event.kind === 'erased' ? 'was erased' : 'was written by a stranger';
      timeline.add(mark(atMs, null, 'fault', `${event.pk} / ${event.sk} ${what}`));
      break;
    }
    case 'handler': {
      const lane = processes.clientIdOf(event.process);
      timeline.add(mark(atMs, lane, 'fault', `The handler of ${lane} is ${event.manner}`));
      break;
    }
    case 'action':
      if (event.action.kind === 'outage') {
        timeline.add(mark(atMs, null, 'fault', 'A service is out of reach'));
      }
      break;
    default:
  }
}
