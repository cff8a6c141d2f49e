import { describe, it } from 'vitest';
import {
  BLOCK_TIMEOUT_MS,
  expectAllKinds,
  expectSoundSwarms,
  LONG_KINDS,
  longBlocks,
} from './swarm-blocks.ts';

describe('a cluster under minutes of faults', () => {
  it.each(longBlocks)(
    'keeps every invariant: long seeds $first to $last',
    (block) => expectSoundSwarms(block),
    BLOCK_TIMEOUT_MS,
  );

  it(
    'is struck by pauses, outages and cuts of more than 80 s',
    () => expectAllKinds(longBlocks, LONG_KINDS),
    4 * BLOCK_TIMEOUT_MS,
  );
});
