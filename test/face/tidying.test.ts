import { describe, expect, it } from 'vitest';
import type { Failure } from '../../src/machines/ports.ts';
import { mapsPk } from '../../src/machines/rules/keys.ts';
import { failed } from '../regressions/intercepted-store.ts';
import { APP, faceWorld, type Member } from './face-world.ts';

const STREAM = 'orders';
const MINUTE = 60_000;

/** Puts a test between members and the query that only a tidy makes; counts these by member. */
function watchTidies(
  members: readonly Member[],
  answerOf: (nth: number) => Failure | null = () => null,
): number[] {
  const tidies = members.map(() => 0);
  for (const [n, { store }] of members.entries()) {
    const query = store.query.bind(store);
    store.query = (pk, options) => {
      if (pk !== mapsPk(APP)) return query(pk, options);
      const nth = (tidies[n] ?? 0) + 1;
      tidies[n] = nth;
      const answer = answerOf(nth);
      return answer === null ? query(pk, options) : Promise.resolve(answer);
    };
  }
  return tidies;
}

describe('the leader of a group', () => {
  it('tidies ten minutes after it began to lead, for all, and an idle group still writes heartbeats only', async () => {
    const world = faceWorld();
    world.twoShards(STREAM);
    const members = ['a', 'b'].map((clientId) => world.member({ clientId }));
    const tidies = watchTidies(members);
    const running = members.map(({ client }) =>
      client.run({ streams: [STREAM], eachRecord: () => {} }),
    );
    await world.until('a shard each', () =>
      members.every(({ client }) => client.snapshot().shards.length === 1),
    );
    await world.pass(8 * MINUTE);
    expect(tidies).toEqual([0, 0]);
    const written = new Set<string>();
    world.table.onWrite(({ after, before }) => written.add((after ?? before)?.pk ?? ''));
    await world.pass(4 * MINUTE);
    expect(tidies.filter((count) => count > 0)).toEqual([1]);
    expect([...written]).toEqual(['client#face']);
    for (const { client } of members) await client.close({ abort: true });
    await Promise.all(running);
  });

  it('goes on where its tidy fails: after an hour it tries again, and a permission that it lacks is no end', async () => {
    const world = faceWorld();
    world.kinesis.createStream(STREAM, 1);
    const member = world.member();
    const tidies = watchTidies([member], (nth) =>
      nth === 1 ? failed('unanswered', 'StoreUnanswered') : failed('failed', 'AccessDenied'),
    );
    const { client } = member;
    const told: string[] = [];
    client.on('error', (error) => void told.push(error.code));
    let outcome = 'runs';
    const running = client.run({ streams: [STREAM], eachRecord: () => {} }).then(
      () => (outcome = 'ended'),
      () => (outcome = 'failed'),
    );
    await world.until('the tidy', () => tidies[0] === 1, 11 * MINUTE);
    await world.pass(59 * MINUTE);
    expect([tidies, told]).toEqual([[1], ['StoreUnanswered']]);
    await world.pass(2 * MINUTE);
    expect([tidies, told]).toEqual([[2], ['StoreUnanswered', 'AccessDenied']]);
    expect(outcome).toBe('runs');
    await client.close({ abort: true });
    await running;
  });
});
