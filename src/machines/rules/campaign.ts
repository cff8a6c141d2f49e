/** Who claims the lead of a leader that is gone, and when. Chance comes in as a number. */
import type { Plan } from './plan.ts';

/** What the one before has to publish and be seen, where the table is quick. */
const TURN_MS = 150;
/** So many followers have a turn each. */
const TURNS = 3;
const LONGEST_MS = 1_000;

/**
 * How long a follower waits before it claims the lead, so that not all publish at once: the first in the plan's order
 * not at all, the second and the third a turn longer each. All others go at random after them, in case those died
 * as well.
 *
 * @param plan null: none could be read.
 * @param random in [0, 1).
 */
export function campaignMs(
  plan: Plan | null,
  leader: string | null,
  clientId: string,
  random: number,
): number {
  const followers = plan?.members.filter((member) => member.session !== leader) ?? [];
  const rank = followers.findIndex((member) => member.clientId === clientId);
  if (rank >= 0 && rank < TURNS) return rank * TURN_MS;
  const turnsMs = TURNS * TURN_MS;
  return turnsMs + random * (LONGEST_MS - turnsMs);
}
