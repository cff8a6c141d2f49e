import { describe, expect, it } from 'vitest';
import type { ListedShard, Write } from '../../src/machines/ports.ts';
import { firstMap } from '../../src/machines/rules/lineage.ts';
import { encodeMap } from '../../src/machines/rules/map-codec.ts';
import {
  acquire,
  createClient,
  endShard,
  noteListed,
  noteUnlisted,
  putMap,
  removeEnded,
} from '../../src/machines/rules/writes.ts';
import { MemoryTable } from '../../src/services/memory/index.ts';
import type { Checker } from '../../src/simulation/checkers/evidence.ts';
import { commitFenced } from '../../src/simulation/checkers/s3-commit-fenced.ts';
import { endFinal } from '../../src/simulation/checkers/s9-end-final.ts';
import { fenceMonotone } from '../../src/simulation/checkers/s1-fence-monotone.ts';
import { positionForward } from '../../src/simulation/checkers/s2-position-forward.ts';
import { heldCommits } from '../../src/simulation/checkers/held-commits.ts';
import { oneReader } from '../../src/simulation/checkers/d9-one-reader.ts';
import { soundProcesses } from '../../src/simulation/checkers/sound-processes.ts';
import { Recorder, type Evidence } from '../../src/simulation/history.ts';
import { paceOf } from '../../src/simulation/pace.ts';
import { behind, found, HandMade, STREAM } from './hand-made.ts';

type Note = Parameters<Recorder['note']>[0];

/** A history of these events and nothing else. */
function evidenceOf(...events: readonly Note[]): Evidence {
  const recorder = new Recorder(() => 0);
  for (const event of events) recorder.note(event);
  return {
    app: 'a',
    events: recorder.events,
    shards: {},
    items: [],
    live: [],
    trustMs: 3_000,
    pace: paceOf([], []),
    endMs: 60_000,
  };
}

const reader = (name: 'shardStart' | 'shardEnd', fence: number, process = 'p'): Note => ({
  kind: 'notice',
  process,
  name,
  shard: 's/1',
  fence,
});
const ready: Note = { kind: 'notice', process: 'p', name: 'ready' };
const life = (what: 'started' | 'paused' | 'leaving', process = 'p'): Note => ({
  kind: 'process',
  process,
  clientId: 'c',
  what,
});
const failed = (code: string): Note => ({
  kind: 'process',
  process: 'p',
  clientId: 'c',
  what: 'failed',
  code,
});

describe('the checker of D9', () => {
  it('finds a second reader of a shard in one process', () => {
    const evidence = evidenceOf(ready, reader('shardStart', 1), reader('shardStart', 2));
    expect(oneReader(evidence)).toMatchObject([{ invariant: 'D9', order: 2 }]);
  });

  it('takes a reader for gone with its end and with the next session', () => {
    const ended = [reader('shardStart', 1), reader('shardEnd', 1), reader('shardStart', 2)];
    expect(oneReader(evidenceOf(ready, ...ended, ready, reader('shardStart', 3)))).toEqual([]);
  });

  it('lets two processes read one shard, as around a takeover', () => {
    const both = [reader('shardStart', 1), reader('shardStart', 2, 'q')];
    expect(oneReader(evidenceOf(...both))).toEqual([]);
  });
});

describe('the checker of commits that are told', () => {
  const told = (n: number, shard = '0'): Note => {
    const about = { shard: `${STREAM}/${shard}`, fence: 1, detail: behind(n) };
    return { kind: 'notice', process: 'p', name: 'commit', ...about };
  };
  const taken = (): HandMade =>
    new HandMade().starts('p').map('p', { '0': {}, '1': {} }).takes('p', '0').takes('p', '1');

  it('finds one that the table does not hold yet, or holds of another shard', () => {
    const early = taken().note(told(2)).commits('p', '0', behind(2));
    expect(found(heldCommits, early.until(60))).toEqual(['told']);
    const short = taken().commits('p', '0', behind(1)).note(told(2));
    expect(found(heldCommits, short.until(60))).toEqual(['told']);
    const other = taken().commits('p', '1', behind(2)).note(told(2));
    expect(found(heldCommits, other.until(60))).toEqual(['told']);
  });

  it('takes one for held that the table held once, at it or behind it', () => {
    const held = (): HandMade => taken().commits('p', '0', behind(3));
    expect(found(heldCommits, held().note(told(3)).until(60))).toEqual([]);
    expect(found(heldCommits, held().note(told(2)).until(60))).toEqual([]);
    expect(found(heldCommits, held().operator('0', null).note(told(3)).until(60))).toEqual([]);
  });
});

