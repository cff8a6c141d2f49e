import { computed, effect, signal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { show, source, view } from '../state/shown.ts';
import { openFeed } from './feed-source.ts';
import { readHost, type Host } from './host.ts';
import { beginSimulation } from './simulation-source.ts';
import { openTraceFile, openTraceOfHost } from './trace-file.ts';

const host = readHost();

/** Whether a file hangs over the page. */
const hovering = signal(false);

/** Opens a trace from a file. */
export function OpenTrace({ primary }: { readonly primary?: boolean }): JSX.Element {
  return (
    <label class={`button ${primary === true ? 'primary' : ''}`}>
      Open a trace
      <input
        type="file"
        accept=".jsonl,.ndjson,.json,application/x-ndjson"
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          event.currentTarget.value = '';
          if (file !== undefined) void openTraceFile(file);
        }}
      />
    </label>
  );
}

/** Begins a group in the page. */
export function Simulate({ primary }: { readonly primary?: boolean }): JSX.Element {
  return (
    <button
      type="button"
      class={primary === true ? 'primary' : ''}
      onClick={() => show(beginSimulation())}
    >
      Simulate a group
    </button>
  );
}

/** Leads back to the feed of the page's own server. */
export function BackToFeed(): JSX.Element | null {
  if (host === null || source.value?.kind === (host.trace ? 'file' : 'feed')) return null;
  return (
    <button type="button" onClick={() => goHome(host)}>
      {host.trace ? 'Back to the trace' : 'Back to the live group'}
    </button>
  );
}

/** Lets a trace be dropped anywhere on the page. */
export function DropZone(): JSX.Element | null {
  useEffect(() => {
    const onDragOver = (event: DragEvent): void => {
      if (event.dataTransfer?.types.includes('Files') !== true) return;
      event.preventDefault();
      hovering.value = true;
    };
    const onDragLeave = (event: DragEvent): void => {
      if (event.relatedTarget === null) hovering.value = false;
    };
    const onDrop = (event: DragEvent): void => {
      event.preventDefault();
      hovering.value = false;
      const file = event.dataTransfer?.files[0];
      if (file !== undefined) void openTraceFile(file);
    };
    addEventListener('dragover', onDragOver);
    addEventListener('dragleave', onDragLeave);
    addEventListener('drop', onDrop);
    return () => {
      removeEventListener('dragover', onDragOver);
      removeEventListener('dragleave', onDragLeave);
      removeEventListener('drop', onDrop);
    };
  }, []);
  return hovering.value ? <div class="drop">Drop a trace to see it</div> : null;
}

/** Shows what the page's own server has. */
function goHome(home: Host): void {
  if (home.trace) void openTraceOfHost();
  else show(openFeed(home));
}

/** Shows what the page was opened for: its server's group, or `#simulate`. */
export function begin(): void {
  if (host !== null) goHome(host);
  else if (location.hash === '#simulate') show(beginSimulation());
}

const shownApp = computed(() => view.value?.app ?? null);

/** The title names what is shown. */
effect(() => {
  const app = shownApp.value;
  document.title = app === null ? 'kinesumer' : `${app} – kinesumer`;
});
