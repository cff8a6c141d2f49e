import { describe, expect, it } from 'vitest';
import { clientKey, headKey, mapKey } from '../../src/machines/rules/keys.ts';
import { commit } from '../../src/machines/rules/writes.ts';
import type { Checker } from '../../src/simulation/checkers/evidence.ts';
import { noLoss } from '../../src/simulation/checkers/d1-no-loss.ts';
import { gapFree } from '../../src/simulation/checkers/d2-gap-free.ts';
import { exactRestart } from '../../src/simulation/checkers/d3-exact-restart.ts';
import { noDuplicates } from '../../src/simulation/checkers/d4-no-duplicates.ts';
import { oneDeliverer } from '../../src/simulation/checkers/d6-one-deliverer.ts';
import { keyOrder } from '../../src/simulation/checkers/d7-key-order.ts';
import { causedGenerations } from '../../src/simulation/checkers/l4-caused-generations.ts';
import { startOnce } from '../../src/simulation/checkers/s10-start-once.ts';
import { fenceMonotone } from '../../src/simulation/checkers/s1-fence-monotone.ts';
import { positionForward } from '../../src/simulation/checkers/s2-position-forward.ts';
import { commitFenced } from '../../src/simulation/checkers/s3-commit-fenced.ts';
import { endFinal } from '../../src/simulation/checkers/s9-end-final.ts';
import { APP, behind, found, HandMade, keyOfShard, sessionOf, STREAM } from './hand-made.ts';

/** Two clients, two shards of three records each. */
const pair = (): HandMade => {
  const history = new HandMade().starts('p').map('p', { '0': {}, '1': {} }).starts('q');
  for (const [shard, first] of [
    ['0', 1],
    ['1', 11],
  ] as const) {
    for (const n of [first, first + 1, first + 2]) history.puts(shard, n);
  }
  return history.takes('p', '0').takes('p', '1');
};

/** Both shards read to their third record. */
const read = (): HandMade =>
  pair()
    .delivers('p', '0', [1, 2, 3])
    .commits('p', '0', behind(3))
    .delivers('p', '1', [11, 12, 13])
    .commits('p', '1', behind(13));

const lost = (history: HandMade, shardId: string): HandMade =>
  history.reader('p', 'shardEnd', shardId, history.fenceOf(shardId), 'lost');

const shardSafety: readonly Checker[] = [
  fenceMonotone,
  positionForward,
  commitFenced,
  endFinal,
  noLoss,
  gapFree,
  exactRestart,
  noDuplicates,
  oneDeliverer,
  keyOrder,
];
const foundByAll = (history: HandMade): readonly string[] => {
  const evidence = history.until(60);
  return shardSafety.flatMap((check) => found(check, evidence));
};

