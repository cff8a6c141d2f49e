import { checkpointsPk, clientsPk, groupPk, mapsPk } from '../../machines/rules/keys.ts';
import { SHARD_END } from '../../machines/rules/positions.ts';
import type { Evidence, WriteEvent } from '../history.ts';
import { writesOf, type Checker } from './evidence.ts';
import { endOfProcess } from './owners.ts';
import { restOf } from './rest.ts';

/**
 * C2: an idle group writes nothing but heartbeats. What the leader tidies away is no write of the group's rhythm: it
 * deletes plans and lists that nobody reads and chunks of maps before, and marks or deletes items of ended shards.
 */
export const idleHeartbeats: Checker = (evidence) => {
  const rest = restOf(evidence);
  if (rest === null) return [];
  return writesOf(evidence)
    .filter(({ atMs, process }) => {
      // what the dead sent may arrive late
      return atMs > rest.idleFromMs && process !== null && atMs < endOfProcess(evidence, process);
    })
    .filter((event) => !isHeartbeat(evidence, event) && !isTidying(evidence, event))
    .map((event) => {
      const { pk, sk } = event.after ?? event.before ?? { pk: '', sk: '' };
      const message = `${event.process} wrote ${pk}/${sk} while the group was idle`;
      return { invariant: 'C2', order: event.order, message };
    });
};

const isHeartbeat = (evidence: Evidence, { before, after }: WriteEvent): boolean =>
  after?.pk === clientsPk(evidence.app) && before !== null && after['nonce'] === before['nonce'];

function isTidying(evidence: Evidence, { before, after }: WriteEvent): boolean {
  if (before === null) return false;
  if (before.pk.startsWith(checkpointsPk(evidence.app, ''))) {
    if (before['position'] !== SHARD_END) return false;
    return after === null || JSON.stringify(before) !== JSON.stringify(after);
  }
  if (after !== null) return false;
  if (before.pk === groupPk(evidence.app)) return before.sk !== 'head';
  // a chunk's name is that of its map and more
  return before.pk === mapsPk(evidence.app) && before.sk.includes('#');
}
