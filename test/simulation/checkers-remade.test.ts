import { describe, expect, it } from 'vitest';
import { clientKey, mapKey } from '../../src/machines/rules/keys.ts';
import { NOT_STARTED } from '../../src/machines/rules/positions.ts';
import { noLoss } from '../../src/simulation/checkers/d1-no-loss.ts';
import { gapFree } from '../../src/simulation/checkers/d2-gap-free.ts';
import { exactRestart } from '../../src/simulation/checkers/d3-exact-restart.ts';
import { keyOrder } from '../../src/simulation/checkers/d7-key-order.ts';
import { allOwned } from '../../src/simulation/checkers/l2-all-owned.ts';
import { ownedAsPlanned } from '../../src/simulation/checkers/l3-owned-as-planned.ts';
import { nobodyStarves } from '../../src/simulation/checkers/l9-nobody-starves.ts';
import { parentsFirst } from '../../src/simulation/checkers/s8-parents-first.ts';
import { APP, behind, found, HandMade, STREAM } from './hand-made.ts';

const SHARDS = { '0': {}, '1': {} };

const created = (history: HandMade, createdAtMs: number): HandMade =>
  history.note({ kind: 'stream', stream: STREAM, what: 'created', createdAtMs });

/** The stream under that name is another one from now on. */
const remade = (history: HandMade): HandMade =>
  created(history.note({ kind: 'stream', stream: STREAM, what: 'deleted', createdAtMs: 1 }), 2);

/** Its items are removed, and its map begins anew. */
const reset = (history: HandMade, shards: Parameters<HandMade['map']>[1]): HandMade =>
  history
    .operatorRemoves(mapKey(APP, STREAM))
    .operator('0', null)
    .operator('1', null)
    .mapAnew('p', shards, undefined, 2);

const tells = (history: HandMade, process: string, detail: string): HandMade =>
  history.note({ kind: 'notice', process, name: 'error', detail });