describe('after a foreign write the checkers', () => {
  it('take a shard for new that an operator deleted, in its fence, its position and what is read again', () => {
    const deleted = lost(read().operator('0', null), '0').takes('q', '0', 1);
    const again = deleted.delivers('q', '0', [1, 2, 3]).commits('q', '0', behind(3));
    expect(foundByAll(again)).toEqual([]);
  });

  it('let the fence pass those that were seen before, once and in that shard', () => {
    const deleted = lost(read().operator('0', null), '0').takes('p', '0', 5);
    expect(found(fenceMonotone, deleted.until(60))).toEqual([]);
    expect(found(fenceMonotone, read().takes('p', '0', 5).until(60))).toEqual(['S1']);
    const backAgain = deleted.set('q', keyOfShard('0'), { fence: 2 });
    expect(found(fenceMonotone, backAgain.until(60))).toEqual(['S1']);
  });

  it('hold every other shard to what it was', () => {
    const deleted = read()
      .operator('0', null)
      .set('p', keyOfShard('1'), { position: behind(11) });
    expect(found(positionForward, deleted.until(60))).toEqual(['S2']);
    const repeated = read().operator('0', null).delivers('p', '1', [13]);
    expect(found(noDuplicates, repeated.until(60))).toEqual(['D4 duplicate']);
    expect(found(gapFree, repeated.until(60))).toEqual(['D2 nonmonotonic poll']);
  });

  it('hold that shard to what it is from then on', () => {
    const anew = () => lost(read().operator('0', null), '0').takes('q', '0', 1);
    const late = anew().delivers('q', '0', [2, 3]);
    expect(found(exactRestart, late.until(60))).toEqual(['D3 poll skip']);
    const gap = anew().delivers('q', '0', [1, 3]);
    expect(found(gapFree, gap.until(60))).toEqual(['D2 poll skip']);
    const unread = anew().commits('q', '0', behind(3));
    expect(found(noLoss, unread.until(60))).toEqual(Array(3).fill('D1 lost write'));
    const twice = anew().delivers('q', '0', [1, 2, 3]).delivers('q', '0', [3]);
    expect(found(noDuplicates, twice.until(60))).toEqual(['D4 duplicate']);
    const back = anew().commits('q', '0', behind(3));
    back.set('q', keyOfShard('0'), { position: behind(1) });
    expect(found(positionForward, back.until(60))).toEqual(['S2']);
    const stranger = anew().write('p', {
      ...commit(APP, STREAM, '0', sessionOf('q'), 1, behind(3)),
      when: [],
    });
    expect(found(commitFenced, stranger.until(60))).toEqual(['S3']);
  });

  it('ask for nothing that a foreign position passes over, and for all that is behind it', () => {
    const go = pair().delivers('p', '1', [11, 12, 13]).operator('0', { sequence_number: '2' });
    const onwards = lost(go, '0').takes('q', '0', 1).delivers('q', '0', [3]);
    expect(foundByAll(onwards)).toEqual([]);
    const without = pair().delivers('p', '1', [11, 12, 13]).operator('0', { sequence_number: '2' });
    expect(found(noLoss, without.until(60))).toEqual(['D1 lost write']);
  });

  it('let an owner deliver on that can not know of it yet', () => {
    const deleted = pair()
      .operator('0', null)
      .takes('q', '0', 1)
      .delivers('p', '0', [1], 'completes', 1);
    expect(found(oneDeliverer, deleted.until(60))).toEqual([]);
    const taken = pair().takes('q', '0').delivers('p', '0', [1], 'completes', 1);
    expect(found(oneDeliverer, taken.until(60))).toEqual(['D6']);
  });

  it('let an owner deliver on whose item was removed, and none that its group expelled', () => {
    const late = (history: HandMade): readonly string[] =>
      found(
        oneDeliverer,
        history.takes('q', '0').delivers('p', '0', [1], 'completes', 1).until(60),
      );
    expect(late(pair().operatorRemoves(clientKey(APP, 'p')))).toEqual([]);
    expect(late(pair().expels('q', 'p'))).toEqual(['D6']);
  });

  it('let an ended shard be read again that an operator deleted', () => {
    const ended = () => read().ends('p', '0');
    expect(found(endFinal, ended().operator('0', null).takes('q', '0', 1).until(60))).toEqual([]);
    const taken = ended().set('q', keyOfShard('0'), { lease_owner: 'q/q', fence: 2 });
    expect(found(endFinal, taken.until(60))).toEqual(['S9']);
  });
});

