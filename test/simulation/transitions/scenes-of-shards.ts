/** What happens to shards and their readers. */
import { isAcquire, isCommit, isEnd, isMap, isOfShards, isRelease, within } from '../wraps.ts';
import { breaking, garbling, nth, writing } from './breaking.ts';
import {
  scene,
  join,
  broken,
  slowStore,
  to,
  turns,
  leave,
  close,
  handler,
  pause,
  resume,
  slowStream,
  put,
  type Scenes,
  type Scene,
  type Script,
} from './script.ts';

/** Handlers that take long, and wait for their own commits, in a client that leaves. */
const drainingByHand = (more: Script = []): Scene =>
  scene(
    [
      [0, join(0)],
      [3, slowStore(250, 30)],
      [6, handler(0, 'slow', 20)],
      [6.1, put(40)],
      [7.5, leave(0)],
      ...more,
    ],
    { members: [{ slot: 0, commits: 'byHand' }], trickleMs: 100, shards: 6 },
  );

export const SCENES_OF_SHARDS: Scenes = {
  'paused and resumed at every turn': () =>
    scene(
      [
        [0, join(0)],
        ...turns(3, 0.25, 24),
        [9.5, { kind: 'spell', forMs: 4_500, stream: { throttle: 1 } }],
        ...turns(10, 0.19, 20),
        [15, handler(0, 'slow', 4)],
        ...turns(15.5, 0.3, 12),
      ],
      { trickleMs: 100, quietAtMs: 22_000 },
    ),
  'paused and resumed at every turn, where Kinesis is slow': () =>
    scene(
      [
        [0, join(0)],
        [3, slowStream(300, 8)],
        ...[3.1, 4.6, 7.1].map((second): Script[number] => [second, { kind: 'expireIterators' }]),
        ...turns(3, 0.45, 12),
        ...turns(8.8, 0.25, 8),
        [11.2, { kind: 'outage', of: 'stream', forMs: 3_000 }],
        ...turns(11.5, 0.3, 12),
      ],
      { trickleMs: 100, quietAtMs: 18_000 },
    ),
  'the stream is made anew': () =>
    scene([
      [0, join(0)],
      [6, { kind: 'recreateStream', stream: 'orders', shards: 2 }],
    ]),
  'the stream is made anew while its reader has no iterator yet': () =>
    scene(
      [
        [0, join(0)],
        [0, slowStream(800, 20)],
        [2, { kind: 'recreateStream', stream: 'orders', shards: 2 }],
      ],
      { trickleMs: 60_000 },
    ),
  'the stream lapses under a reader that was paused': () =>
    scene(
      [
        [0, join(0)],
        [4, pause(0)],
        [5, { kind: 'split', pick: 0 }],
        [6, { kind: 'expireIterators' }],
        [7, { kind: 'lapse', stream: 'orders' }],
        [8, resume(0)],
      ],
      {},
    ),
  'Kinesis does not find a shard that it lists': () => broken('gone', to('fetch'), [5, 1]),
  'Kinesis does not find a shard as an iterator is opened': () =>
    broken('gone', to('openIterator'), [1, 1]),
  'breaks as it asks what became of a shard': () => ({
    ...scene([[0, join(0)]]),
    host: within(
      breaking('gone', nth(to('fetch'), 5)),
      breaking('throws', () => {
        let fetches = 0;
        return ({ to: what }) => {
          if (what === 'fetch') fetches += 1;
          return what === 'describe' && fetches > 3;
        };
      }),
    ),
  }),
  'Kinesis takes an iterator for malformed': () => broken('rejects', to('fetch'), [5, 1]),
  'Kinesis takes a position for malformed': () => broken('rejects', to('openIterator')),
  'no answer as it opens an iterator': () => broken('silent', to('openIterator')),
  'no answer as it releases': () => broken('silent', writing(isRelease), [1, 1], [[5, leave(0)]]),
  'no answer to many questions': () =>
    scene([
      [0, join(0)],
      [2, join(1)],
      [4, { kind: 'outage', of: 'store', forMs: 2_000 }],
      [8, { kind: 'spell', forMs: 8_000, store: { lostAnswer: 0.3 } }],
      [9, join(2)],
      [12, leave(2)],
    ]),
  'may not open iterators': () => broken('denies', to('openIterator')),
  'breaks as it opens an iterator': () => broken('throws', to('openIterator')),
  'may not fetch': () => broken('denies', to('fetch'), [5, 1]),
  'breaks as it fetches': () => broken('throws', to('fetch'), [5, 1]),
  'breaks as it acquires': () => broken('throws', writing(isAcquire)),
  'breaks as it reads shards': () =>
    broken('throws', (request) => request.to === 'read' && isOfShards(request.keys)),
  'may not commit': () => broken('denies', writing(isCommit), [3, 1]),
  'breaks as it commits': () => broken('throws', writing(isCommit), [3, 1]),
  'may not release': () => broken('denies', writing(isRelease), [1, 1], [[5, leave(0)]]),
  'breaks as it releases': () => broken('throws', writing(isRelease), [1, 1], [[5, leave(0)]]),
  'a checkpoint is deleted': () =>
    scene([
      [0, join(0)],
      [5, { kind: 'erase', what: { item: 'checkpoint', pick: 0 } }],
    ]),
  'its checkpoints are deleted as it leaves': () =>
    scene(
      [
        [0, join(0)],
        [5, handler(0, 'stuck', 3)],
        [5.1, put(20)],
        [6, leave(0)],
        [7, { kind: 'erase', what: { item: 'checkpoint', pick: 0 } }],
        [7, { kind: 'erase', what: { item: 'checkpoint', pick: 1 } }],
      ],
      { trickleMs: 60_000 },
    ),
  'its checkpoints are deleted as a shard ends': () =>
    scene(
      [
        [0, join(0)],
        [5, handler(0, 'stuck', 3)],
        [5.1, put(20)],
        [6, { kind: 'split', pick: 0 }],
        [7, { kind: 'erase', what: { item: 'checkpoint', pick: 0 } }],
        [7, { kind: 'erase', what: { item: 'checkpoint', pick: 1 } }],
      ],
      { trickleMs: 60_000 },
    ),
  'commits of a crowd that drains': () =>
    scene(
      [
        [0, join(0)],
        [4, handler(0, 'slow', 20)],
        [4.1, put(400)],
        [5, slowStore(900, 30)],
        [7, join(1)],
      ],
      { shards: 70, maxOpenShards: 70, trickleMs: 10, quietAtMs: 25_000 },
    ),
  'aborted before a crowd has marked all that its handlers did': () =>
    scene(
      [
        [0, join(0)],
        [3, handler(0, 'slow', 20)],
        [3.1, put(600)],
        ...Array.from({ length: 24 }, (_, n): Script[number] => [
          3.2,
          { kind: 'split', pick: 55 - n },
        ]),
        [6.5, close(0, { abort: true })],
      ],
      {
        seed: 7,
        shards: 56,
        maxOpenShards: 99,
        members: [{ slot: 0, commits: 'byHand' }],
        quietAtMs: 8_000,
      },
    ),
  'its handler throws while a shard is to move': () =>
    scene([
      [0, join(0)],
      [5, handler(0, 'stuck', 12)],
      [5.1, put(20)],
      [6, join(1)],
      [9, handler(0, 'throwing', 2)],
    ]),
  'the end of a shard is never entered': () =>
    broken('silent', writing(isMap), [2, 1_000], [[5, { kind: 'split', pick: 0 }]], {
      quietAtMs: 25_000,
    }),
  'a shard comes beside one whose item nobody understands': () => ({
    ...scene([
      [0, join(0)],
      [7, { kind: 'split', pick: 1 }],
    ]),
    host: garbling(({ sk }) => sk === 'shardId-000000000000'),
  }),
  'a shard is taken as it ends': () =>
    broken('taken', writing(isEnd), [1, 1], [[5, { kind: 'split', pick: 0 }]]),
  'no answer as it ends a shard': () =>
    broken('silent', writing(isEnd), [1, 1], [[5, { kind: 'split', pick: 0 }]]),
  ...Object.fromEntries(
    (['silent', 'denies', 'throws', 'taken'] as const).map((manner) => [
      `commits by hand while it drains: ${manner}`,
      () => ({
        ...drainingByHand(),
        host: breaking(manner, nth(writing(isCommit), 20, 1_000)),
      }),
    ]),
  ),
  'commits by hand while it drains': () =>
    drainingByHand(
      Array.from({ length: 60 }, (_, n): Script[number] => [
        7.6 + n / 10,
        { kind: 'commit', slot: 0 },
      ]),
    ),
  'commits by hand while it drains, and its checkpoints are deleted': () =>
    drainingByHand([
      [8.2, { kind: 'erase', what: { item: 'checkpoint', pick: 0 } }],
      [8.2, { kind: 'erase', what: { item: 'checkpoint', pick: 1 } }],
    ]),
  'commits by hand while it drains, and its checkpoints are deleted one by one': () =>
    drainingByHand(
      Array.from({ length: 6 }, (_, pick): Script[number] => [
        8 + pick / 10,
        { kind: 'erase', what: { item: 'checkpoint', pick } },
      ]),
    ),
  'may not end a shard': () =>
    broken('denies', writing(isEnd), [1, 1], [[5, { kind: 'split', pick: 0 }]]),
  'breaks as it ends a shard': () =>
    broken('throws', writing(isEnd), [1, 1], [[5, { kind: 'split', pick: 0 }]]),
};
