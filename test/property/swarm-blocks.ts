/** The fixed seeds of the gate, in two files that run side by side, and in blocks that each are a test. */
import { swarm } from '../../src/simulation/swarm.ts';
import { expectSound } from '../simulation/failing-run.ts';

const FILES = 2;
const BLOCKS = 20;
const BLOCK_SEEDS = 8;
export const BLOCK_TIMEOUT_MS = 180_000;

/** First seeds of the blocks of one file: 160 seeds each. */
export const blocksOf = (
  file: number,
): readonly { readonly first: number; readonly last: number }[] =>
  Array.from({ length: BLOCKS }, (_, block) => {
    const first = (block * FILES + file) * BLOCK_SEEDS;
    return { first, last: first + BLOCK_SEEDS - 1 };
  });

export async function expectSoundSwarms(first: number, last: number): Promise<void> {
  for (let seed = first; seed <= last; seed++) await expectSound(swarm(seed));
}
