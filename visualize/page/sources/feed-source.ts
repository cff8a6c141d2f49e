import { signal } from '@preact/signals';
import type { FeedLine } from '../../../src/feed/events.ts';
import { refresh } from '../state/shown.ts';
import { tell } from '../state/notices.ts';
import type { Host } from './host.ts';
import { Recorder } from './recorder.ts';
import type { Connection, GroupAction, Source } from './source.ts';

const TRY_AGAIN_AFTER_MS = 2_000;
/** Clocks of two hosts that differ by more are not compared. */
const SAME_CLOCK_MS = 60_000;

/** The feed of the server that gave the page. A connection that is lost is made again, for as long as the page is open. */
export function openFeed(host: Host): Source {
  const recorder = new Recorder();
  const connection = signal<Connection>({ kind: 'opening' });
  /** The feed's time less the page's, at the message that was the least delayed. */
  let aheadMs = -Infinity;
  let lostAtMs = 0;
  let events: EventSource | null = null;
  let again: ReturnType<typeof setTimeout> | undefined;

  function take(text: string): void {
    const lines = JSON.parse(text) as readonly FeedLine[];
    if (lines.some((line) => line.kind === 'trace')) aheadMs = -Infinity;
    recorder.take(lines);
    const pageMs = performance.now();
    aheadMs = Math.max(aheadMs, recorder.range.toMs - pageMs);
    const { epochMs } = recorder;
    if (epochMs !== null) {
      const byWallMs = Date.now() - epochMs - pageMs;
      if (byWallMs > aheadMs && byWallMs < aheadMs + SAME_CLOCK_MS) aheadMs = byWallMs;
    }
    connection.value = { kind: 'open' };
    refresh();
  }

  function lost(): void {
    if (connection.value.kind === 'open') {
      lostAtMs = nowMs();
      connection.value = { kind: 'lost', sinceEpochMs: Date.now() };
    }
    // A server that is gone is tried again by the browser; one that refuses is not.
    if (events?.readyState === EventSource.CLOSED) again = setTimeout(open, TRY_AGAIN_AFTER_MS);
  }

  function open(): void {
    events?.close();
    events = new EventSource('feed');
    events.addEventListener('message', ({ data }: MessageEvent<string>) => take(data));
    events.addEventListener('error', lost);
  }

  /** While the connection is lost time stands still: silence of the feed is no silence of the group. */
  function nowMs(): number {
    if (!recorder.begun) return 0;
    if (connection.value.kind === 'lost') return lostAtMs;
    return Math.max(recorder.range.toMs, aheadMs + performance.now());
  }

  open();
  return {
    kind: 'feed',
    name: location.host,
    actions: host.actions,
    pauseMs: null,
    connection: () => connection.value,
    moves: () => connection.value.kind === 'open',
    range: () => ({ fromMs: recorder.range.fromMs, toMs: nowMs() }),
    whole: () => recorder.whole,
    lookAt: (atMs) => recorder.lookAt(atMs),
    act: (action) => void send(action),
    close() {
      clearTimeout(again);
      events?.close();
    },
  };
}

async function send(action: GroupAction): Promise<void> {
  try {
    const answer = await fetch('action', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(action),
    });
    if (!answer.ok) tell(`${action.kind} was refused: ${await answer.text()}`);
  } catch {
    tell(`${action.kind} did not reach the server.`);
  }
}