describe('a stream that was made anew', () => {
  const old = (): HandMade =>
    created(new HandMade(), 1)
      .starts('p')
      .map('p', SHARDS)
      .publishes('p', { p: '0' })
      .starts('q')
      .publishes('p', { p: '0', q: '1' })
      .takes('p', '0')
      .takes('q', '1');
  const anew = (detail: string, owners: Record<string, string> = { p: '0', q: '1' }): HandMade =>
    reset(tells(remade(old()), 'q', detail).reader('q', 'shardEnd', '1', 1, 'error'), SHARDS)
      .publishes('p', owners, 'anew')
      .takes('p', '0', 1)
      .puts('1', 901)
      .at(10)
      .quiet();
  const judged = (history: HandMade) => {
    const evidence = history.beatUntil(80, 'p').until(80);
    return [noLoss, allOwned, ownedAsPlanned].flatMap((check) => found(check, evidence));
  };
  const told = `StreamRecreated: ${STREAM} was deleted`;
  const unread = ['D1 lost write', 'L2', 'L3'];

  it('is read by no session that told so, whatever the plan says', () => {
    expect(judged(anew(told))).toEqual([]);
  });

  it('is read by all others, and by the next session of that client', () => {
    expect(judged(anew('StoreUnanswered: no answer'))).toEqual(unread);
    expect(judged(anew('StreamRecreated: another was deleted'))).toEqual(unread);
    expect(judged(anew(told, { p: '0' }))).toEqual(unread);
    const next = anew(told).set('q', clientKey(APP, 'q'), { nonce: 'later', rv: 1 });
    expect(judged(next)).toEqual(unread);
  });

  it('has to be made anew before a session may say so', () => {
    const early = tells(old(), 'q', told).operator('1', null).puts('1', 11).at(10).quiet();
    expect(judged(early.reader('q', 'shardEnd', '1', 1, 'error'))).toEqual(unread);
  });

  it('leaves no record of the one before waiting, where an item of then still stands', () => {
    const begun = (): HandMade =>
      created(new HandMade(), 1).starts('p').map('p', { '0': {} }).puts('0', 901).puts('0', 902);
    // where a client of the Go library committed it
    const left = (): HandMade => begun().operator('0', { sequence_number: '901' });
    const waits = (history: HandMade) => {
      const quiet = history.at(10).takes('p', '0').quiet();
      return found(nobodyStarves, quiet.beatUntil(80, 'p').until(80));
    };
    expect(
      waits(
        remade(left()).operatorRemoves(mapKey(APP, STREAM)).mapAnew('p', { '0': {} }, undefined, 2),
      ),
    ).toEqual([]);
    expect(waits(left())).toEqual(['L9']);
  });

  it('is not missed where nobody is left', () => {
    const missed = anew('StoreUnanswered: no answer').life('q', 'crashed');
    expect(found(noLoss, missed.until(80))).toEqual(['D1 lost write']);
    expect(found(noLoss, missed.life('p', 'crashed').until(80))).toEqual([]);
  });

  it('has nothing to do with what a reader of before had fetched, whatever is written to the item', () => {
    const fetched = (n: number) =>
      remade(old().puts('0', 1).puts('0', 2))
        .puts('0', 901)
        .operator('0', { sequence_number: '901' })
        .delivers('p', '0', [n])
        .until(60);
    expect(found(gapFree, fetched(1))).toEqual([]);
    expect(found(gapFree, fetched(901))).toEqual(['D2 inconsistent offset']);
  });

  it('counts as read where the item of the one before says so, until that is removed', () => {
    const ended = (): HandMade => remade(old().ends('q', '1'));
    const anewBeside = (history: HandMade): HandMade =>
      history
        .operatorRemoves(mapKey(APP, STREAM))
        .mapAnew('p', SHARDS, undefined, 2)
        .puts('1', 901);
    expect(found(noLoss, anewBeside(ended()).until(60))).toEqual([]);
    expect(found(noLoss, anewBeside(ended().operator('1', null)).until(60))).toEqual([
      'D1 lost write',
    ]);
    expect(found(noLoss, anewBeside(remade(old())).until(60))).toEqual(['D1 lost write']);
  });

  it('is not read where a client told of the position of the one before, while its reader lives', () => {
    const told = (): HandMade =>
      remade(old().puts('1', 11).delivers('q', '1', [11]).commits('q', '1', behind(11)))
        .operatorRemoves(mapKey(APP, STREAM))
        .mapAnew('p', SHARDS, undefined, 2)
        .puts('1', 901)
        .puts('1', 902)
        .takes('q', '1')
        .note({
          kind: 'notice',
          process: 'q',
          name: 'error',
          detail: 'ItemCorrupted: unknown',
          shard: `${STREAM}/1`,
        })
        .operator('1', { sequence_number: '901' });
    expect(found(noLoss, told().until(60))).toEqual([]);
    const stopped = told().reader('q', 'shardEnd', '1', 2, 'lost');
    expect(found(noLoss, stopped.until(60))).toEqual(['D1 lost write']);
    expect(found(noLoss, told().life('q', 'crashed').until(60))).toEqual(['D1 lost write']);
    expect(found(noLoss, told().takes('q', '1', 3).until(60))).toEqual(['D1 lost write']);
  });

  it('is read from the first record where an item told of a shard, made by whatever was late, and of its children', () => {
    const late = (origin: 'first' | 'later', shardId: string) => {
      const history = remade(old()).operatorRemoves(mapKey(APP, STREAM));
      return history
        .operator('0', null)
        .operator('1', null)
        .at(3)
        .puts(shardId, 901)
        .takes('q', '0', 1)
        .mapAnew(
          'p',
          { '0': { origin }, '1': { origin }, '2': { parents: ['0'], origin } },
          5_000,
          2,
        )
        .takes('p', shardId, 2)
        .delivers('p', shardId, [901])
        .until(60);
    };
    expect(found(exactRestart, late('later', '0'))).toEqual([]);
    expect(found(exactRestart, late('later', '2'))).toEqual([]);
    const tooEarly = ['D3 nonmonotonic poll'];
    expect(found(exactRestart, late('later', '1'))).toEqual(tooEarly);
    expect(found(exactRestart, late('first', '0'))).toEqual(tooEarly);
  });

  it('has parents of its own', () => {
    const split = { '0': {}, '1': { parents: ['0'] } };
    expect(found(parentsFirst, reset(remade(old()), split).until(60))).toEqual([]);
    const early = reset(remade(old()), split).takes('p', '1', 1);
    expect(found(parentsFirst, early.until(60))).toEqual(['S8']);
    const before = created(new HandMade(), 1).starts('p').map('p', split);
    before.note({ kind: 'reshard', stream: STREAM, parents: ['0'], children: ['1'] });
    const taken = reset(remade(before.takes('p', '1')), { '0': {} });
    expect(found(parentsFirst, taken.until(60))).toEqual(['S8']);
  });
});

it('a record that was passed over and lapsed later has no place in the order of its key from the first of them on', () => {
  const passed = (position: string): HandMade => {
    const history = new HandMade().starts('p').map('p', { '0': {} });
    for (const n of [1, 2, 3]) history.puts('0', n);
    history.takes('p', '0').delivers('p', '0', [1]).operator('0', { sequence_number: position });
    history.takes('p', '0', 1).delivers('p', '0', [3]);
    return history.at(1).note({ kind: 'lapsed', stream: STREAM, beforeMs: 10_000 });
  };
  expect(found(keyOrder, passed('2').until(60))).toEqual([]);
  expect(found(keyOrder, passed('1').until(60))).toEqual(['D7 nonmonotonic poll']);
});