describe('the checker of D1', () => {
  const lapses = (history: HandMade): HandMade =>
    history.note({ kind: 'lapsed', stream: STREAM, beforeMs: 10_000 });
  const closes = (history: HandMade, ...parents: readonly string[]): HandMade =>
    history.note({ kind: 'reshard', stream: STREAM, parents, children: [] });
  const tells = (history: HandMade, shardId: string, detail = 'DataLapsed: gone'): HandMade =>
    history.note({
      kind: 'notice',
      process: 'p',
      name: 'error',
      detail,
      shard: `${STREAM}/${shardId}`,
    });
  const half = (): HandMade => pair().delivers('p', '1', [11, 12, 13]).delivers('p', '0', [1]);

  it('misses no record that lapsed with its shard, where its client told of it, and no sooner', () => {
    const gone = (): HandMade => lapses(closes(half(), '0').at(1));
    expect(found(noLoss, gone().until(60))).toEqual(['D1 lost write']);
    expect(found(noLoss, tells(gone(), '0').until(60))).toEqual([]);
    expect(found(noLoss, tells(gone(), '0').ends('p', '0').until(60))).toEqual([]);
    expect(found(noLoss, tells(gone(), '1').until(60))).toEqual(['D1 lost write']);
    const early = gone().ends('p', '0');
    expect(found(noLoss, tells(early, '0').until(60))).toEqual(['D1 lost write', 'D1 lost write']);
    // what is told of a shard that is there is not so
    expect(found(noLoss, tells(half(), '0').until(60))).toEqual(['D1 lost write']);
  });

  it('misses no record that lapsed in a shard that goes on, but those that were put later', () => {
    expect(found(noLoss, lapses(half()).until(60))).toEqual([]);
    expect(found(noLoss, lapses(half()).puts('0', 4).until(60))).toEqual(['D1 lost write']);
    const other = half().note({ kind: 'lapsed', stream: 'other', beforeMs: 10_000 });
    expect(found(noLoss, other.until(60))).toEqual(['D1 lost write']);
  });

  it('takes a closed shard for gone only once its closing lapsed too', () => {
    const lapsesBefore = (history: HandMade, beforeMs: number): HandMade =>
      history.note({ kind: 'lapsed', stream: STREAM, beforeMs });
    const closed = (): HandMade => closes(half().at(5).puts('0', 4).at(6), '0').at(7);
    const partly = (): HandMade => lapsesBefore(closed(), 3_000);
    expect(foundByAll(partly().delivers('p', '0', [4]))).toEqual([]);
    expect(found(noLoss, partly().until(60))).toEqual(['D1 lost write']);
    expect(found(noLoss, tells(partly(), '0').until(60))).toEqual(['D1 lost write']);
    // all of its records have, but it is there yet: who reads on finds its end
    const emptied = (): HandMade => lapsesBefore(closed(), 6_000);
    expect(found(noLoss, emptied().until(60))).toEqual([]);
    const gone = (): HandMade => lapsesBefore(partly().at(8), 6_001);
    expect(found(noLoss, gone().until(60))).toEqual(['D1 lost write']);
    expect(found(noLoss, tells(gone(), '0').until(60))).toEqual([]);
  });

  it('misses no record of a shard of which no map ever had a sign, and those of all others', () => {
    const between = (children: Record<string, { parents?: readonly string[] }>): HandMade =>
      lapses(closes(half().puts('2', 21), '2').at(1)).map('p', { '0': {}, '1': {}, ...children });
    const lost = ({ message }: { readonly message: string }): string => message.split(':')[0] ?? '';
    const of = (history: HandMade) => noLoss(history.until(60)).map(lost);
    expect(of(between({}))).toEqual([]);
    expect(of(between({ '3': { parents: ['2'] } }))).toEqual([`${STREAM}/2`]);
  });

  it('misses nothing of a shard that was gone before a map began', () => {
    const late = new HandMade().starts('p').puts('0', 1).at(1);
    const begun = lapses(closes(late, '0').at(2)).map('p', { '1': { parents: ['0'] } });
    expect(found(noLoss, begun.until(60))).toEqual([]);
  });

  it('lets a reader pass lapsed records over, and no others', () => {
    expect(foundByAll(lapses(half()).delivers('p', '0', [3]))).toEqual([]);
    const skips = ['D1 lost write', 'D2 poll skip', 'D7 nonmonotonic poll'];
    expect(foundByAll(tells(half(), '0').delivers('p', '0', [3]))).toEqual(skips);
    // before they lapsed they were not lapsed
    expect(foundByAll(lapses(half().delivers('p', '0', [3])))).toEqual(skips.slice(1));
  });

  it('misses no record behind a handler that never came back, of a client that lives', () => {
    const stuck = () => pair().delivers('p', '1', [11, 12, 13]).delivers('p', '0', [1], 'hangs');
    expect(found(noLoss, stuck().until(60))).toEqual([]);
    expect(found(noLoss, stuck().life('p', 'crashed').until(60))).toEqual(['D1 lost write']);
    expect(found(noLoss, stuck().takes('q', '0').until(60))).toEqual(['D1 lost write']);
    expect(found(noLoss, stuck().commits('p', '0', behind(1)).until(60))).toEqual([
      'D1 lost write',
    ]);
    // of the other shard too something is missing
    const both = pair().delivers('p', '1', [11]).delivers('p', '0', [1], 'hangs');
    expect(found(noLoss, both.until(60))).toEqual(['D1 lost write']);
  });

  it('misses no record of the children of a shard with such a handler', () => {
    const family = new HandMade()
      .starts('p')
      .map('p', { '0': {}, '1': { parents: ['0'] } })
      .puts('0', 1)
      .puts('1', 11)
      .takes('p', '0');
    expect(found(noLoss, family.until(60))).toHaveLength(2);
    expect(found(noLoss, family.delivers('p', '0', [1], 'hangs').until(61))).toEqual([]);
  });
});

