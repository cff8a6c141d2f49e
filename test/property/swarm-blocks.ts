/** The fixed seeds of the gate, in files that run side by side, and in blocks that each are a test. */
import { expect } from 'vitest';
import { struckOf } from '../../src/simulation/struck.ts';
import { swarm } from '../../src/simulation/swarm.ts';
import { expectSound, replayOfLongSwarm, replayOfSwarm } from '../simulation/failing-run.ts';

const FILES = 2;
const BLOCKS = 20;
const BLOCK_SEEDS = 8;
const LONG_BLOCKS = 4;
const LONG_BLOCK_SEEDS = 4;
export const BLOCK_TIMEOUT_MS = 180_000;

interface Block {
  readonly first: number;
  readonly last: number;
  readonly spans: 'short' | 'long';
}

/** The blocks of one file: 160 seeds each. */
export const blocksOf = (file: number): readonly Block[] =>
  Array.from({ length: BLOCKS }, (_, block) => {
    const first = (block * FILES + file) * BLOCK_SEEDS;
    return { first, last: first + BLOCK_SEEDS - 1, spans: 'short' };
  });

/** Those of minutes of faults. */
export const longBlocks: readonly Block[] = Array.from({ length: LONG_BLOCKS }, (_, block) => {
  const first = block * LONG_BLOCK_SEEDS;
  return { first, last: first + LONG_BLOCK_SEEDS - 1, spans: 'long' };
});

/** What struck the seeds that were played. */
const struck = new Map<number, readonly string[]>();

export async function expectSoundSwarms({ first, last, spans }: Block): Promise<void> {
  const replayOf = spans === 'long' ? replayOfLongSwarm : replayOfSwarm;
  for (let seed = first; seed <= last; seed++) {
    const scenario = swarm(seed, { spans });
    struck.set(seed, [...struckOf(scenario, await expectSound(scenario, replayOf(seed))).keys()]);
  }
}

/** Everything that may befall a group, as `simulation/struck.ts` names it. */
export const KINDS = [
  // requests and answers: delayed, lost, late, twice, refused, old
  'store.lateAnswer',
  'store.lostRequest',
  'store.lostAnswer',
  'store.lateApply',
  'store.duplicate',
  'store.throttle',
  'store.stale',
  'store.staleBack',
  'store.down',
  'stream.lateAnswer',
  'stream.lostRequest',
  'stream.throttle',
  'stream.down',
  'outage.store',
  'outage.stream',
  'cut.store',
  'cut.stream',
  // operators and strangers
  'erase.head',
  'erase.checkpoint',
  'erase.map',
  'erase.client',
  'erase.remade',
  'goClient',
  'goCommit',
  // processes
  'pause',
  'crash',
  'back.sameId',
  'back.newId',
  'replace',
  'leave',
  'crowd.large',
  'clock.wallSkew',
  'jumpWall',
  'clock.drift',
  'suspend',
  'profiles.mixed',
  'assignor.range',
  'assignor.tolerance',
  // streams
  'split',
  'merge',
  'reshard.nested',
  'reshard.unreadParent',
  'lapse',
  'recreateStream',
  'stream.partialListing',
  'stream.staleListing',
  'stream.expiredIterator',
  'expireIterators',
  'stream.emptyFetch',
  'stream.readLimit',
  'streams.added',
  'streams.removed',
  'streams.differ',
  // handlers
  'call.slow',
  'call.throwing',
  'call.stuck',
];

/** What lasts, where it lasted for more than 80 s. */
export const LONG_KINDS = [
  'pause.long',
  'suspend.long',
  'outage.store.long',
  'outage.stream.long',
  'cut.store.long',
  'cut.stream.long',
];

/** Over all blocks of a file; one that was left out is played now. */
export async function expectAllKinds(
  blocks: readonly Block[],
  kinds: readonly string[],
): Promise<void> {
  for (const block of blocks) {
    if (!struck.has(block.first)) await expectSoundSwarms(block);
  }
  const seen = new Set([...struck.values()].flat());
  expect(kinds.filter((kind) => !seen.has(kind))).toEqual([]);
}
