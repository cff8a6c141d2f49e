/** What the page costs whoever looks: its first paint, its frames and its memory after a long time of a large group. */
import type { Browser, Page } from 'playwright-core';
import { spread, type Spread } from './consumer-cost.ts';

export interface FirstPaint {
  /** Since the navigation began, ms. */
  readonly paintMs: Spread;
  /** From the click that begins a simulated group until its strip is drawn, ms. */
  readonly drawnMs: Spread;
}

const simulate = (page: Page): Promise<void> =>
  page.getByRole('button', { name: 'Simulate a group' }).click();

/** A cold start: a browser that has nothing of the page yet, each time. */
export async function firstPaint(
  launch: () => Promise<Browser>,
  url: string,
  times: number,
): Promise<FirstPaint> {
  const paints: number[] = [];
  const drawn: number[] = [];
  for (let time = 0; time < times; time += 1) {
    const browser = await launch();
    try {
      const page = await browser.newPage();
      await page.goto(url);
      const clickedMs = performance.now();
      await simulate(page);
      await page.locator('.strip canvas').first().waitFor();
      drawn.push(performance.now() - clickedMs);
      paints.push(
        (await page.evaluate(
          `performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN`,
        )) as number,
      );
    } finally {
      await browser.close();
    }
  }
  return { paintMs: spread(paints), drawnMs: spread(drawn) };
}

export interface LongLook {
  /** What the page had seen of the group's time, ms. */
  readonly seenMs: number;
  /** Real time that it took, ms. */
  readonly tookMs: number;
  /** JavaScript heap of the page (its worker not counted) after a collection, at the first and at the last sample. */
  readonly heapMb: readonly { readonly atMinute: number; readonly mb: number }[];
  /** From one frame to the next, ms. */
  readonly frameMs: { readonly median: number; readonly p95: number; readonly most: number };
  /** Work of the page's own thread for a frame, ms. */
  readonly workMs: number;
}

/** Time of the group that the page has seen, ms. */
const SEEN = `Number(document.querySelector('.scrubber')?.getAttribute('aria-valuemax') ?? 0)`;

const FRAMES = `(forMs) => new Promise((resolve) => {
  const gaps = [];
  let last = performance.now();
  const until = last + forMs;
  const frame = (now) => {
    gaps.push(now - last);
    last = now;
    if (now < until) requestAnimationFrame(frame); else resolve(gaps);
  };
  requestAnimationFrame(frame);
})`;

export async function longLook(
  page: Page,
  {
    url,
    clients,
    shards,
    minutes,
  }: { url: string; clients: number; shards: number; minutes: number },
  progress: (line: string) => void,
): Promise<LongLook> {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Performance.enable');
  const metric = async (name: string): Promise<number> => {
    const { metrics } = await devtools.send('Performance.getMetrics');
    return metrics.find((found) => found.name === name)?.value ?? Number.NaN;
  };
  const heapMb = async (): Promise<number> => {
    await devtools.send('HeapProfiler.collectGarbage');
    return (await metric('JSHeapUsedSize')) / 2 ** 20;
  };
  const knob = (name: string) => page.locator('.knob', { hasText: name }).locator('input');

  await page.goto(url);
  await simulate(page);
  await knob('Clients').fill(String(clients));
  await knob('Shards').fill(String(shards));
  await knob('Records/s').fill(String(shards));
  await knob('Speed').fill('20');
  const beganMs = performance.now();
  const heaps: { atMinute: number; mb: number }[] = [];
  let seenMs = 0;
  for (let minute = 1; seenMs < minutes * 60_000;) {
    await page.waitForTimeout(1_000);
    seenMs = (await page.evaluate(SEEN)) as number;
    if (seenMs < minute * 60_000) continue;
    const atMinute = Math.floor(seenMs / 60_000);
    if (atMinute % 10 === 0 || atMinute === 1) {
      heaps.push({ atMinute, mb: await heapMb() });
      progress(
        `minute ${atMinute} of ${minutes}: heap of the page ${heaps.at(-1)?.mb.toFixed(1)} MB`,
      );
    }
    minute = atMinute + 1;
  }
  const tookMs = performance.now() - beganMs;
  await knob('Speed').fill('1');
  await page.waitForTimeout(2_000);
  const workBefore = await metric('TaskDuration');
  const gaps = ((await page.evaluate(`(${FRAMES})(20000)`)) as number[]).slice(1);
  const workMs = (((await metric('TaskDuration')) - workBefore) * 1_000) / gaps.length;
  const sorted = gaps.toSorted((one, other) => one - other);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  heaps.push({ atMinute: Math.floor(seenMs / 60_000), mb: await heapMb() });
  return {
    seenMs,
    tookMs,
    heapMb: heaps,
    frameMs: { median: at(0.5), p95: at(0.95), most: at(1) },
    workMs,
  };
}
