import { describe, expect, it } from 'vitest';
import { parseClient } from '../../src/machines/rules/items.ts';
import { clientsPk, headKey } from '../../src/machines/rules/keys.ts';
import { parseSession } from '../../src/machines/rules/sessions.ts';
import { PROFILES, type ProfileName } from '../../src/options.ts';
import { APP, faceWorld, type FaceWorld, type Member } from '../face/face-world.ts';
import { shardId } from '../machines/group.ts';

const SECOND = 1_000;
const STREAM = 'orders';
const SHARDS = 6;
const PHASES = 3;
/** Some turns of the world's clock. */
const TURNS_MS = 30;

/** L2, of one death: what a quick table takes, and as many answers as are waited for one after another. */
const coveredWithinMs = (profile: ProfileName, answerMs: number): number => {
  const { ttlMs, heartbeatIntervalMs, pollIntervalMs } = PROFILES[profile];
  return ttlMs + 2 * heartbeatIntervalMs + 3 * pollIntervalMs + 20 * answerMs;
};

/** The joins gathered, the plan seen and the shards given back, and the answers waited for. */
const balancedWithinMs = (profile: ProfileName, answerMs: number): number =>
  SECOND + 4 * PROFILES[profile].pollIntervalMs + 24 * answerMs;

/** Three clients whose table takes so long for each answer. */
class SlowGroup {
  readonly world: FaceWorld = faceWorld();
  /** Sessions of living members that were expelled. */
  lost = 0;
  /** The longest while between two heartbeats of one session in the table. */
  longestGapMs = 0;
  readonly #beatMs = new Map<string, number>();
  readonly #profile: ProfileName;
  readonly #wayMs: readonly [number, number];
  #members: Member[] = [];

  constructor(profile: ProfileName, wayMs: readonly [number, number]) {
    this.#profile = profile;
    this.#wayMs = wayMs;
    this.world.kinesis.createStream(STREAM, SHARDS);
    this.world.table.onWrite(({ after }) => {
      if (after?.pk !== clientsPk(APP)) return;
      const client = parseClient(after);
      if (client.kind !== 'client') return;
      const nowMs = this.world.clock.monotonicMs();
      const gapMs = nowMs - (this.#beatMs.get(client.session) ?? nowMs);
      this.longestGapMs = Math.max(this.longestGapMs, gapMs);
      this.#beatMs.set(client.session, nowMs);
    });
  }

  /** A group at rest; the phases meet its heartbeats and looks at other moments. */
  static async settled(profile: ProfileName, way: readonly [number, number], phase: number) {
    const group = new SlowGroup(profile, way);
    for (let n = 0; n < 3; n += 1) group.join();
    await group.world.until('a group', () => group.isBalanced());
    await group.world.pass(15 * SECOND + phase * 370);
    return group;
  }

  join(): void {
    const member = this.world.member({ profile: this.#profile });
    const [minMs, maxMs] = this.#wayMs;
    member.store.setFaults({ requestMs: { minMs, maxMs }, answerMs: { minMs, maxMs } });
    member.client.on('error', ({ code }) => {
      if (code === 'SessionLost') this.lost += 1;
    });
    this.#members.push(member);
    void member.client.run({ streams: [STREAM], eachBatch() {} });
  }

  /** Cuts one off for good. */
  kill(who: 'leader' | 'follower'): void {
    const head = this.world.table.get(headKey(APP));
    const leader = clientOf(head?.['leader']);
    const victim = this.#members.find(
      ({ client }) => (client.clientId === leader) === (who === 'leader'),
    );
    if (victim === undefined) throw new Error(`no ${who}`);
    this.#members = this.#members.filter((member) => member !== victim);
    victim.store.cut();
  }

  /** Whether each shard belongs to a session that stands, of a member that lives. */
  isCovered(): boolean {
    const standing = this.world.registered().flatMap((item) => {
      const parsed = parseClient(item);
      return parsed.kind === 'client' ? [parsed.session] : [];
    });
    return this.#owners().every(
      (owner) => standing.some((one) => one === owner) && this.#shares().has(clientOf(owner)),
    );
  }

  isBalanced(): boolean {
    const shares = this.#shares();
    for (const owner of this.#owners()) {
      shares.set(clientOf(owner), (shares.get(clientOf(owner)) ?? 0) + 1);
    }
    const sizes = [...shares.values()];
    return this.isCovered() && Math.max(...sizes) - Math.min(...sizes) <= 1;
  }

  /** How long it takes; Infinity where it does not come within minutes. */
  async elapsed(holds: () => boolean): Promise<number> {
    const fromMs = this.world.clock.monotonicMs();
    const came = await this.world.until('it', holds).then(
      () => true,
      () => false,
    );
    return came ? this.world.clock.monotonicMs() - fromMs : Infinity;
  }

  #owners(): unknown[] {
    return Array.from(
      { length: SHARDS },
      (_, n) => this.world.checkpoint(STREAM, shardId(n))?.['lease_owner'],
    );
  }

