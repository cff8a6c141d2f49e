import { describe, expect, it } from 'vitest';
import { clientKey, headKey, mapKey } from '../../src/machines/rules/keys.ts';
import { idleHeartbeats } from '../../src/simulation/checkers/c2-idle-heartbeats.ts';
import { oneDeliverer } from '../../src/simulation/checkers/d6-one-deliverer.ts';
import { allOwned } from '../../src/simulation/checkers/l2-all-owned.ts';
import { ownedAsPlanned } from '../../src/simulation/checkers/l3-owned-as-planned.ts';
import { childrenInTime } from '../../src/simulation/checkers/l7-children-in-time.ts';
import { closeEnds } from '../../src/simulation/checkers/l8-close-ends.ts';
import { nobodyStarves } from '../../src/simulation/checkers/l9-nobody-starves.ts';
import { membersStand } from '../../src/simulation/checkers/s7-members-stand.ts';
import { APP, behind, found, HandMade, STREAM, pair } from './hand-made.ts';

const SHARDS = { '0': {}, '1': {} };

describe('a client item that an operator removed lets its session', () => {
  const owned = (): HandMade =>
    new HandMade()
      .starts('p')
      .map('p', SHARDS)
      .starts('q')
      .puts('0', 1)
      .takes('p', '0')
      .at(1)
      .beats('p');
  const after = (history: HandMade, second: number) =>
    found(
      oneDeliverer,
      history.takes('q', '0').at(second).delivers('p', '0', [1], 'completes', 1).until(60),
    );
  const erased = (clientId = 'p'): HandMade =>
    owned().at(1.5).operatorRemoves(clientKey(APP, clientId));

  it('deliver until its last heartbeat is not trusted any more, beside its successor, and no longer', () => {
    expect(after(erased(), 3.9)).toEqual([]);
    expect(after(erased(), 4.1)).toEqual(['D6']);
  });

  it('deliver so as one that was replaced, and none that was expelled or whose item stands', () => {
    const replaced = (): HandMade => owned().set('r', clientKey(APP, 'p'), { nonce: 'r', rv: 0 });
    expect(after(replaced(), 3.9)).toEqual([]);
    expect(after(replaced(), 4.1)).toEqual(['D6']);
    expect(after(owned().expels('q', 'p'), 2)).toEqual(['D6']);
    expect(after(erased('q').registers('q'), 2)).toEqual(['D6']);
  });
});

describe('a close of a process that is stopped', () => {
  const step = (history: HandMade, kind: 'pause' | 'suspend'): HandMade =>
    history.note({ kind: 'action', action: { kind, slot: 0, forMs: 1 } }).life('q', 'paused');
  const left = (history: HandMade, second: number) =>
    found(closeEnds, history.at(second).life('q', 'left').until(60));
  /** With 8 s left of its 10 s. */
  const during = (kind: 'pause' | 'suspend'): HandMade =>
    step(pair().life('q', 'leaving').at(12), kind).at(30).life('q', 'resumed');
  const before = (kind: 'pause' | 'suspend'): HandMade =>
    step(pair(), kind).at(12).life('q', 'leaving').at(30).life('q', 'resumed');

  it('has what was left of its deadline where its clock stood, and a second where it went on', () => {
    expect(left(during('suspend'), 38)).toEqual([]);
    expect(left(during('suspend'), 38.5)).toEqual(['L8']);
    expect(left(during('pause'), 31)).toEqual([]);
    expect(left(during('pause'), 31.5)).toEqual(['L8']);
  });

  it('has all of it where it was told meanwhile, if its clock stood', () => {
    expect(left(before('suspend'), 40)).toEqual([]);
    expect(left(before('suspend'), 40.5)).toEqual(['L8']);
    expect(left(before('pause'), 31.5)).toEqual(['L8']);
  });
});

