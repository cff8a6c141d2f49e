/** Figure 4: what an idle shard holds in memory, and whether a thousand at once hold up the process. */
import { PROFILES } from '../../src/options.ts';
import { measureInChild } from './child.ts';
import { atMost, milliseconds, shown, upTo, type Figure, type Progress } from './figure.ts';
import { STORE_WAY } from './group.ts';

const { heartbeatIntervalMs } = PROFILES.default;
const JITTER = 0.1;

export async function measureIdleShards(progress: Progress): Promise<Figure> {
  progress('figure 4: a client is given 1,000 shards more, and gives them back');
  const found = await measureInChild('idleShards', [], ['--expose-gc']);
  const value = (name: string): number => found[name] ?? Number.NaN;
  const kib = (name: string): string => `${upTo(value(name), 1)} KiB`;
  const beatLimitMs = heartbeatIntervalMs * (1 + 2 * JITTER) + 2 * STORE_WAY.maxMs;
  const delayLimitMs = heartbeatIntervalMs * JITTER;
  return {
    number: 4,
    title: 'Memory of an idle shard; 1,000 shards acquired and released at once',
    method: [
      'One client on memory ports in a process of its own: 50 idle shards, then 1,050 (refresh to a second stream), then 50 again.',
      'Heap in use after a collection, the least of 8 samples, by the 1,000 shards between; "grown" has the items of the table',
      'in memory in it, which stay; "given back" has not. The event loop may be late by the jitter of a heartbeat',
      `(10 % of ${heartbeatIntervalMs} ms), a heartbeat by as much besides its own jitter and the longest way to the store.`,
    ],
    rows: [
      shown('heap of an idle shard, grown', kib('grownKibPerShard')),
      shown('heap of an idle shard, given back on release', kib('givenBackKibPerShard')),
      shown(
        'processor while 1,050 shards are idle',
        `${upTo(value('idleCpuShare') * 100, 0)} % of a core`,
      ),
      shown(
        'event loop late while 1,050 shards are idle, at most',
        `${milliseconds(value('idleDelayMs'))} (p99 ${milliseconds(value('idleDelayP99Ms'))})`,
      ),
      shown('1,000 acquired in', milliseconds(value('acquireMs'))),
      atMost(
        'event loop late while they are acquired, at most',
        value('acquireDelayMs'),
        delayLimitMs,
        milliseconds,
        ` (p99 ${milliseconds(value('acquireDelayP99Ms'))})`,
      ),
      atMost(
        'longest interval between heartbeats',
        value('acquireBeatMs'),
        beatLimitMs,
        milliseconds,
      ),
      shown('1,000 released in', milliseconds(value('releaseMs'))),
      atMost(
        'event loop late while they are released, at most',
        value('releaseDelayMs'),
        delayLimitMs,
        milliseconds,
        ` (p99 ${milliseconds(value('releaseDelayP99Ms'))})`,
      ),
      atMost(
        'longest interval between heartbeats',
        value('releaseBeatMs'),
        beatLimitMs,
        milliseconds,
      ),
    ],
    notes: [],
  };
}
