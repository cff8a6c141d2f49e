import { describe, expect, it } from 'vitest';
import type { FeedHeader } from '../../../src/feed/events.ts';
import { Recorder } from '../../../visualize/page/sources/recorder.ts';

const header = (app: string): FeedHeader => ({
  kind: 'trace',
  version: 1,
  source: 'process',
  app,
  scenario: null,
});
const joins = (clientId: string, atMs: number, order: number) =>
  ({
    kind: 'member',
    by: null,
    clientId,
    session: `${clientId}#1`,
    state: 'active',
    rv: 1,
    ttlMs: 9_000,
    atMs,
    order,
  }) as const;

const membersAt = (recorder: Recorder, atMs: number): readonly string[] | undefined =>
  recorder
    .lookAt(atMs)
    ?.view(atMs)
    .members.map(({ clientId }) => clientId);

describe('what a source tells', () => {
  it('is nothing before its header', () => {
    const recorder = new Recorder();
    recorder.take([joins('worker-1', 0, 0)]);
    expect(recorder.begun).toBe(false);
    expect(recorder.lookAt(0)).toBeNull();
  });

  it('can be looked at as it was', () => {
    const recorder = new Recorder();
    recorder.take([header('shop'), joins('worker-1', 1_000, 0)]);
    recorder.take([joins('worker-2', 5_000, 1)]);
    expect(recorder.range.toMs).toBe(5_000);
    expect(membersAt(recorder, 2_000)).toEqual(['worker-1']);
    expect(membersAt(recorder, 5_000)).toEqual(['worker-1', 'worker-2']);
  });

  it('begins anew with each header, also within a message', () => {
    const recorder = new Recorder();
    recorder.take([
      header('shop'),
      joins('worker-1', 1_000, 0),
      header('shop'),
      joins('worker-2', 2_000, 0),
    ]);
    expect(membersAt(recorder, 2_000)).toEqual(['worker-2']);
  });
});
