/** What happens to a client that registers, serves and leaves. */
import { isHeartbeat, isRegistration } from '../wraps.ts';
import { breaking, nth, writing } from './breaking.ts';
import {
  scene,
  join,
  broken,
  slowStore,
  to,
  isFarewell,
  leave,
  close,
  handler,
  pause,
  resume,
  cut,
  put,
  type Scenes,
} from './script.ts';

export const SCENES_OF_CLIENTS: Scenes = {
  // ------------------------------------------------------------ registering
  'paused and resumed before it has joined': () =>
    scene([
      [0, join(0)],
      [0, cut(0, 4)],
      [1, pause(0)],
      [2, resume(0)],
      [3, pause(0)],
      [10, resume(0)],
    ]),
  'a stream that does not exist': () =>
    scene([[0, join(0)]], { members: [{ slot: 0, streams: ['nowhere'] }] }),
  'expelled, and its stream is gone': () =>
    scene([
      [0, join(0)],
      [5, { kind: 'deleteStream', stream: 'orders' }],
      [5, { kind: 'erase', what: { item: 'map', stream: 'orders' } }],
      [5, { kind: 'erase', what: { item: 'client', slot: 0 } }],
    ]),
  'closed while it prepares': () =>
    scene([
      [0, slowStore(500, 20)],
      [0.01, join(0)],
      [0.3, close(0)],
    ]),
  'closed while it registers': () =>
    scene([
      [0, slowStore(500, 20)],
      [0.01, join(0)],
      [1.8, close(0)],
    ]),
  'closed while it registers, and cut off': () =>
    scene([
      [0, slowStore(500, 20)],
      [0.01, join(0)],
      [1.8, close(0)],
      [1.9, cut(0, 20)],
    ]),
  'closed with its place kept, while it registers': () =>
    scene([
      [0, slowStore(500, 20)],
      [0.01, join(1)],
      [1.8, close(1)],
    ]),
  'closed while it registers, and its farewell breaks': () => ({
    ...scene([
      [0, slowStore(500, 20)],
      [0.01, join(0)],
      [1.8, close(0)],
    ]),
    host: breaking('throws', nth(writing(isFarewell))),
  }),
  'replaced while it registers again': () =>
    scene([
      [0, join(1)],
      [5, { kind: 'erase', what: { item: 'client', slot: 1 } }],
      [5, slowStore(800, 10)],
      [5.1, { kind: 'replace', slot: 1 }],
    ]),
  'may not read maps': () => broken('denies', to('read')),
  'breaks as it reads maps': () => broken('throws', to('read')),
  'may not register': () => broken('denies', writing(isRegistration)),
  'breaks as it registers': () => broken('throws', writing(isRegistration)),
  // ------------------------------------------------------------ active
  'two lists of streams, one after the other': () =>
    scene([
      [0, join(0)],
      [1, { kind: 'createStream', stream: 'payments', shards: 1 }],
      [5, slowStore(400, 10)],
      [5, { kind: 'refresh', slot: 0, streams: ['orders', 'payments'] }],
      [5.3, { kind: 'refresh', slot: 0, streams: ['payments'] }],
    ]),
  'told to consume a stream that does not exist': () =>
    scene([
      [0, join(0)],
      [5, { kind: 'refresh', slot: 0, streams: ['orders', 'nowhere'] }],
    ]),
  'breaks as it lists a stream that it takes up': () =>
    broken(
      'throws',
      (request) => request.to === 'listShards' && request.stream === 'payments',
      [1, 1],
      [
        [1, { kind: 'createStream', stream: 'payments', shards: 1 }],
        [5, { kind: 'refresh', slot: 0, streams: ['orders', 'payments'] }],
      ],
    ),
  'may not list': () => broken('denies', to('listShards'), [2, 1]),
  'breaks as it lists': () => broken('throws', to('listShards'), [2, 1]),
  'may not send heartbeats': () => broken('denies', writing(isHeartbeat), [3, 1]),
  'breaks as it sends a heartbeat': () => broken('throws', writing(isHeartbeat), [3, 1]),
  'silent for it cannot read the head, and told to leave': () =>
    broken(
      'silent',
      (request) =>
        request.to === 'query' || (request.to === 'read' && request.keys[0]?.sk === 'head'),
      [20, 10_000],
      [[16, leave(0)]],
      { quietAtMs: 25_000 },
    ),
  'replaced, and expelled by an operator as it drains': () =>
    scene([
      [0, join(1)],
      [3, { kind: 'replace', slot: 1 }],
      [6, handler(1, 'stuck', 12)],
      [6.1, put(20)],
      [7, leave(1)],
      [9, { kind: 'erase', what: { item: 'client', slot: 1 } }],
    ]),
  'closed between two tries to register': () =>
    broken('silent', writing(isRegistration), [1, 1_000], [[3, close(0)]], { quietAtMs: 5_000 }),
  // ------------------------------------------------------------ closing
  'two handlers throw': () =>
    scene([
      [0, join(0)],
      [4, slowStore(300, 10)],
      [5, put(20)],
      [5, handler(0, 'throwing', 5)],
    ]),
  'a handler throws while the client drains': () =>
    scene([
      [0, join(0)],
      [4.9, handler(0, 'throwing', 5)],
      [4.95, put(20)],
      [4.9, close(0)],
    ]),
  'aborted while it drains': () =>
    scene([
      [0, join(0)],
      [5, handler(0, 'stuck', 9)],
      [5.1, put(20)],
      [7, close(0, { timeoutMs: 8_000 })],
      [9, close(0, { abort: true })],
    ]),
  'aborted while its item is deleted': () => ({
    ...scene([
      [0, join(0)],
      [5, close(0, { timeoutMs: 5_000 })],
      [8, close(0, { abort: true })],
    ]),
    host: breaking('silent', nth(writing(isFarewell), 1, 1_000)),
  }),
  'replaced while it drains': () =>
    scene([
      [0, join(1)],
      [5, handler(1, 'stuck', 12)],
      [5.1, put(20)],
      [7, close(1)],
      [8, { kind: 'replace', slot: 1 }],
    ]),
  'may not delete its item': () => broken('denies', writing(isFarewell), [1, 1], [[5, leave(0)]]),
  'breaks as it deletes its item': () =>
    broken('throws', writing(isFarewell), [1, 1], [[5, leave(0)]]),
};
