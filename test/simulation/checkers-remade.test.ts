import { describe, expect, it } from 'vitest';
import { clientKey, mapKey } from '../../src/machines/rules/keys.ts';
import { noLoss } from '../../src/simulation/checkers/d1-no-loss.ts';
import { gapFree } from '../../src/simulation/checkers/d2-gap-free.ts';
import { keyOrder } from '../../src/simulation/checkers/d7-key-order.ts';
import { allOwned } from '../../src/simulation/checkers/l2-all-owned.ts';
import { ownedAsPlanned } from '../../src/simulation/checkers/l3-owned-as-planned.ts';
import { parentsFirst } from '../../src/simulation/checkers/s8-parents-first.ts';
import { APP, found, HandMade, STREAM } from './hand-made.ts';

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
