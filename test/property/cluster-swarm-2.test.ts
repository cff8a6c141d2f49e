import { describe, it } from 'vitest';
import { BLOCK_TIMEOUT_MS, blocksOf, expectSoundSwarms } from './swarm-blocks.ts';

describe('a cluster under a swarm of faults', () => {
  it.each(blocksOf(1))(
    'keeps every invariant: seeds $first to $last',
    ({ first, last }) => expectSoundSwarms(first, last),
    BLOCK_TIMEOUT_MS,
  );
});
