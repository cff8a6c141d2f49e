import { describe, expect, it } from 'vitest';
import { headKey, mapKey } from '../../src/machines/rules/keys.ts';
import { commit } from '../../src/machines/rules/writes.ts';
import { storeUnits } from '../../src/simulation/checkers/c1-store-units.ts';
import { idleHeartbeats } from '../../src/simulation/checkers/c2-idle-heartbeats.ts';
import { keptReaders } from '../../src/simulation/checkers/d8-kept-readers.ts';
import { oneLeader } from '../../src/simulation/checkers/l1-one-leader.ts';
import { allOwned } from '../../src/simulation/checkers/l2-all-owned.ts';
import { ownedAsPlanned } from '../../src/simulation/checkers/l3-owned-as-planned.ts';
import { causedGenerations } from '../../src/simulation/checkers/l4-caused-generations.ts';
import { commitsInTime } from '../../src/simulation/checkers/l5-commits-in-time.ts';
import { backAgain } from '../../src/simulation/checkers/l6-back-again.ts';
import { childrenInTime } from '../../src/simulation/checkers/l7-children-in-time.ts';
import { closeEnds } from '../../src/simulation/checkers/l8-close-ends.ts';
import { nobodyStarves } from '../../src/simulation/checkers/l9-nobody-starves.ts';
import { APP, behind, found, HandMade, PACE, pair, sessionOf, STREAM } from './hand-made.ts';

describe('the checker of D8', () => {
  const kept = (): HandMade =>
    new HandMade()
      .starts('p')
      .map('p', { '0': {}, '1': {} })
      .publishes('p', { p: '0' })
      .adopts('p')
      .takes('p', '0')
      .takes('p', '1')
      .starts('q')
      .publishes('p', { p: '0', q: '1' })
      .adopts('p');

  it('finds a reader that stops though both plans give its shard to the session', () => {
    const stopped = kept().givesBack('p', '0', behind(1));
    expect(found(keptReaders, stopped.until(20))).toEqual(['D8']);
  });

  it('lets one stop that a plan took away, that ended or that was lost, and the readers of another session', () => {
    const moved = kept().givesBack('p', '1', behind(1)).ends('p', '0');
    expect(found(keptReaders, moved.until(20))).toEqual([]);
    const anew = kept()
      .note({ kind: 'notice', process: 'p', name: 'ready' })
      .reader('p', 'shardEnd', '0', 1, 'moved');
    expect(found(keptReaders, anew.until(20))).toEqual([]);
  });
});

describe('the checker of L1', () => {
  const takenOver = (second: number) =>
    pair().life('p', 'crashed').beatUntil(second, 'q').publishes('q', { q: '0' }).until(40);

  it('finds a group that is led by nobody for longer than TTL + 2 · poll + 2 s', () => {
    expect(found(oneLeader, takenOver(19))).toEqual(['L1']);
    expect(found(oneLeader, pair().life('p', 'crashed').until(40))).toEqual(['L1']);
  });

  it('waits for a takeover until then', () => {
    expect(found(oneLeader, takenOver(18))).toEqual([]);
  });

  it('counts from when a stopped process goes on, and a cut one is heard again', () => {
    const late = pair().life('p', 'crashed');
    const resumed = late.at(14).life('q', 'paused').at(15).life('q', 'resumed').at(23);
    expect(found(oneLeader, resumed.publishes('q', { q: '0' }).until(40))).toEqual([]);
    const cut = pair().life('p', 'crashed').life('q', 'cut', { untilMs: 15_000 }).at(23);
    expect(found(oneLeader, cut.publishes('q', { q: '0' }).until(40))).toEqual([]);
  });

  it('asks nothing of a group in which nobody is left', () => {
    const deserted = pair().life('p', 'crashed').life('q', 'crashed');
    expect(found(oneLeader, deserted.until(60))).toEqual([]);
  });
});