  #shares(): Map<string, number> {
    return new Map(this.#members.map(({ client }) => [client.clientId, 0]));
  }
}

const clientOf = (session: unknown): string =>
  (typeof session === 'string' ? parseSession(session)?.clientId : undefined) ?? '';

interface Case {
  readonly profile: ProfileName;
  readonly minMs: number;
  readonly maxMs: number;
}

/** Each way to the table and back takes so long; a request is given up after a second. */
const cases: readonly Case[] = [
  { profile: 'fast', minMs: 50, maxMs: 50 },
  { profile: 'fast', minMs: 350, maxMs: 350 },
  { profile: 'fast', minMs: 450, maxMs: 450 },
  { profile: 'fast', minMs: 480, maxMs: 480 },
  { profile: 'fast', minMs: 0, maxMs: 480 },
  { profile: 'default', minMs: 480, maxMs: 480 },
  { profile: 'default', minMs: 0, maxMs: 480 },
  { profile: 'frugal', minMs: 450, maxMs: 450 },
];

/** From one heartbeat to the next, both answered; the second may be longer on its way. */
const pausedForMs = ({ profile, minMs, maxMs }: Case): number =>
  1.1 * PROFILES[profile].heartbeatIntervalMs + 2 * maxMs + (maxMs - minMs) + TURNS_MS;

/** The worst of some deaths: how long shards are without an owner, what befalls the living. */
async function afterDeathOf(who: 'leader' | 'follower', { profile, minMs, maxMs }: Case) {
  const worst = { uncoveredMs: 0, pausedMs: 0, lost: 0 };
  for (let phase = 0; phase < PHASES; phase += 1) {
    const group = await SlowGroup.settled(profile, [minMs, maxMs], phase);
    group.kill(who);
    const tookMs = await group.elapsed(() => group.isCovered());
    worst.uncoveredMs = Math.max(worst.uncoveredMs, tookMs);
    worst.pausedMs = Math.max(worst.pausedMs, group.longestGapMs);
    worst.lost += group.lost;
    group.world.end();
  }
  return worst;
}

describe('a group whose table is slow to answer', () => {
  it.each(cases)(
    'covers the shards of a dead leader in the time of L2: $profile, $minMs–$maxMs ms each way',
    async (each) => {
      const { uncoveredMs, pausedMs, lost } = await afterDeathOf('leader', each);
      expect(pausedMs).toBeLessThanOrEqual(pausedForMs(each));
      expect(uncoveredMs).toBeLessThanOrEqual(coveredWithinMs(each.profile, 2 * each.maxMs));
      expect(lost).toBe(0);
    },
  );

  it.each(cases)(
    'covers the shards of a dead follower in the time of L2: $profile, $minMs–$maxMs ms each way',
    async (each) => {
      const { uncoveredMs, pausedMs, lost } = await afterDeathOf('follower', each);
      expect(pausedMs).toBeLessThanOrEqual(pausedForMs(each));
      expect(uncoveredMs).toBeLessThanOrEqual(coveredWithinMs(each.profile, 2 * each.maxMs));
      expect(lost).toBe(0);
    },
  );

  it.each(cases)(
    'gives a client that joins its share and expels nobody: $profile, $minMs–$maxMs ms each way',
    async (each) => {
      const { profile, minMs, maxMs } = each;
      const group = await SlowGroup.settled(profile, [minMs, maxMs], 0);
      group.join();
      const tookMs = await group.elapsed(() => group.isBalanced());
      expect(tookMs).toBeLessThanOrEqual(balancedWithinMs(profile, 2 * maxMs));
      await group.world.pass(30 * SECOND);
      expect([group.isBalanced(), group.lost]).toEqual([true, 0]);
      expect(group.longestGapMs).toBeLessThanOrEqual(pausedForMs(each));
    },
  );
});