describe('the checker of sound processes', () => {
  it('finds a broken invariant that a client tells of', () => {
    const detail = 'InvariantBroken: D9: {}';
    const told: Note = { kind: 'notice', process: 'p', name: 'error', detail };
    expect(soundProcesses(evidenceOf(told))).toMatchObject([{ invariant: 'sound', order: 0 }]);
  });

  it.each(['SessionReplaced', 'CloseTimeout', 'StoreRejected'])(
    'finds a client that failed with %s for no reason',
    (code) => {
      expect(soundProcesses(evidenceOf(life('started'), failed(code)))).toHaveLength(1);
    },
  );

  it.each(['HandlerFailed', 'StreamRecreated'])('excuses %s only for its reason', (code) => {
    const reasons: Note[] = [
      { kind: 'threw', process: 'p', call: 0 },
      { kind: 'stream', stream: 's', what: 'deleted', createdAtMs: 1 },
    ];
    expect(soundProcesses(evidenceOf(life('started'), failed(code)))).toHaveLength(1);
    expect(soundProcesses(evidenceOf(life('started'), ...reasons, failed(code)))).toEqual([]);
  });

  it('excuses a close that is not through where a handler was cut off since it began, not before', () => {
    const detail = 'DrainTimeout: not through';
    const told: Note = { kind: 'notice', process: 'p', name: 'error', detail, shard: 's/0' };
    const ends = [life('leaving'), told, failed('CloseTimeout')];
    expect(soundProcesses(evidenceOf(life('started'), ...ends))).toEqual([]);
    const before = [told, life('leaving'), failed('CloseTimeout')];
    expect(soundProcesses(evidenceOf(life('started'), ...before))).toHaveLength(1);
    const others = [life('leaving'), { ...told, process: 'q' }, failed('CloseTimeout')];
    expect(soundProcesses(evidenceOf(life('started'), ...others))).toHaveLength(1);
  });

  it('excuses a client whose id was taken, and one that was stopped while it left', () => {
    const taken = evidenceOf(life('started'), life('started', 'q'), failed('SessionReplaced'));
    const stopped = evidenceOf(life('started'), life('paused'), failed('CloseTimeout'));
    expect([...soundProcesses(taken), ...soundProcesses(stopped)]).toEqual([]);
  });
});

