/** A trace on the live page, until somebody ends it. */
import { KinesumerError } from '../index.ts';
import { inspectTrace, type InspectTraceOptions } from '../inspector.ts';
import { aborted } from './interruption.ts';
import { openInBrowser } from './open-in-browser.ts';

export type Shown =
  { readonly kind: 'shown' } | { readonly kind: 'unshown'; readonly message: string };

/** @param end aborts when the page is to be closed */
export async function showTrace(options: InspectTraceOptions, end: AbortSignal): Promise<Shown> {
  try {
    const inspector = await inspectTrace(options);
    // stdout has the result alone
    process.stderr.write(`Live page: ${inspector.url}\nctrl-C ends it.\n`);
    if (process.stderr.isTTY) openInBrowser(inspector.url);
    await aborted(end);
    await inspector.close();
    return { kind: 'shown' };
  } catch (error) {
    if (!(error instanceof KinesumerError)) throw error;
    return { kind: 'unshown', message: `${error.code}: ${error.message}` };
  }
}
