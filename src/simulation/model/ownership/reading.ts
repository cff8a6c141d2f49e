/** A reader's life: it delivers and completes, commits, gives the shard back, and ends it. */
import { NONE } from '../sessions.ts';
import {
  holdAt,
  letGo,
  mySession,
  NOT_STARTED_CODE,
  shardAt,
  type FlightKind,
  type Mode,
  type State,
} from './state.ts';
import { draftOf, hasRoom, send, step, what, who, type Scene } from './scene.ts';

export function readingSteps(scene: Scene, client: number, shard: number): void {
  const hold = holdAt(scene.state, client, shard);
  const all = scene.table.end - 1;
  switch (hold.mode) {
    case 'reading':
      if (hold.done < all) deliver(scene, client, shard);
      if (hold.done > NOT_STARTED_CODE) write(scene, client, shard, 'commit', 'committing');
      write(scene, client, shard, 'release', 'releasing');
      // the shard may be closed from the start: that it is closed later only takes steps away
      if (hold.done === all) write(scene, client, shard, 'end', 'ending');
      return;
    case 'committing':
      if (hold.done < all) deliver(scene, client, shard);
      return;
    case 'releasingAgain':
      write(scene, client, shard, 'release', 'releasing');
      return;
    case 'endingAgain':
      write(scene, client, shard, 'end', 'ending');
      return;
    default:
  }
}

/** The next record: handed over and completed in one. */
function deliver(scene: Scene, client: number, shard: number): void {
  const next = draftOf(scene);
  const hold = holdAt(next, client, shard);
  hold.done += 1;
  const item = shardAt(next, shard);
  item.delivered = Math.max(item.delivered, hold.done);
  const record = hold.done - NOT_STARTED_CODE;
  step(scene, next, () => `${who(client)} delivers record ${record} of ${what(scene, shard)}`);
}

/** From now on there is a reader, and no doubt. */
export function open(
  { config }: Scene,
  next: State,
  client: number,
  shard: number,
  opened: { readonly fence: number; readonly position: number },
): void {
  const hold = holdAt(next, client, shard);
  letGo(hold);
  hold.mode = 'reading';
  hold.fence = opened.fence;
  hold.done = opened.position;
  hold.doubt = NONE;
  if (config.deletions !== undefined) hold.seen = Math.max(hold.seen, opened.fence);
  // where items are deleted, two sessions may come to one fence
  if ((config.deletions?.times ?? 0) > 0) return;
  const item = shardAt(next, shard);
  if (item.fence === opened.fence) item.opened = 1;
}

function write(scene: Scene, client: number, shard: number, kind: FlightKind, mode: Mode): void {
  if (!hasRoom(scene)) return;
  const next = draftOf(scene);
  const hold = holdAt(next, client, shard);
  hold.mode = mode;
  const { fence } = hold;
  const position = kind === 'end' ? scene.table.end : hold.done;
  send(next, { kind, session: mySession(next, client), shard, fence, position });
  const words = `${kind} of ${what(scene, shard)} at ${scene.table.position(position)}, fence ${fence}`;
  step(scene, next, () => `${who(client)} sends the ${words}`);
}
