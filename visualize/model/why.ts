/** Why a shard is read, or is not: one sentence from the state itself, and the way out. */
import type { ShardFacts } from './shard-facts.ts';
import type { Why } from './view.ts';
import { readingWhy } from './why-read.ts';
import { goneWhy, unownedWhy } from './why-unread.ts';
import { names } from './words.ts';

export function whyOf(facts: ShardFacts): Why {
  const { state, owner, ownerKnown, ownerLives } = facts;
  if (state === 'ended') return ENDED;
  if (state === 'waiting') return waitingWhy(facts);
  if (owner === null) return ownerKnown ? unownedWhy(facts) : UNTOLD;
  return ownerLives === false ? goneWhy(facts, owner) : readingWhy(facts, owner);
}

const ENDED: Why = { kind: 'ended', sentence: 'Read to its end.', wayOut: null };

const UNTOLD: Why = {
  kind: 'unknown',
  sentence: 'A process reads it; whose that is has not been told.',
  wayOut: '`kinesumer inspect` shows the whole group from the state table.',
};

function waitingWhy({ openParents }: ShardFacts): Why {
  const parents = names(openParents);
  const [are, they] = openParents.length === 1 ? ['is', 'its parent'] : ['are', 'its parents'];
  return {
    kind: 'waiting',
    sentence: `Waits for ${they} ${parents}, which ${are} not read to the end yet.`,
    wayOut: `It begins by itself after that; look at ${parents} for what holds it up.`,
  };
}
