import { describe, expect, it } from 'vitest';
import { oneReader } from '../../src/simulation/checkers/d9-one-reader.ts';
import { allOwned } from '../../src/simulation/checkers/l2-all-owned.ts';
import { soundProcesses } from '../../src/simulation/checkers/sound-processes.ts';
import { Recorder, type Evidence } from '../../src/simulation/history.ts';

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
const life = (what: 'started' | 'paused', process = 'p'): Note => ({
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

  it('excuses a client whose id was taken, and one that was stopped while it left', () => {
    const taken = evidenceOf(life('started'), life('started', 'q'), failed('SessionReplaced'));
    const stopped = evidenceOf(life('started'), life('paused'), failed('CloseTimeout'));
    expect([...soundProcesses(taken), ...soundProcesses(stopped)]).toEqual([]);
  });
});

describe('the checker of L1', () => {
  it('finds a group whose leader does not live', () => {
    expect(allOwned(evidenceOf())).toMatchObject([{ invariant: 'L1', order: null }]);
  });
});