describe('the checker of L2', () => {
  const takenBack = (second: number) =>
    pair().life('q', 'crashed').beatUntil(16, 'p').expels('p', 'q').at(second).takes('p', '1');

  it('finds an active shard without a live owner after TTL + 2 · heartbeat + 3 · poll + drain', () => {
    expect(found(allOwned, takenBack(26).until(60))).toEqual(['L2']);
    expect(found(allOwned, pair().life('q', 'crashed').until(60))).toEqual(['L2']);
  });

  it('waits for a taker until then, and a TTL more where the leader died with others', () => {
    expect(found(allOwned, takenBack(24).until(60))).toEqual([]);
    const three = new HandMade()
      .starts('p')
      .map('p', { '0': {}, '1': {} })
      .publishes('p', { p: '0' })
      .starts('q')
      .starts('r')
      .publishes('p', { p: '0', q: '1', r: null })
      .takes('p', '0')
      .takes('q', '1')
      .at(10)
      .life('p', 'crashed')
      .life('q', 'crashed')
      .quiet();
    const late = three.at(28).takes('r', '0').takes('r', '1');
    expect(found(allOwned, late.until(60))).toEqual([]);
  });

  it('asks for no shard that ended, nor for one whose parent did not', () => {
    const lineage = new HandMade()
      .starts('p')
      .map('p', { '0': {}, '1': { parents: ['0'] } })
      .publishes('p', { p: '0' })
      .takes('p', '0')
      .at(10)
      .quiet();
    expect(found(allOwned, lineage.until(60))).toEqual([]);
    expect(found(allOwned, lineage.at(61).ends('p', '0').until(90))).toEqual(['L2']);
  });
});

describe('the checker of L3', () => {
  const moved = (second: number) =>
    pair().givesBack('q', '1', behind(1)).takes('p', '1').beatUntil(second, 'p', 'q');

  it('finds a shard that another one owns than the plan says', () => {
    expect(found(ownedAsPlanned, moved(60).until(60))).toEqual(['L3']);
  });

  it('waits for the time of L2 and a drain', () => {
    const put = moved(29).givesBack('p', '1', behind(1)).takes('q', '1');
    expect(found(ownedAsPlanned, put.until(60))).toEqual([]);
  });

  it('gives what a later plan moves the time of one move', () => {
    const later = pair().beatUntil(50, 'p', 'q').starts('r').beatUntil(80, 'p', 'q', 'r');
    const planned = later.publishes('p', { p: '0', q: null, r: '1' }).beatUntil(85, 'p', 'q', 'r');
    expect(found(ownedAsPlanned, planned.until(85))).toEqual([]);
    expect(found(ownedAsPlanned, planned.until(120))).toEqual(['L3']);
  });
});

describe('the checker of L4', () => {
  it('finds a generation that says what the one before said', () => {
    const again = pair().beatUntil(20, 'p', 'q').publishes('p', { p: '0', q: '1' });
    expect(found(causedGenerations, again.until(30))).toEqual(['L4']);
  });

  it('finds one over a map that only has another version', () => {
    const same = pair().map('p', { '0': {}, '1': {} }).publishes('p', { p: '0', q: '1' });
    expect(found(causedGenerations, same.until(30))).toEqual(['L4']);
  });

  it('takes a map for a cause that changed and changed back, but not before the generation before', () => {
    const both = { '0': {}, '1': {} };
    const stale = (history: HandMade): HandMade => history.map('p', { '1': {} });
    const back = (history: HandMade): HandMade =>
      history.map('p', both).publishes('p', { p: '0', q: '1' });
    expect(found(causedGenerations, back(stale(pair())).until(30))).toEqual([]);
    expect(found(causedGenerations, back(back(stale(pair()))).until(30))).toEqual(['L4']);
  });

  it('takes one for caused that was on its way when an operator removed the head, and none of later', () => {
    const removed = (when: 'before' | 'after'): HandMade => {
      const history = new HandMade().starts('p').map('p', { '0': {} }).publishes('p', { p: '0' });
      if (when === 'before') history.plans('p', { p: '0' }, 'late');
      history.operatorRemoves(headKey(APP)).publishesFirst('p', { p: '0' });
      if (when === 'after') history.plans('p', { p: '0' }, 'late');
      return history.at(2).names('p', 'late');
    };
    expect(found(causedGenerations, removed('before').until(30))).toEqual([]);
    expect(found(causedGenerations, removed('after').until(30))).toEqual(['L4']);
  });

  it('finds one that leaves out a member that is there', () => {
    const without = pair().beatUntil(20, 'p', 'q').publishes('p', { p: '0' });
    expect(found(causedGenerations, without.until(30))).toEqual(['L4']);
  });

  it('finds a takeover from a leader that heartbeats', () => {
    const taken = pair().beatUntil(20, 'p', 'q').publishes('q', { p: '0', q: '1' });
    expect(found(causedGenerations, taken.until(30))).toEqual(['L4']);
  });

  it('takes joins, leaves, losses, changes of the map and silent leaders for causes', () => {
    const caused = pair()
      .starts('r')
      .publishes('p', { p: '0', q: '1', r: null })
      .beats('r', 'leaving')
      .publishes('p', { p: '0', q: '1' })
      .expels('p', 'r')
      .map('p', { '0': { ended: true }, '1': {} })
      .publishes('p', { p: '1', q: null })
      .beatUntil(17, 'q')
      .publishes('q', { q: '1' })
      .expels('q', 'p');
    expect(found(causedGenerations, caused.until(30))).toEqual([]);
  });
});

