import { describe, expect, it } from 'vitest';
import { replaceClient } from '../../src/machines/rules/writes.ts';
import { noLoss } from '../../src/simulation/checkers/d1-no-loss.ts';
import { noDuplicates } from '../../src/simulation/checkers/d4-no-duplicates.ts';
import { withinValidity } from '../../src/simulation/checkers/d5-within-validity.ts';
import { keyOrder } from '../../src/simulation/checkers/d7-key-order.ts';
import { APP, behind, found, HandMade, PACE, STREAM } from './hand-made.ts';

/** Two clients; one of them has a shard of three records. */
const pair = (): HandMade => {
  const history = new HandMade().starts('p').map('p', { '0': {}, '1': {} }).starts('q');
  for (const n of [1, 2, 3]) history.puts('0', n);
  return history.takes('p', '0');
};

/** A record of shard 1 that has the key of those of shard 0. */
const CHILD = {
  stream: STREAM,
  shardId: '1',
  sequenceNumber: '11',
  key: '0',
  n: 3,
  arrivalMs: 0,
} as const;

/** The session of another process under the client id of the first one. */
const SUCCESSOR = { clientId: 'p', nonce: 'later', ttlMs: PACE.ttlMs, streamsHash: 'h' };

describe('the checker of D4', () => {
  const cutOff = (history: HandMade): HandMade =>
    history.note({
      kind: 'notice',
      process: 'p',
      name: 'error',
      detail: 'DrainTimeout: not through',
      shard: `${STREAM}/0`,
    });
  const held = (): HandMade => pair().at(1).delivers('p', '0', [1], 'hangs');
  const again = (history: HandMade) =>
    history.givesBack('p', '0', '!NOT_STARTED').takes('q', '0').delivers('q', '0', [1]).until(60);

  it('takes what was not finished within the drain timeout for not completed, and no sooner', () => {
    expect(found(noDuplicates, again(cutOff(held().at(6))))).toEqual([]);
    expect(found(noDuplicates, again(cutOff(held().at(5))))).toEqual(['D4 duplicate']);
    expect(found(noDuplicates, again(held().at(6)))).toEqual(['D4 duplicate']);
  });

  it('takes it so though the handler was through before it came again, not before its client told', () => {
    const through = (history: HandMade): HandMade =>
      history.note({ kind: 'completed', process: 'p', call: 0 });
    expect(found(noDuplicates, again(through(cutOff(held().at(6)).at(8))))).toEqual([]);
    expect(found(noDuplicates, again(cutOff(through(held().at(7)))))).toEqual(['D4 duplicate']);
  });

  it('takes what a process that failed had not given back for not completed, and nothing else', () => {
    const failed = (history: HandMade): HandMade =>
      history.life('p', 'failed', { code: 'CloseTimeout' });
    const comesAgain = (history: HandMade) =>
      found(noDuplicates, history.takes('q', '0').delivers('q', '0', [1]).until(60));
    const done = (): HandMade => pair().at(1).delivers('p', '0', [1]).at(2);
    // left with its shard
    expect(comesAgain(failed(done().life('p', 'leaving')))).toEqual([]);
    // given back without what was through long before
    const leaving = () => done().life('p', 'leaving').givesBack('p', '0', '!NOT_STARTED');
    expect(comesAgain(failed(leaving()))).toEqual(['D4 duplicate']);
    const threw = done().note({ kind: 'threw', process: 'p', call: 7 });
    expect(comesAgain(failed(threw.givesBack('p', '0', '!NOT_STARTED')))).toEqual(['D4 duplicate']);
    // what is through while its process ends may be cut off
    const late = pair().at(1).life('p', 'leaving').delivers('p', '0', [1]);
    expect(comesAgain(failed(late.givesBack('p', '0', '!NOT_STARTED')))).toEqual([]);
    // who was expelled before could write nothing that counts
    const expelled = done().life('p', 'leaving').expels('q', 'p');
    expect(comesAgain(failed(expelled.givesBack('p', '0', '!NOT_STARTED')))).toEqual([]);
  });

  it('takes what a handler threw at for not completed', () => {
    const threw = pair()
      .delivers('p', '0', [1], 'hangs')
      .note({ kind: 'threw', process: 'p', call: 0 });
    const more = threw.givesBack('p', '0', '!NOT_STARTED').takes('q', '0').delivers('q', '0', [1]);
    expect(found(noDuplicates, more.until(60))).toEqual([]);
  });

  it('takes what was through when its shard was given back for completed, though its client id was taken since', () => {
    const taken = (history: HandMade): HandMade =>
      history.life('p', 'left').write('q', replaceClient(APP, SUCCESSOR, 'p'));
    const comesAgain = (history: HandMade) =>
      found(noDuplicates, history.takes('q', '0').delivers('q', '0', [1]).until(60));
    const through = (): HandMade => pair().delivers('p', '0', [1]);
    const back = (history: HandMade): HandMade => history.givesBack('p', '0', '!NOT_STARTED');
    expect(comesAgain(taken(back(through())))).toEqual(['D4 duplicate']);
    // it was taken with its shard, or before that was given back, or given back before the handler was through
    expect(comesAgain(taken(through()))).toEqual([]);
    expect(comesAgain(back(taken(through())))).toEqual([]);
    const late = taken(back(pair().delivers('p', '0', [1], 'hangs')));
    expect(comesAgain(late.note({ kind: 'completed', process: 'p', call: 0 }))).toEqual([]);
    // another shard says nothing
    const other = pair().takes('p', '1').delivers('p', '0', [1]);
    expect(comesAgain(taken(other.givesBack('p', '1', '!NOT_STARTED')))).toEqual([]);
    // nor is a crash, or an expulsion, an excuse for what was given back before
    expect(comesAgain(back(through()).life('p', 'crashed'))).toEqual(['D4 duplicate']);
    expect(comesAgain(back(through()).expels('q', 'p'))).toEqual(['D4 duplicate']);
    expect(comesAgain(through().life('p', 'crashed'))).toEqual([]);
  });
});