describe('a record that lapsed before anybody read it', () => {
  const put = (history: HandMade, shardId: string, n: number): HandMade => {
    const record = { stream: STREAM, shardId, sequenceNumber: String(n), key: 'k', n };
    return history.note({ kind: 'put', ...record, arrivalMs: n });
  };
  const reshards = (history: HandMade, parent: string, child: string): HandMade =>
    history.note({ kind: 'reshard', stream: STREAM, parents: [parent], children: [child] });
  const lapses = (history: HandMade): HandMade =>
    history.at(1).note({ kind: 'lapsed', stream: STREAM, beforeMs: 900 });
  const first = (): HandMade => put(new HandMade().starts('p').map('p', { '0': {} }), '0', 1);
  /** From 0 came 1, which was gone before anybody knew of it; from that 2, which is read first. */
  const resharded = (history = first()): HandMade =>
    reshards(reshards(history, '0', '1'), '1', '2').at(0.95);
  const reads = (history: HandMade, others: Parameters<HandMade['map']>[1] = { '2': {} }) => {
    const known = put(history, '2', 1_000).map('p', { '0': {}, ...others });
    return found(keyOrder, known.takes('p', '2').delivers('p', '2', [1_000]).until(60));
  };
  const broken = ['D7 nonmonotonic poll'];

  it('is not waited for where no map says that what is read came of it', () => {
    expect(reads(lapses(resharded()))).toEqual([]);
    expect(reads(lapses(resharded()), { '1': {}, '2': { parents: ['1'] } })).toEqual([]);
  });

  it('is waited for where a map says so', () => {
    const between = { '1': { parents: ['0'] }, '2': { parents: ['1'] } };
    expect(reads(lapses(resharded()), between)).toEqual(broken);
    expect(reads(lapses(reshards(first(), '0', '2')), { '2': { parents: ['0'] } })).toEqual(broken);
  });

  it('is waited for as long as it did not lapse, and where somebody read it', () => {
    expect(reads(resharded())).toEqual(broken);
    const read = first().takes('p', '0').delivers('p', '0', [1], 'hangs');
    expect(reads(lapses(resharded(read)))).toEqual(broken);
  });
});

describe('a map that began anew at the tip of its stream', () => {
  /** Put at 1 s, 3 s and 5 s. The map that began at the first record is removed. */
  const removed = (): HandMade => {
    const history = new HandMade().starts('p').map('p', { '0': {} }, 0);
    for (const n of [1, 3, 5]) history.at(n).puts('0', n);
    history.takes('p', '0').delivers('p', '0', [1]).commits('p', '0', behind(1));
    return history.operatorRemoves(mapKey(APP, STREAM));
  };
  const judged = (history: HandMade) => {
    const evidence = history.takes('p', '0', 5).delivers('p', '0', [5]).until(60);
    return [noLoss, exactRestart].flatMap((check) => found(check, evidence));
  };
  const forgotten = (history: HandMade, startMs: number): HandMade =>
    history.operator('0', null).mapAnew('p', { '0': {} }, startMs);

  it('is begun behind what was put before, where no item tells of the shard', () => {
    const anew = forgotten(removed(), 4_000);
    anew.takes('p', '0', 5).delivers('p', '0', [5]).commits('p', '0', behind(5));
    const evidence = anew.until(60);
    const both = [noLoss, exactRestart].flatMap((check) => found(check, evidence));
    expect(both).toEqual([]);
  });

  it('is read from its own start where nobody began the shard', () => {
    const history = new HandMade().starts('p').map('p', { '0': {} }, 4_000);
    for (const n of [1, 3, 5]) history.at(n).puts('0', n);
    const begun = history.takes('p', '0').givesBack('p', '0', NOT_STARTED);
    const reads = (n: number): readonly string[] =>
      found(exactRestart, begun.takes('p', '0').delivers('p', '0', [n]).until(60));
    expect(reads(1)).toEqual(['D3 nonmonotonic poll']);
    begun.givesBack('p', '0', NOT_STARTED).operatorRemoves(mapKey(APP, STREAM));
    begun.mapAnew('p', { '0': {} }, 0);
    expect(reads(1)).toEqual(['D3 nonmonotonic poll']);
    begun.givesBack('p', '0', NOT_STARTED);
    expect(reads(3)).toEqual(['D3 nonmonotonic poll', 'D3 nonmonotonic poll']);
  });

  it('is read from the committed position where one does, and from its start at the latest', () => {
    const kept = removed().mapAnew('p', { '0': {} }, 4_000);
    expect(judged(kept)).toEqual(['D1 lost write', 'D3 poll skip']);
    expect(judged(forgotten(removed(), 2_000))).toEqual(['D1 lost write', 'D3 poll skip']);
  });

  it('starves no shard of what was put before', () => {
    const waiting = (startMs: number) => {
      const history = new HandMade().starts('p').map('p', { '0': {} }, 0).at(3).puts('0', 1);
      history.operatorRemoves(mapKey(APP, STREAM)).mapAnew('p', { '0': {} }, startMs);
      return history.takes('p', '0').at(10).quiet().beatUntil(40, 'p').until(40);
    };
    expect(found(nobodyStarves, waiting(4_000))).toEqual([]);
    expect(found(nobodyStarves, waiting(2_000))).toEqual(['L9']);
  });
});
