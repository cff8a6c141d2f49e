/** What happens to a client that leads, or campaigns. */
import type { Write } from '../../../src/machines/ports.ts';
import { isHead, unanswered, ways } from '../wraps.ts';
import { writing } from './breaking.ts';
import {
  scene,
  join,
  broken,
  MINUTE,
  DAY,
  slowStore,
  to,
  leave,
  cut,
  freeze,
  type Scenes,
  type Scene,
  type Script,
} from './script.ts';

/** Of the followers, one has its first claim carried out as it looks for the second time; the others' are lost. */
function lateHead(): NonNullable<Scene['host']> {
  let started = 0;
  return {
    wrapStore: (store) => {
      const place = started++;
      let late: Write | null = null;
      let looks = 0;
      let claims = 0;
      return {
        ...ways(store),
        async read(keys, options) {
          if (late !== null && keys[0]?.sk === 'head' && ++looks === 2) {
            const write = late;
            late = null;
            await store.write(write);
          }
          return store.read(keys, options);
        },
        write(write, options) {
          if (!isHead(write) || place === 0) return store.write(write, options);
          if (place === 4 && claims++ > 0) return store.write(write, options);
          if (place === 4) late = write;
          return Promise.resolve(unanswered);
        },
      };
    },
  };
}
export const SCENES_OF_LEADERS: Scenes = {
  'breaks as it polls': () =>
    broken('throws', (request) => request.to === 'read' && request.keys[0]?.sk === 'head', [4, 1]),
  'breaks as it claims the lead': () => broken('throws', writing(isHead)),
  'breaks as it rounds': () => broken('throws', to('query'), [3, 1]),
  'breaks as it publishes': () => broken('throws', writing(isHead), [2, 1], [[5, join(1)]]),
  'breaks as it hands over': () =>
    broken(
      'throws',
      writing(isHead),
      [3, 1],
      [
        [5, join(1)],
        [10, leave(0)],
      ],
    ),
  'its claim is carried out late': () => ({
    ...scene(
      [
        ...[0, 1, 2, 3, 4].map((slot): Script[number] => [slot, join(slot)]),
        [10, { kind: 'crash', slot: 0 }],
      ],
      { quietAtMs: 30_000 },
    ),
    host: lateHead(),
  }),
  'a publish is not answered': () => broken('silent', writing(isHead), [2, 1], [[5, join(1)]]),
  'who joined leaves before it is planned for': () =>
    scene([
      [0, join(0)],
      [5, join(1)],
      [5.6, leave(1)],
    ]),
  'the leader is cut off for as long as it takes': () =>
    scene([
      ...[0, 1, 2, 3, 4, 5].map((slot): Script[number] => [slot / 2, join(slot)]),
      [8, cut(0, 4.6)],
    ]),
  'followers leave as they campaign': () =>
    scene([
      ...[0, 1, 2, 3, 4, 5, 6, 7].map((slot): Script[number] => [slot / 4, join(slot)]),
      [8, { kind: 'crash', slot: 0 }],
      [11, slowStore(300, 6)],
      ...[1, 2, 3, 4, 5, 6, 7].map((slot): Script[number] => [11.6 + slot / 5, leave(slot)]),
    ]),
  'the head is deleted': () =>
    scene([
      [0, join(0)],
      [5, { kind: 'erase', what: { item: 'head' } }],
    ]),
  'a day goes by': () =>
    scene(
      [
        [0, join(0)],
        [10, freeze(0, 11 * MINUTE)],
        [12 * MINUTE, freeze(0, DAY)],
      ],
      { quietAtMs: (DAY + 14 * MINUTE) * 1_000, trickleMs: DAY * 1_000 },
    ),
  'a tidy does not come through': () =>
    broken(
      'silent',
      (request) => request.to === 'query' && request.pk.startsWith('shard_cache#'),
      [1, 1],
      [
        [10, freeze(0, 11 * MINUTE)],
        [12 * MINUTE, freeze(0, 60 * MINUTE)],
      ],
      { quietAtMs: 73 * MINUTE * 1_000, trickleMs: DAY * 1_000 },
    ),
  'breaks as it tidies': () =>
    broken(
      'throws',
      (request) => request.to === 'query' && request.pk.startsWith('shard_cache#'),
      [1, 1],
      [[10, freeze(0, 11 * MINUTE)]],
      { quietAtMs: 12 * MINUTE * 1_000, trickleMs: DAY * 1_000 },
    ),
};
