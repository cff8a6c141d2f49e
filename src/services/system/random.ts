import { randomBytes, randomInt } from 'node:crypto';
import type { Random } from '../../machines/ports.ts';

/** `crypto.randomInt` draws below 2^48 at most. */
const STEPS = 2 ** 47;
const ID_BYTES = 16;

/**
 * Chance of the operating system's quality: nonces of sessions must never collide, also between
 * processes forked from one image.
 */
export function systemRandom(): Random {
  return {
    next: () => randomInt(STEPS) / STEPS,
    id: () => randomBytes(ID_BYTES).toString('hex'),
  };
}
