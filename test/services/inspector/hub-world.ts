/** A hub whose time a test moves, and what its readers take. */
import type { FeedLine } from '../../../src/feed/events.ts';
import { FeedHub } from '../../../src/services/inspector/hub.ts';
import type { ActorState } from '../../../src/services/inspector/live-actor.ts';
import type { Subscription } from '../../../src/services/inspector/subscription.ts';

const APP = 'shop';

export class HubWorld {
  nowMs = 0;
  readonly hub = new FeedHub({
    header: () => ({ source: 'process', app: APP, scenario: null }),
    nowMs: () => this.nowMs,
  });

  commit(n: number): void {
    const where = { process: 'p', shard: 'orders/shard', fence: 1 };
    this.hub.publish({ kind: 'notice', name: 'commit', ...where, detail: String(n) });
  }

  /** An actor whose state is a number, and how often that was read. */
  actor(actorId: string) {
    const shown = { value: 0, reads: 0 };
    const handle = this.hub.actor(
      { kind: 'actor', process: 'p', actorId, parentId: null, machine: 'reader', name: actorId },
      () => {
        shown.reads += 1;
        return { ...IDLE, value: shown.value };
      },
    );
    const move = (value: number): void => {
      shown.value = value;
      handle.changed();
    };
    return { shown, move, gone: () => handle.gone() };
  }
}

const IDLE: ActorState = {
  status: 'active',
  value: null,
  activeIds: [],
  event: '',
  from: [],
  sinceMs: null,
  context: null,
};

/** All that a reader can have now. */
export function takeAll(reader: Subscription): FeedLine[] {
  const lines: FeedLine[] = [];
  for (let taken = reader.take(); taken.length > 0; taken = reader.take()) lines.push(...taken);
  return lines;
}

export const ofKind = <Kind extends FeedLine['kind']>(
  lines: readonly FeedLine[],
  kind: Kind,
): Extract<FeedLine, { kind: Kind }>[] =>
  lines.filter((line): line is Extract<FeedLine, { kind: Kind }> => line.kind === kind);
