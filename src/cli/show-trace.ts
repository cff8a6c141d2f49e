/** A trace on the live page, until somebody ends it. */
import { once } from 'node:events';
import { inspectTrace, type InspectTraceOptions } from '../inspector.ts';
import { openInBrowser } from './open-in-browser.ts';

/** @param end aborts when the page is to be closed */
export async function showTrace(options: InspectTraceOptions, end: AbortSignal): Promise<void> {
  const inspector = await inspectTrace(options);
  try {
    // stdout has the result alone
    process.stderr.write(`Live page: ${inspector.url}\nctrl-C ends it.\n`);
    if (process.stderr.isTTY) openInBrowser(inspector.url);
    if (!end.aborted) await once(end, 'abort');
  } finally {
    await inspector.close();
  }
}