describe('an owner whose item a foreign write took', () => {
  const taken = (history = pair()): HandMade =>
    history.at(15).operator('1', { sequence_number: '7' });
  const judged = (history: HandMade) => {
    const evidence = history.beatUntil(80, 'p', 'q').until(80);
    return [...found(allOwned, evidence), ...found(ownedAsPlanned, evidence)];
  };

  it('counts as the owner while it lives, reads on and has nothing to commit', () => {
    expect(judged(taken())).toEqual([]);
    expect(judged(taken().at(16).delivers('q', '1', [1], 'hangs'))).toEqual([]);
    const again = taken().at(17).operator('1', null);
    expect(judged(again)).toEqual([]);
  });

  it('does not once it completed something, ended, or died without being the owner again', () => {
    const both = ['L2', 'L3'];
    expect(judged(taken().at(16).puts('1', 1).delivers('q', '1', [1]))).toEqual(both);
    expect(judged(taken(pair().puts('1', 1).delivers('q', '1', [1])))).toEqual(both);
    expect(judged(taken().reader('q', 'shardEnd', '1', 1, 'lost'))).toEqual(both);
    const ended = pair().reader('q', 'shardEnd', '1', 1, 'error');
    expect(judged(taken(ended))).toEqual(both);
    const expelled = taken().life('q', 'crashed').expels('p', 'q');
    expect(found(allOwned, expelled.until(80))).toEqual(['L2']);
    const healed = taken().at(16).puts('1', 1).delivers('q', '1', [1]).at(18).takes('q', '1');
    expect(judged(healed)).toEqual([]);
  });

  it('does so too where its acquire was not answered yet, and by none but that acquire', () => {
    const robbed = (history = pair()): HandMade =>
      history.at(15).reader('q', 'shardEnd', '1', 1, 'lost').acquires('q', '1', 2);
    const starts = (fence: number): HandMade =>
      robbed().operator('1', null).reader('q', 'shardStart', '1', fence);
    expect(judged(starts(2))).toEqual([]);
    expect(judged(starts(1))).toEqual(['L2', 'L3']);
    expect(judged(robbed().operator('1', null))).toEqual(['L2', 'L3']);
  });

  it('does so again once another one took the shard meanwhile and died, until it completes something', () => {
    const passed = (): HandMade =>
      taken().at(16).starts('r').takes('r', '1', 2).life('r', 'crashed').expels('p', 'r');
    expect(judged(passed())).toEqual([]);
    expect(judged(passed().at(18).puts('1', 1).delivers('q', '1', [1]))).toEqual(['L2', 'L3']);
    expect(judged(passed().reader('q', 'shardEnd', '1', 1, 'lost'))).toEqual(['L2', 'L3']);
  });

  it('does not where others read or stop', () => {
    const others = taken().at(16).puts('0', 1).delivers('p', '0', [1]).commits('p', '0', behind(1));
    expect(judged(others.reader('p', 'shardEnd', '1', 9, 'moved'))).toEqual([]);
  });
});

describe('an ended shard whose end a foreign write took', () => {
  const ENDED = { '0': {}, '1': { ended: true } };
  const taken = (history: HandMade): HandMade =>
    history.at(30).operator('1', { sequence_number: '7' });
  const judged = (history: HandMade) => {
    const evidence = history.beatUntil(90, 'p', 'q').until(90);
    const shards = [...evidence.shards[STREAM]!, listed];
    return found(allOwned, { ...evidence, shards: { [STREAM]: shards } });
  };
  const listed = {
    shardId: '1',
    parentShardId: null,
    adjacentParentShardId: null,
    startingHashKey: '1000',
    endingHashKey: '2000',
    closed: true,
  };
  const ended = (): HandMade => pair().at(12).ends('q', '1').map('p', ENDED);

  it('stays ended where the map has it so, or lacks it since', () => {
    expect(judged(taken(ended()))).toEqual([]);
    expect(judged(taken(ended().map('p', { '0': {} })))).toEqual([]);
    expect(judged(taken(ended()).map('p', { '0': {} }))).toEqual([]);
  });

  it('has to be read again where no map had it so, or a later one does not any more', () => {
    expect(judged(taken(pair().at(12).ends('q', '1')))).toEqual(['L2']);
    expect(judged(taken(ended().map('p', SHARDS)))).toEqual(['L2']);
    const anew = ended().operatorRemoves(mapKey(APP, STREAM)).mapAnew('p', { '0': {} });
    expect(judged(taken(anew))).toEqual(['L2']);
  });
});

describe('a map that an operator removed', () => {
  const anew = (second: number) => {
    const history = pair().at(12).operatorRemoves(mapKey(APP, STREAM)).beatUntil(second, 'p', 'q');
    const listed = history.mapAnew('q', SHARDS, 5_000).publishes('p', { p: '0', q: '1' }, 'anew');
    return found(idleHeartbeats, listed.beatUntil(120, 'p', 'q').until(120));
  };

  it('begins anew by the listing of the next minute, with a generation after it, and that is no idle write', () => {
    expect(anew(70)).toEqual([]);
    expect(anew(80)).toContain('C2');
  });
});

