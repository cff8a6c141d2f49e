/** Members that come, go, crash and stand still, as processes of their own. */
import { describe, expect, it } from 'vitest';
import {
  codesOf,
  expectDuplicatesOnlyAfter,
  expectDuplicatesOnlyAround,
  expectSound,
  leaderOf,
  sessionsOf,
  useFaultWorlds,
} from './fault-world.ts';

const worlds = await useFaultWorlds();

describe('a group of processes', () => {
  it('shares its shards with one that joins and takes back those of one that leaves, with nothing twice', async () => {
    const world = await worlds.make({ streams: { orders: 4 } });
    const { group } = world;
    const one = group.start();
    await world.shared([one], [4]);
    const kept = one.history.starts.length;
    const other = group.start();
    await world.shared([one, other], [2, 2]);
    await world.goesOn();
    // what stayed was not touched
    expect(one.history.starts.length).toBe(kept);
    const report = await other.close();
    expect(report).toEqual({ outcome: 'closed', unfinished: [] });
    await world.shared([one], [4]);
    await world.goesOn();
    const ledger = await expectSound(world);
    expect(ledger.duplicated).toEqual([]);
    expect(other.life).toEqual({ kind: 'ended', code: 0, signal: null });
  });

  it('covers the shards of a member that was killed, and repeats at most what that had not committed', async () => {
    const world = await worlds.make({ streams: { orders: 4 } });
    const { group } = world;
    const members = [group.start({ clientId: 'a' }), group.start({ clientId: 'b' })];
    await world.shared(members, [2, 2]);
    await world.goesOn();
    const leader = leaderOf(group);
    const victim = members.find((member) => member !== leader);
    const left = members.find((member) => member !== victim);
    if (victim === undefined || left === undefined) throw new Error('one leads, one follows');
    await victim.kill();
    await world.shared([left], [4]);
    await world.goesOn();
    expectDuplicatesOnlyAfter(await expectSound(world), [victim]);
  });

  it('finds another leader when its leader is killed', async () => {
    const world = await worlds.make({ streams: { orders: 4 } });
    const { group } = world;
    const members = [group.start(), group.start()];
    await world.shared(members, [2, 2]);
    await group.until('a leader', () => leaderOf(group) !== undefined);
    const leader = leaderOf(group);
    const left = members.find((member) => member !== leader);
    if (leader === undefined || left === undefined) throw new Error('one leads, one follows');
    const before = Math.max(...leader.history.leads.map(({ generation }) => generation));
    await leader.kill();
    await group.until('the next leader', () =>
      left.history.leads.some(({ generation }) => generation > before),
    );
    await world.shared([left], [4]);
    await world.goesOn();
    expectDuplicatesOnlyAfter(await expectSound(world), [leader]);
  });

  it('refuses what a member still commits that stood still past its TTL; that one registers anew', async () => {
    const world = await worlds.make({
      streams: { orders: 4 },
      config: { marking: 'commit', handlerDelayMs: 300 },
    });
    const { group } = world;
    const [one, other] = [group.start(), group.start()];
    await world.shared([one, other], [2, 2]);
    const leader = leaderOf(group);
    const frozen = one === leader ? other : one;
    const awake = frozen === one ? other : one;
    const held = frozen.history.owned();
    // in the handler's hands, so that there is a commit to come
    await group.until('a batch in hand', () =>
      frozen.history.calls().some(({ ended }) => ended === null),
    );
    frozen.freeze();
    await group.until('the shards taken over', () =>
      held.every(({ shardId, fence }) =>
        awake.history.starts.some((start) => start.shardId === shardId && start.fence > fence),
      ),
    );
    await world.goesOn();
    frozen.thaw();
    await group.until('a new session', () => new Set(sessionsOf(frozen)).size === 2);
    expect(codesOf(frozen).some((code) => code === 'SessionLost')).toBe(true);
    for (const { shardId, fence } of held) {
      const late = frozen.history.commits.filter(
        (commit) => commit.shardId === shardId && commit.fence === fence,
      );
      const taken = awake.history.starts.find(
        (start) => start.shardId === shardId && start.fence > fence,
      );
      // nothing of the old fence stands behind the take-over
      for (const { position } of late) expect(position <= (taken?.position ?? '')).toBe(true);
    }
    await world.shared([frozen, awake], [2, 2]);
    expectDuplicatesOnlyAfter(await expectSound(world), [frozen]);
  });

  it('lets the younger of two processes with one static id go on; the older ends with SessionReplaced', async () => {
    const world = await worlds.make({ streams: { orders: 2 } });
    const { group } = world;
    const older = group.start({ clientId: 'worker' });
    await world.shared([older], [2]);
    const younger = group.start({ clientId: 'worker' });
    await older.ended;
    expect(older.history.over?.error).toMatchObject({ code: 'SessionReplaced' });
    expect(older.life).toMatchObject({ kind: 'ended', code: 1 });
    await world.shared([younger], [2]);
    await world.goesOn();
    // no change of the plan: the place was taken over
    expect(younger.history.snapshot?.members).toEqual(['worker']);
    expectDuplicatesOnlyAround(await expectSound(world), { older, younger });
  });
});