describe('the checker of D5', () => {
  const member = (trustMs: number): HandMade => {
    const setup = { clientId: 'p', slot: 0, profile: 'fast', streams: [STREAM], trustMs } as const;
    return new HandMade()
      .note({ kind: 'setup', process: 'p', ...setup })
      .starts('p')
      .map('p', { '0': {} })
      .puts('0', 1)
      .takes('p', '0')
      .beats('p');
  };
  const delivered = (history: HandMade, second: number) =>
    found(withinValidity, history.at(second).delivers('p', '0', [1]).until(60));

  it('goes by the rhythm and the clock of each member', () => {
    expect(delivered(member(2_700), 2.6)).toEqual([]);
    expect(delivered(member(2_700), 2.8)).toEqual(['D5']);
    expect(delivered(member(3_300), 3.2)).toEqual([]);
    expect(delivered(member(3_300), 3.4)).toEqual(['D5']);
  });

  it('goes by the sending of a heartbeat, however late the answer', () => {
    const late = (): HandMade => member(2_700).at(1).sendsBeat('p').at(2).hearsBeat('p', 1);
    expect(delivered(late(), 3.6)).toEqual([]);
    expect(delivered(late(), 3.8)).toEqual(['D5']);
  });

  it('takes a heartbeat for none that was carried out and not answered', () => {
    expect(delivered(member(2_700).at(1).sendsBeat('p'), 2.6)).toEqual([]);
    expect(delivered(member(2_700).at(1).sendsBeat('p'), 2.8)).toEqual(['D5']);
    expect(delivered(member(2_700).at(1).sendsBeat('p').at(2).beats('p'), 4.6)).toEqual([]);
    // the answers of others are no sign of it
    expect(delivered(member(2_700).at(1).starts('q').beats('q'), 2.8)).toEqual(['D5']);
  });

  it('goes by true time where the machine slept since, and by no other member', () => {
    const slept = (trustMs: number, process = 'p'): HandMade =>
      member(trustMs).at(1).life(process, 'paused').at(2).life(process, 'resumed');
    expect(delivered(slept(2_700), 2.9)).toEqual([]);
    expect(delivered(slept(2_700), 3.1)).toEqual(['D5']);
    expect(delivered(slept(2_700, 'q'), 2.9)).toEqual(['D5']);
    expect(delivered(slept(2_700).beats('p'), 4.8)).toEqual(['D5']);
  });
});