describe('a shard that no plan named when an operator removed its map', () => {
  /** Both shards are planned; the next map has a third, which p takes. */
  const anew = (second: number, takenAtSecond: number): HandMade =>
    pair()
      .operatorRemoves(mapKey(APP, STREAM))
      .beatUntil(second, 'p', 'q')
      .mapAnew('p', { ...SHARDS, '2': {} })
      .publishes('p', { p: '0', q: '2' })
      .beatUntil(takenAtSecond, 'p', 'q')
      .takes('q', '2');

  it('is known by the next listing, which may take a minute', () => {
    expect(found(allOwned, anew(70, 71).until(100))).toEqual([]);
    expect(found(allOwned, anew(70, 74).until(100))).toEqual(['L2']);
    expect(found(allOwned, anew(80, 81).until(100))).toEqual(['L2']);
  });

  it('is not one that the plan names', () => {
    const crashed = pair().operatorRemoves(mapKey(APP, STREAM)).life('q', 'crashed').at(12);
    const taken = (second: number) =>
      crashed
        .expels('p', 'q')
        .beatUntil(second, 'p')
        .mapAnew('p', SHARDS)
        .publishes('p', { p: '0' })
        .takes('p', '1');
    expect(found(allOwned, taken(70).until(100))).toEqual(['L2']);
  });

  it('waits for that listing too where its parents ended', () => {
    const both = { '0': { ended: true }, '1': { parents: ['0'] } };
    const parent = () =>
      new HandMade().starts('p').map('p', { '0': {} }).publishes('p', { p: '0' });
    const removed = (history: HandMade): HandMade =>
      history.operatorRemoves(mapKey(APP, STREAM)).quiet();
    const ended = () => removed(parent().takes('p', '0').at(10).ends('p', '0'));
    const anew = (second: number, takenAtSecond: number): HandMade =>
      ended()
        .beatUntil(second, 'p')
        .mapAnew('p', both)
        .publishes('p', { p: '1' })
        .at(takenAtSecond)
        .takes('p', '1');
    const judged = (history: HandMade) => found(childrenInTime, history.until(100));
    expect(judged(anew(70, 71))).toEqual([]);
    expect(judged(anew(70, 74))).toEqual(['L7']);
    expect(judged(anew(80, 81))).toEqual(['L7']);
    // planned before
    const planned = parent().takes('p', '0').at(10).ends('p', '0').map('p', both);
    const late = removed(planned.publishes('p', { p: '1' }))
      .beatUntil(70, 'p')
      .takes('p', '1');
    expect(judged(late)).toEqual(['L7']);
  });
});

describe('a late acquire of an ended shard whose item an operator removed', () => {
  const ended = (): HandMade => pair().puts('1', 1).delivers('q', '1', [1]).ends('q', '1');
  const mapped = (history: HandMade): HandMade =>
    history.map('p', { '0': {}, '1': { ended: true } });
  const late = (history: HandMade): HandMade =>
    history.at(11).operator('1', null).takes('q', '1', 1);
  const judged = (history: HandMade) =>
    found(nobodyStarves, history.beatUntil(40, 'p', 'q').until(40));

  it('gives its owner nothing to read where the map had it as ended', () => {
    expect(judged(late(mapped(ended())))).toEqual([]);
  });

  it('gives its owner all to read where it had not', () => {
    expect(judged(late(ended()))).toEqual(['L9']);
    expect(judged(mapped(late(ended())))).toEqual(['L9']);
    // the item stood
    const again = mapped(pair().puts('1', 1)).givesBack('q', '1', '!NOT_STARTED').takes('p', '1');
    expect(judged(again)).toEqual(['L9']);
  });
});

describe('the checker of S7, of members', () => {
  it('takes a generation that was on its way when an operator removed the head by what it was, and none of later', () => {
    const removed = (when: 'before' | 'after'): HandMade => {
      const history = new HandMade().starts('p').starts('q').map('p', { '0': {} });
      history.publishes('p', { p: '0', q: null });
      if (when === 'before') history.plans('p', { p: '0', q: null }, 'late');
      history.beatUntil(10, 'p').expels('p', 'q');
      history.operatorRemoves(headKey(APP)).publishesFirst('p', { p: '0' });
      if (when === 'after') history.plans('p', { p: '0', q: null }, 'late');
      return history.names('p', 'late');
    };
    expect(found(membersStand, removed('before').until(30))).toEqual([]);
    expect(found(membersStand, removed('after').until(30))).toEqual(['S7']);
  });
});
