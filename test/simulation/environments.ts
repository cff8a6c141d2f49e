/** Services that behave badly in one certain way: a sound group lives with each of them. */
import type { Write } from '../../src/machines/ports.ts';
import {
  inPlace,
  isAcquire,
  isCommit,
  isHeartbeat,
  isOfPlans,
  keyOf,
  unanswered,
  ways,
  type Update,
  type Wraps,
} from './wraps.ts';

const LOST_HEARTBEATS = 3;
/** More acquires than this are not held back: there may be no other plan that lets them through. */
const MOST_HELD = 120;

export const ENVIRONMENTS = {
  /** What the second process acquires under its first plan is carried out as it reads the next one. */
  'carries acquires out late': () =>
    inPlace(1, (store) => {
      const held: Update[] = [];
      const plans = new Set<string>();
      let until = Number.POSITIVE_INFINITY;
      return {
        ...ways(store),
        read(keys, options) {
          if (isOfPlans(keys)) plans.add(keys[0]?.sk ?? '');
          if (plans.size >= until) for (const write of held.splice(0)) void store.write(write);
          return store.read(keys, options);
        },
        write(write, options) {
          if (!isAcquire(write) || plans.size >= until || held.length >= MOST_HELD) {
            return store.write(write, options);
          }
          until = plans.size + 1;
          held.push(write);
          return Promise.resolve(unanswered);
        },
      };
    }),
  /** The first heartbeats of each process are lost on their way. */
  'loses first heartbeats': () => ({
    wrapStore: (store) => {
      let beats = 0;
      return {
        ...ways(store),
        write: (write, options) =>
          isHeartbeat(write) && beats++ < LOST_HEARTBEATS
            ? Promise.resolve(unanswered)
            : store.write(write, options),
      };
    },
  }),
  /** Each second commit gets no answer, and is carried out after the next one of its shard. */
  'carries commits out late': () => ({
    wrapStore: (store) => {
      const held = new Map<string, Write>();
      let commits = 0;
      return {
        ...ways(store),
        async write(write, options) {
          if (!isCommit(write)) return store.write(write, options);
          const shard = keyOf(write).sk;
          const late = held.get(shard);
          if (late === undefined && commits++ % 2 === 1) {
            held.set(shard, write);
            return unanswered;
          }
          const answer = await store.write(write, options);
          held.delete(shard);
          if (late !== undefined) await store.write(late);
          return answer;
        },
      };
    },
  }),
} as const satisfies Record<string, () => Wraps>;

export type Environment = keyof typeof ENVIRONMENTS;