describe('a map or a head that an operator removed', () => {
  const shards = { '0': {}, '1': {} };

  it('begins anew, in its version and its start', () => {
    const removed = pair().operatorRemoves(mapKey(APP, STREAM)).mapAnew('q', shards, 5_000);
    expect(found(startOnce, removed.until(60))).toEqual([]);
    const jumps = removed.set('q', mapKey(APP, STREAM), { ver: 7 });
    expect(found(startOnce, jumps.until(60))).toEqual(['S10']);
  });

  it('is cause enough for a generation', () => {
    const planned = () => pair().publishes('p', { p: '0', q: '1' }).beats('p').beats('q');
    const again = planned().operatorRemoves(headKey(APP)).publishesFirst('p', { p: '0', q: '1' });
    expect(found(causedGenerations, again.until(60))).toEqual([]);
  });

  it('is cause for a generation where it began anew, though it says the same', () => {
    const planned = () => pair().publishes('p', { p: '0', q: '1' }).beats('p').beats('q');
    const anew = planned().operatorRemoves(mapKey(APP, STREAM)).mapAnew('q', shards, 5_000);
    const again = anew.publishes('p', { p: '0', q: '1' });
    expect(found(causedGenerations, again.until(60))).toEqual([]);
    const same = planned().set('q', mapKey(APP, STREAM), { ver: 2 });
    expect(found(causedGenerations, same.publishes('p', { p: '0', q: '1' }).until(60))).toEqual([
      'L4',
    ]);
  });

  it('asks for nothing of never read shards that lies before its new start', () => {
    const unread = (startMs: number): HandMade =>
      new HandMade()
        .starts('p')
        .map('p', shards)
        .at(3)
        .puts('0', 1)
        .operatorRemoves(mapKey(APP, STREAM))
        .mapAnew('p', shards, startMs);
    expect(found(noLoss, unread(4_000).until(60))).toEqual([]);
    expect(found(noLoss, unread(2_000).until(60))).toEqual(['D1 lost write']);
  });

  it('asks for the rest of what the group had begun, though the new map takes it for ended', () => {
    const anew = (history: HandMade): HandMade =>
      history
        .delivers('p', '1', [11, 12, 13])
        .operatorRemoves(mapKey(APP, STREAM))
        .mapAnew('q', { '0': { ended: true }, '1': {} }, 5_000);
    const begun = () => pair().delivers('p', '0', [1]).commits('p', '0', behind(1));
    expect(found(noLoss, anew(begun()).until(60))).toEqual(['D1 lost write']);
    const through = pair().delivers('p', '0', [1, 2, 3]).ends('p', '0');
    expect(found(noLoss, anew(through).until(60))).toEqual([]);
    // with its item all that told of it is gone
    expect(found(noLoss, anew(begun().operator('0', null)).until(60))).toEqual([]);
  });
});