describe('the checker of L5', () => {
  const dirty = (): HandMade => pair().puts('0', 1).at(12).delivers('p', '0', [1]);

  it('finds a completed record that is not committed within two commit intervals', () => {
    expect(found(commitsInTime, dirty().until(30))).toEqual(['L5']);
    expect(found(commitsInTime, dirty().at(15).commits('p', '0', behind(1)).until(30))).toEqual([
      'L5',
    ]);
  });

  it('waits for a commit until then, and asks for none of an owner that is gone', () => {
    expect(found(commitsInTime, dirty().at(14).commits('p', '0', behind(1)).until(30))).toEqual([]);
    expect(found(commitsInTime, dirty().at(13).life('p', 'crashed').until(30))).toEqual([]);
    const behindOther = pair().puts('0', 1).puts('0', 2).at(12).delivers('p', '0', [1], 'hangs');
    expect(found(commitsInTime, behindOther.delivers('p', '0', [2]).until(30))).toEqual([]);
  });
});

describe('the checker of L6', () => {
  const expelled = (): HandMade => pair().expels('p', 'q');

  it('finds a process that runs on without a session', () => {
    expect(found(backAgain, expelled().until(40))).toEqual(['L6']);
  });

  it('finds one that came back and is in no plan', () => {
    const back = expelled().publishes('p', { p: '0' }).at(13).registers('q');
    expect(found(backAgain, back.until(40))).toEqual(['L6']);
    const planned = back.at(15).publishes('p', { p: '0', q: '1' });
    expect(found(backAgain, planned.until(40))).toEqual([]);
  });

  it('finds an expulsion of one that runs, once nothing disturbs the group', () => {
    const late = pair().beatUntil(30, 'p', 'q').expels('p', 'q').registers('q');
    expect(found(backAgain, late.until(32))).toEqual(['L6']);
    const dead = pair().life('q', 'crashed').beatUntil(15, 'p').expels('p', 'q');
    expect(found(backAgain, dead.publishes('p', { p: '0' }).until(40))).toEqual([]);
  });
});

