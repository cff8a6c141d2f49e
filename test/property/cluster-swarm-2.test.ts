import { describe, it } from 'vitest';
import {
  BLOCK_TIMEOUT_MS,
  blocksOf,
  expectAllKinds,
  expectSoundSwarms,
  KINDS,
} from './swarm-blocks.ts';

describe('a cluster under a swarm of faults', () => {
  it.each(blocksOf(1))(
    'keeps every invariant: seeds $first to $last',
    (block) => expectSoundSwarms(block),
    BLOCK_TIMEOUT_MS,
  );

  it(
    'is struck by every kind of fault that there is',
    () => expectAllKinds(blocksOf(1), KINDS),
    20 * BLOCK_TIMEOUT_MS,
  );
});
