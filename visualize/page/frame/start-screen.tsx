import type { JSX } from 'preact';
import { OpenTrace, Simulate } from '../sources/ways-in.tsx';
import { source } from '../state/shown.ts';

/** What stands there while nothing is shown. */
export function StartScreen(): JSX.Element {
  if (source.value !== null) {
    return (
      <main class="start" aria-busy="true">
        <p class="dim">Waiting for the first events…</p>
      </main>
    );
  }
  return (
    <main class="start">
      <h2>See a consumer group</h2>
      <p>
        A group that is simulated in this page, by the same code that runs in production: add
        clients, split shards, pull the plug.
      </p>
      <p>
        <Simulate primary />
      </p>
      <p>
        Or a trace of one: drop its file here, or open it. Traces come from{' '}
        <code>npx kinesumer simulate --trace FILE</code>.
      </p>
      <p>
        <OpenTrace />
      </p>
      <p class="dim">
        A group that runs is seen by <code>npx kinesumer inspect --app APP --table TABLE</code>, or
        from inside with <code>client.inspect()</code>.
      </p>
    </main>
  );
}