describe('the checker of L7', () => {
  const parent = (): HandMade =>
    new HandMade()
      .starts('p')
      .map('p', { '0': {}, '1': { parents: ['0'] } })
      .publishes('p', { p: '0' })
      .takes('p', '0')
      .at(10)
      .quiet()
      .beatUntil(30, 'p')
      .ends('p', '0');

  it('finds a child that nobody takes within 3 · poll of the end of its parent', () => {
    expect(found(childrenInTime, parent().until(50))).toEqual(['L7']);
    expect(found(childrenInTime, parent().at(33).takes('p', '1').until(50))).toEqual(['L7']);
    expect(found(childrenInTime, parent().at(32).takes('p', '1').until(50))).toEqual([]);
  });

  it('waits for a listing where the map lacks the child', () => {
    const unlisted = new HandMade()
      .starts('p')
      .map('p', { '0': {} })
      .publishes('p', { p: '0' })
      .takes('p', '0')
      .at(10)
      .quiet()
      .beatUntil(30, 'p')
      .ends('p', '0')
      .map('p', { '0': { ended: true }, '1': { parents: ['0'] } });
    expect(found(childrenInTime, unlisted.at(34).takes('p', '1').until(50))).toEqual([]);
  });

  it('waits in the time of L2 for a child that the plan gave to a client that had died', () => {
    const planned = (reader: 'p' | 'q'): HandMade =>
      new HandMade()
        .starts('p')
        .starts('q')
        .map('p', { '0': {}, '1': { parents: ['0'] } })
        .publishes('p', { p: '0', q: null })
        .takes('p', '0')
        .at(10)
        .quiet()
        .beatUntil(20, 'p', 'q')
        .life('q', 'crashed')
        .at(22)
        .ends('p', '0')
        .map('p', { '0': { ended: true }, '1': { parents: ['0'] } })
        .publishes('p', reader === 'q' ? { p: null, q: '1' } : { p: '1', q: null })
        .beatUntil(33, 'p')
        .expels('p', 'q')
        .publishes('p', { p: '1' });
    // 21 s, and 13.3 s of L2
    expect(found(childrenInTime, planned('q').at(34).takes('p', '1').until(50))).toEqual([]);
    expect(found(childrenInTime, planned('q').at(35).takes('p', '1').until(50))).toEqual(['L7']);
    expect(found(childrenInTime, planned('p').at(34).takes('p', '1').until(50))).toEqual(['L7']);
  });
});

describe('the checker of L8', () => {
  const leaving = (): HandMade => pair().life('q', 'leaving');

  it('finds a close that is not through at its deadline', () => {
    expect(found(closeEnds, leaving().until(21))).toEqual(['L8']);
    expect(found(closeEnds, leaving().at(21).life('q', 'left').until(40))).toEqual(['L8']);
  });

  it('takes a close for ended that gives up at its deadline, dies, or was stopped', () => {
    const gaveUp = leaving().at(20).life('q', 'failed', { code: 'CloseTimeout' });
    const died = leaving().at(15).life('q', 'crashed');
    const stopped = leaving().at(12).life('q', 'paused').at(30).life('q', 'resumed').at(30.5);
    for (const history of [gaveUp, died, stopped.life('q', 'left')]) {
      expect(found(closeEnds, history.until(40))).toEqual([]);
    }
  });
});

describe('the checker of L9', () => {
  it('finds a session that does not heartbeat while its process runs', () => {
    expect(found(nobodyStarves, pair().beatUntil(30, 'p').until(30))).toEqual(['L9']);
    expect(found(nobodyStarves, pair().beatUntil(30, 'p', 'q').until(30))).toEqual([]);
  });

  it('finds a shard whose records wait though its handler is idle, beside one that is stuck', () => {
    const stuck = pair().puts('0', 1).puts('1', 1).delivers('p', '0', [1], 'hangs');
    const waiting = stuck.beatUntil(30, 'p', 'q');
    expect(found(nobodyStarves, waiting.until(30))).toEqual(['L9']);
    const served = pair().puts('0', 1).puts('1', 1).delivers('p', '0', [1], 'hangs');
    expect(
      found(nobodyStarves, served.delivers('q', '1', [1]).beatUntil(30, 'p', 'q').until(30)),
    ).toEqual([]);
  });
});