describe('the checker of S9', () => {
  const APP = 'a';
  const STREAM = 's';
  const SHARD = 'shardId-1';
  const DAY = 24 * 3_600_000;
  const MARK = 1_735_689_600_000;

  const listedAs = (shardId: string): ListedShard => ({
    shardId,
    parentShardId: null,
    adjacentParentShardId: null,
    startingHashKey: '0',
    endingHashKey: String(2n ** 128n - 1n),
    closed: false,
  });
  const mapWith = (shardId: string): Write => {
    const listing = { shards: [listedAs(shardId)], createdAtMs: 1, serverNowMs: 1 };
    const first = firstMap(STREAM, listing, { kind: 'trimHorizon' }, new Map());
    if (first.kind !== 'map') throw new Error(first.kind);
    return putMap(encodeMap(APP, first.map, 'set').item, null);
  };
  const take = (fenceAsRead: number | null, ownerAsRead: string | null = null): Write =>
    acquire(APP, STREAM, SHARD, {
      session: 'c/n',
      fence: (fenceAsRead ?? 0) + 1,
      ownerAsRead,
      fenceAsRead,
      firstPosition: fenceAsRead === null ? '!NOT_STARTED' : null,
      sequenceNumberAsRead: null,
    });
  const lifeOfShard: readonly Write[] = [
    createClient(APP, { clientId: 'c', nonce: 'n', ttlMs: 1, streamsHash: 'h' }),
    take(null),
    endShard(APP, STREAM, SHARD, 'c/n', 1),
  ];
  const marks = noteUnlisted(APP, STREAM, SHARD, MARK);
  const removes = removeEnded(APP, STREAM, SHARD, MARK);
  const unconditionally = (write: Write, attribute: string): Write => ({
    ...write,
    when: write.when.filter((clause) => clause.attribute !== attribute),
  });

  interface Given {
    readonly first?: readonly Write[];
    readonly marks?: readonly Write[];
    readonly afterMs?: number;
    readonly last?: readonly Write[];
    readonly listed?: readonly string[];
  }

  /** A shard that ended, was marked, and was removed after some time. */
  function tidied({
    first = [...lifeOfShard],
    marks: marking = [marks],
    afterMs = 7 * DAY,
    last = [removes],
    listed = [],
  }: Given = {}): Evidence {
    const table = new MemoryTable();
    let nowMs = 0;
    const recorder = new Recorder(() => nowMs);
    table.onWrite(({ before, after, write }) =>
      recorder.note({ kind: 'write', process: 'p', before, after, write }),
    );
    const play = (writes: readonly Write[]): void => {
      for (const write of writes) {
        const { result } = table.write(write, 'p');
        if (result.kind !== 'applied') throw new Error(JSON.stringify(write));
      }
    };
    play(first);
    play(marking);
    nowMs += afterMs;
    play(last);
    return {
      ...evidenceOf(),
      app: APP,
      events: recorder.events,
      shards: { [STREAM]: listed.map(listedAs) },
    };
  }

  const ALL: readonly Checker[] = [fenceMonotone, positionForward, commitFenced, endFinal];
  const found = (given?: Given): string[] =>
    ALL.flatMap((check) => check(tidied(given))).map(
      ({ invariant, message }) => `${invariant} ${message}`,
    );

  it('lets a tidy remove the item of an ended shard a week after it was marked', () => {
    expect(found()).toEqual([]);
    expect(found({ first: [mapWith('shardId-2'), ...lifeOfShard], listed: ['shardId-2'] })).toEqual(
      [],
    );
    const again = [marks, noteListed(APP, STREAM, SHARD, MARK), marks];
    expect(found({ marks: again })).toEqual([]);
  });

  it.each<[string, string, Given]>([
    ['within a week', 'removed within a week', { afterMs: 7 * DAY - 1 }],
    ['while it is listed', 'is listed', { listed: [SHARD] }],
    ['while the map has it', 'is in the map', { first: [mapWith(SHARD), ...lifeOfShard] }],
    [
      'that it never marked',
      'without a mark',
      { marks: [], last: [unconditionally(removes, 'unlisted_since')] },
    ],
    [
      'whatever its mark is by then',
      'without a mark',
      { last: [unconditionally(removes, 'unlisted_since')] },
    ],
    [
      'whatever its position is by then',
      'without demanding its end',
      { last: [unconditionally(removes, 'position')] },
    ],
    [
      'whose week began anew',
      'within a week',
      { last: [noteListed(APP, STREAM, SHARD, MARK), marks, removes] },
    ],
  ])('finds the item of an ended shard removed %s', (_, message, given) => {
    expect(found(given)).toEqual([expect.stringMatching(`^S9 .*${message}`)]);
  });

  it('finds an ended shard that is acquired, also once its item is gone', () => {
    const taken = found({ last: [removes, take(null)] });
    expect(taken).toEqual([expect.stringMatching(/^S9 .* was acquired after its end/)]);
    const stolen = found({ marks: [], last: [unconditionally(take(1), 'position')] });
    expect(stolen).toEqual([expect.stringMatching(/^S9 .* was written after its end/)]);
  });

  it('finds the item of a shard removed that did not end', () => {
    const unended = { first: lifeOfShard.slice(0, 2), marks: [] };
    const all = removes.key;
    const gone = found({ ...unended, last: [{ kind: 'delete', key: all, when: [] }] });
    expect(gone.map((violation) => violation.slice(0, 2))).toEqual(['S1', 'S2', 'S3']);
  });

  it('finds a write to the item of an ended shard that changes nothing', () => {
    const idle: Write = { kind: 'update', key: removes.key, set: {}, when: marks.when.slice(0, 1) };
    expect(found({ last: [idle] })).toEqual([expect.stringMatching(/^S9 .* after its end/)]);
  });
});
