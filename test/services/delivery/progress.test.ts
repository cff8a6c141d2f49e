import { describe, expect, it } from 'vitest';
import { SHARD_END } from '../../../src/machines/rules/positions.ts';
import { Progress } from '../../../src/services/delivery/progress.ts';
import { fetched, lost, positionAt, quiet } from './delivery-world.ts';

function progressAt(handedOut: number): Progress {
  const progress = new Progress(positionAt(0));
  progress.handOut(handedOut);
  return progress;
}

const done = (progress: Progress, number: number): void =>
  progress.complete(number, fetched(number));
const skipped = (progress: Progress, number: number): void =>
  progress.skip(number, fetched(number));

describe('Progress', () => {
  it('starts at the acquired position, clean and settled', () => {
    const progress = new Progress(positionAt(7));
    expect(progress.completed()).toBe(positionAt(7));
    expect(progress.committed()).toBe(positionAt(7));
    expect(progress.settled()).toBe(true);
  });

  it('never moves backwards', () => {
    const progress = progressAt(9);
    done(progress, 5);
    done(progress, 3);
    expect(progress.completed()).toBe(positionAt(5));
    progress.noteCommitted(positionAt(5));
    progress.noteCommitted(positionAt(2));
    expect(progress.committed()).toBe(positionAt(5));
  });

  it('keeps a position of an aggregate by its subsequence number', () => {
    const progress = progressAt(1);
    progress.complete(1, { sequenceNumber: '12', subsequenceNumber: 3 });
    expect(progress.completed()).toBe('00212.0000000003');
  });

  it('passes a skipped record as soon as everything before it is completed', () => {
    const progress = progressAt(2);
    skipped(progress, 3);
    skipped(progress, 4);
    done(progress, 1);
    expect(progress.completed()).toBe(positionAt(1));
    done(progress, 2);
    expect(progress.completed()).toBe(positionAt(4));
    expect(progress.settled()).toBe(true);
  });

  it('passes several runs of skipped records one by one', () => {
    const progress = progressAt(1);
    skipped(progress, 2);
    progress.handOut(3);
    skipped(progress, 4);
    done(progress, 1);
    expect(progress.completed()).toBe(positionAt(2));
    done(progress, 3);
    expect(progress.completed()).toBe(positionAt(4));
  });

  it('moves over a skipped record at once when nothing is open before it', () => {
    const progress = new Progress(positionAt(0));
    skipped(progress, 1);
    expect(progress.completed()).toBe(positionAt(1));
    expect(progress.settled()).toBe(true);
  });

  it('tells once of each change from clean to dirty, and not within the mark itself', async () => {
    const progress = progressAt(9);
    let told = 0;
    progress.onDirty(() => (told += 1));
    done(progress, 1);
    expect(told).toBe(0);
    done(progress, 2);
    await quiet();
    expect(told).toBe(1);
    progress.noteCommitted(positionAt(2));
    done(progress, 3);
    await quiet();
    expect(told).toBe(2);
  });

  it('stays dirty when more was completed than the commit holds', async () => {
    const progress = progressAt(9);
    let told = 0;
    progress.onDirty(() => (told += 1));
    done(progress, 2);
    await quiet();
    progress.noteCommitted(positionAt(1));
    done(progress, 3);
    await quiet();
    expect(told).toBe(1);
    expect(progress.completed()).toBe(positionAt(3));
  });

  it('is not dirty by a completion behind what the store holds', async () => {
    const progress = progressAt(9);
    let told = 0;
    progress.onDirty(() => (told += 1));
    progress.noteCommitted(SHARD_END);
    done(progress, 1);
    await quiet();
    expect(told).toBe(0);
  });

  it('resolves a wait for a commit when the store holds the position or a later one', async () => {
    const progress = progressAt(9);
    const seen: string[] = [];
    void progress.whenCommitted(positionAt(2)).then(() => seen.push('2'));
    void progress.whenCommitted(positionAt(5)).then(() => seen.push('5'));
    progress.noteCommitted(positionAt(3));
    await quiet();
    expect(seen).toEqual(['2']);
    progress.noteCommitted(positionAt(8));
    await quiet();
    expect(seen).toEqual(['2', '5']);
  });

  it('rejects a wait for a commit with the reason of the close, or of its own signal', async () => {
    const progress = progressAt(9);
    const stop = new AbortController();
    const aborted = progress.whenCommitted(positionAt(1), stop.signal);
    const closed = progress.whenCommitted(positionAt(1));
    const why = new Error('enough');
    stop.abort(why);
    await expect(aborted).rejects.toBe(why);
    const reason = lost();
    progress.close(reason);
    await expect(closed).rejects.toBe(reason);
    await expect(progress.whenCommitted(positionAt(0))).resolves.toBeUndefined();
  });

  it('completes nothing after it was closed', async () => {
    const progress = progressAt(9);
    let told = 0;
    progress.onDirty(() => (told += 1));
    done(progress, 2);
    progress.close(lost());
    done(progress, 3);
    skipped(progress, 4);
    await quiet();
    expect(progress.completed()).toBe(positionAt(2));
    expect(told).toBe(0);
  });
});