describe('a stream that is deleted and created again', () => {
  const recreated = (): HandMade => {
    const history = new HandMade()
      .note({ kind: 'stream', stream: STREAM, what: 'created', createdAtMs: 1 })
      .starts('p')
      .map('p', { '0': {} })
      .puts('0', 1)
      .takes('p', '0')
      .delivers('p', '0', [1])
      .commits('p', '0', behind(1));
    history.note({ kind: 'stream', stream: STREAM, what: 'deleted', createdAtMs: 1 });
    history.note({ kind: 'stream', stream: STREAM, what: 'created', createdAtMs: 2 });
    return history.puts('0', 901);
  };

  it('is another one: nobody has to read it, and nobody may by the state of the one before', () => {
    expect(foundByAll(recreated())).toEqual([]);
    const confused = recreated().delivers('p', '0', [901]);
    expect(found(gapFree, confused.until(60))).toEqual(['D2 inconsistent offset']);
  });

  it('is read where a writer that knows no fences put a position of it, and from there on as any', () => {
    const onwards = () => lost(recreated().puts('0', 902).puts('0', 903), '0');
    const written = () => onwards().operator('0', { sequence_number: '901' }).takes('p', '0', 1);
    expect(foundByAll(written().delivers('p', '0', [902]).commits('p', '0', behind(902)))).toEqual(
      [],
    );
    const skipping = written().delivers('p', '0', [903]).commits('p', '0', behind(903));
    expect(foundByAll(skipping)).toEqual(['D1 lost write', 'D3 poll skip']);
    // once that position is gone the shard is that of the map again
    const erased = written().operator('0', null).takes('p', '0', 1).delivers('p', '0', [902]);
    expect(foundByAll(erased)).toContain('D2 inconsistent offset');
  });

  it('is read by nobody from a position of the one before, where that is told', () => {
    const left = (detail: string): HandMade =>
      recreated()
        .operatorRemoves(mapKey(APP, STREAM))
        .mapAnew('p', { '0': {} }, 0, 2)
        .note({ kind: 'notice', process: 'p', name: 'error', detail, shard: `${STREAM}/0` });
    expect(found(noLoss, left('ItemCorrupted: unknown').until(60))).toEqual([]);
    expect(found(noLoss, left('StoreThrottled: slowly').until(60))).toEqual(['D1 lost write']);
    const mended = left('ItemCorrupted: unknown').operator('0', null);
    expect(found(noLoss, mended.until(60))).toEqual(['D1 lost write']);
  });

  it('takes with it what was put before and not read', () => {
    const unread = new HandMade()
      .note({ kind: 'stream', stream: STREAM, what: 'created', createdAtMs: 1 })
      .starts('p')
      .map('p', { '0': {} })
      .puts('0', 1);
    expect(found(noLoss, unread.until(60))).toEqual(['D1 lost write']);
    const deleted = unread.note({
      kind: 'stream',
      stream: STREAM,
      what: 'deleted',
      createdAtMs: 1,
    });
    expect(found(noLoss, deleted.until(61))).toEqual([]);
  });
});

describe('the anomalies', () => {
  it('are named where they have a name', () => {
    expect(found(gapFree, pair().delivers('p', '0', [1, 3]).until(60))).toEqual(['D2 poll skip']);
    const wrongKey = pair().note({
      kind: 'delivered',
      process: 'p',
      call: 0,
      stream: STREAM,
      shardId: '0',
      fence: 1,
      sequenceNumber: '1',
      key: 'another',
      n: 1,
    });
    expect(found(gapFree, wrongKey.until(60))).toEqual(['D2 inconsistent offset']);
    const early = read().takes('q', '0').delivers('q', '0', [3]);
    expect(found(exactRestart, early.until(60))).toEqual(['D3 nonmonotonic poll']);
    expect(found(noDuplicates, early.until(60))).toEqual(['D4 duplicate']);
    const unordered = pair().delivers('p', '0', [2]).delivers('p', '0', [1]);
    expect(found(keyOrder, unordered.until(60))).toEqual(['D7 nonmonotonic poll']);
  });
});