describe('of a process that commits by hand the checkers', () => {
  const setup = { clientId: 'p', slot: 0, profile: 'fast', streams: [STREAM], trustMs: 3_000 };
  const byHand = (): HandMade => {
    const history = new HandMade()
      .note({ kind: 'setup', process: 'p', ...setup, commits: 'byHand' })
      .starts('p')
      .map('p', { '0': {}, '1': { parents: ['0'] } })
      .starts('q');
    for (const n of [1, 2]) history.puts('0', n);
    return history.takes('p', '0');
  };
  const marks = (history: HandMade, call: number, upTo: number): HandMade =>
    history.note({ kind: 'marked', process: 'p', call, upTo: String(upTo) });
  const lost = ['D1 lost write'];

  it('take what was marked for completed, and not what a handler was through with', () => {
    const through = (): HandMade => byHand().delivers('p', '0', [1]).delivers('p', '0', [2]);
    const committed = (history: HandMade) =>
      found(noLoss, history.commits('p', '0', behind(2)).until(60));
    expect(committed(marks(through(), 1, 2))).toEqual([]);
    expect(committed(marks(through(), 0, 1))).toEqual([...lost, ...lost]);
    expect(committed(marks(marks(through(), 0, 1), 1, 2))).toEqual([]);
    // one that is marked too late was not completed when it was committed
    const late = marks(marks(through(), 0, 1).commits('p', '0', behind(2)), 1, 2);
    expect(found(noLoss, late.until(60))).toEqual(lost);
    // who commits by itself needs no mark
    const q = byHand().givesBack('p', '0', '!NOT_STARTED').takes('q', '0');
    const own = q.delivers('q', '0', [1, 2]).commits('q', '0', behind(2));
    expect(found(noLoss, own.until(60))).toEqual([]);
  });

  it('miss what was never marked, once the group is at rest', () => {
    const unmarked = (): HandMade => byHand().delivers('p', '0', [1, 2]);
    expect(found(noLoss, unmarked().until(60))).toEqual(lost);
    expect(found(noLoss, marks(unmarked(), 0, 1).until(60))).toEqual(lost);
    expect(found(noLoss, marks(unmarked(), 0, 2).until(60))).toEqual([]);
  });

  it('let come again what was not marked when its shard was given back, and nothing else', () => {
    const again = (history: HandMade) =>
      found(
        noDuplicates,
        history
          .givesBack('p', '0', '!NOT_STARTED')
          .takes('q', '0')
          .delivers('q', '0', [1])
          .until(60),
      );
    expect(again(byHand().delivers('p', '0', [1]))).toEqual([]);
    expect(again(marks(byHand().delivers('p', '0', [1]), 0, 1))).toEqual(['D4 duplicate']);
    // its handler is not through, and no client told so
    expect(again(byHand().delivers('p', '0', [1], 'hangs'))).toEqual(['D4 duplicate']);
  });

  it('let a shard go on before its last records are marked, but no child of it', () => {
    const both = (): HandMade => {
      const history = byHand().note({ kind: 'put', ...CHILD });
      return history.delivers('p', '0', [1]);
    };
    expect(found(keyOrder, both().delivers('p', '0', [2]).until(60))).toEqual([]);
    const child = (history: HandMade) =>
      found(
        keyOrder,
        history
          .takes('p', '1')
          .note({ kind: 'delivered', process: 'p', call: 7, fence: 1, ...CHILD })
          .until(60),
      );
    const through = (): HandMade => both().delivers('p', '0', [2]);
    expect(child(marks(through(), 1, 2))).toEqual([]);
    expect(child(through())).toEqual(['D7 nonmonotonic poll']);
    expect(child(marks(through(), 0, 1))).toEqual(['D7 nonmonotonic poll']);
  });
});