describe('the checker of L9, of what cannot be read', () => {
  const lapses = (history: HandMade): HandMade =>
    history.note({ kind: 'lapsed', stream: STREAM, beforeMs: 20_000 });
  const waits = (history: HandMade): readonly string[] =>
    found(nobodyStarves, history.beatUntil(30, 'p', 'q').until(30));

  it('waits for no record that lapsed, and for the next one that did not', () => {
    expect(waits(pair().puts('0', 1))).toEqual(['L9']);
    expect(waits(lapses(pair().puts('0', 1)))).toEqual([]);
    expect(waits(lapses(pair().puts('0', 1)).puts('0', 2))).toEqual(['L9']);
    // what stands behind the lapsed ones was read
    const passed = () => lapses(pair().puts('0', 1)).puts('0', 2).delivers('p', '0', [2]);
    expect(waits(passed())).toEqual([]);
    expect(waits(passed().puts('0', 3))).toEqual(['L9']);
  });

  it('waits for nothing at a position of another stream of the name, where its client told so', () => {
    const stranger = (detail: string): HandMade => {
      const history = new HandMade()
        .note({ kind: 'stream', stream: STREAM, what: 'created', createdAtMs: 1 })
        .starts('p')
        .map('p', { '0': {}, '1': {} })
        .puts('0', 1)
        .takes('p', '0')
        .delivers('p', '0', [1])
        .commits('p', '0', behind(1))
        .note({ kind: 'stream', stream: STREAM, what: 'deleted', createdAtMs: 1 })
        .note({ kind: 'stream', stream: STREAM, what: 'created', createdAtMs: 2 })
        .operatorRemoves(mapKey(APP, STREAM))
        .mapAnew('p', { '0': {}, '1': {} }, 0, 2)
        .givesBack('p', '0', behind(1))
        .takes('p', '0')
        .note({ kind: 'notice', process: 'p', name: 'error', detail, shard: `${STREAM}/0` });
      return history.beatUntil(10, 'p').quiet().puts('0', 901);
    };
    const held = (history: HandMade): readonly string[] =>
      found(nobodyStarves, history.beatUntil(30, 'p').until(30));
    expect(held(stranger('ItemCorrupted: unknown'))).toEqual([]);
    expect(held(stranger('StoreThrottled: slowly'))).toEqual(['L9']);
    const other = stranger('ItemCorrupted: unknown').takes('p', '1').puts('1', 911);
    expect(held(other)).toEqual(['L9']);
  });
});

describe('the checker of C1', () => {
  const charged = (readUnits: number, writeUnits: number, group = pair()): HandMade => {
    const history = group.beatUntil(60, 'p', 'q');
    const rhythm = { heartbeatIntervalMs: 1_000, pollIntervalMs: 500 };
    const charge = (process: string, reads: number, writes: number) =>
      history.note({ kind: 'usage', process, readUnits: reads, writeUnits: writes, ...rhythm });
    charge('p', 100, 100);
    charge('q', 100, 100);
    history.at(80);
    charge('p', 100 + readUnits, 100 + writeUnits);
    charge('q', 140, 120);
    return history;
  };

  it('finds more units than the formula and 5 %, of reads and of writes', () => {
    expect(found(storeUnits, charged(80, 20).until(80))).toEqual(['C1']);
    expect(found(storeUnits, charged(60, 30).until(80))).toEqual(['C1']);
  });

  it('allows what the formula says', () => {
    expect(found(storeUnits, charged(60, 20).until(80))).toEqual([]);
  });

  it('allows a read each 5 s to each member that was given a shard, as long as nobody took it', () => {
    const most = (group: () => HandMade): number => {
      for (let reads = 60; reads <= 120; reads++) {
        if (found(storeUnits, charged(reads, 20, group()).until(80)).length > 0) return reads - 1;
      }
      throw new Error('nothing is too much');
    };
    const untaken = (): HandMade =>
      new HandMade()
        .starts('p')
        .map('p', { '0': {}, '1': {} })
        .publishes('p', { p: '0' })
        .starts('q')
        .publishes('p', { p: '0', q: '1' })
        .takes('p', '0')
        .beatUntil(10, 'p', 'q')
        .quiet();

    // both were given the second shard, for 20 s
    expect(most(untaken) - most(pair)).toBe(2 * Math.ceil(20 / 5 / 0.9));
  });
});

describe('the checker of C2', () => {
  const idle = (): HandMade => pair().beatUntil(60, 'p', 'q');
  const again = commit(APP, STREAM, '0', sessionOf('p'), 1, behind(1));

  it('finds any write of an idle group but heartbeats', () => {
    expect(found(idleHeartbeats, idle().commits('p', '0', behind(1)).until(70))).toEqual(['C2']);
    const repeated = { ...again, when: [] };
    const twice = pair().commits('p', '0', behind(1)).beatUntil(60, 'p').write('p', repeated);
    expect(found(idleHeartbeats, twice.until(70))).toEqual(['C2']);
    expect(
      found(idleHeartbeats, idle().publishes('p', { p: '0', q: '1' }).until(70)).length,
    ).toBeGreaterThan(0);
  });

  it('lets heartbeats go on, and what an operator writes', () => {
    expect(found(idleHeartbeats, idle().until(70))).toEqual([]);
    const edited = idle().operator('0', { sequence_number: '7' });
    expect(found(idleHeartbeats, edited.until(70))).toEqual([]);
  });

  it('lets a map be made anew that an operator removed, with a generation that stands on it', () => {
    const shards = { '0': {}, '1': {} };
    const anew = (history: HandMade): HandMade =>
      history
        .beatUntil(60, 'p', 'q')
        .mapAnew('p', shards, 5_000)
        .beatUntil(62, 'p', 'q')
        .publishes('p', { p: '0', q: '1' });
    const removed = () => pair().operatorRemoves(mapKey(APP, STREAM));
    expect(found(idleHeartbeats, anew(removed()).until(140))).toEqual([]);
    const more = anew(removed()).beatUntil(120, 'p', 'q').map('p', shards);
    expect(found(idleHeartbeats, more.until(140))).toEqual(['C2']);
  });

  it('gives the generation over a map made anew the time of a listing: who made it may not have lived to tell', () => {
    const planned = (second: number): HandMade =>
      pair()
        .map('p', { '0': {}, '1': {} })
        .publishes('p', { p: '0', q: '1' })
        .operatorRemoves(mapKey(APP, STREAM))
        .beatUntil(30, 'p', 'q')
        .mapAnew('p', { '0': {}, '1': {} }, 5_000)
        .beatUntil(second, 'p', 'q')
        .publishes('p', { p: '0', q: '1' });
    expect(found(idleHeartbeats, planned(85).until(200))).toEqual([]);
    expect(found(idleHeartbeats, planned(100).until(200))).toEqual(['C2', 'C2']);
  });

  it('lets the shards that lapsed leave the map, and a generation stand on it, once', () => {
    const family = { '0': {}, '1': {} };
    const withEnded = { ...family, '2': { ended: true } };
    const lapsed = (): HandMade => {
      const known = pair().map('p', withEnded).publishes('p', { p: '0', q: '1' });
      return known.note({ kind: 'lapsed', stream: STREAM, beforeMs: 10_000 });
    };
    const leaves = (history: HandMade): HandMade =>
      history.map('p', family).beatUntil(62, 'p', 'q').publishes('p', { p: '0', q: '1' });
    const idleFor = (history: HandMade): HandMade => history.beatUntil(60, 'p', 'q');
    const judged = (history: HandMade) => found(idleHeartbeats, history.until(140));
    expect(judged(leaves(idleFor(lapsed())))).toEqual([]);
    const untold = pair().map('p', withEnded).publishes('p', { p: '0', q: '1' });
    expect(judged(leaves(idleFor(untold)))).toContain('C2');
    // one that comes back and leaves again is no news
    const again = leaves(idleFor(lapsed())).beatUntil(120, 'p', 'q').map('p', withEnded);
    expect(judged(again.beatUntil(122, 'p', 'q').map('p', family))).toEqual(['C2', 'C2']);
  });
});

it('asks for nothing while there is no quiet phase', () => {
  const restless = new HandMade().starts('p').map('p', { '0': {} });
  const evidence = restless.until(60, { pace: PACE });
  for (const check of [oneLeader, allOwned, ownedAsPlanned, backAgain, nobodyStarves, storeUnits]) {
    expect(found(check, evidence)).toEqual([]);
  }
});
