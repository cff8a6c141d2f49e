/**
 * Prints what it costs to look: a consumer's processor time with the live page off, on, and open; and the page's own
 * frames, memory and first paint. Tables on stdout, progress on stderr.
 *
 *   npm run inspector-cost [-- --quick] [-- --only consumer,paint,page] [-- --minutes 60]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium, type Browser } from 'playwright-core';
import { createInspector } from '../src/inspector.ts';
import { unpackChromium } from '../test/browser/chromium.ts';
import { consumerCost, type Spread } from './inspector/consumer-cost.ts';
import { firstPaint, longLook } from './inspector/page-cost.ts';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', default: 'consumer,paint,page' },
    minutes: { type: 'string', default: '60' },
  },
});
const PARTS = ['consumer', 'paint', 'page'];
const wanted = new Set(values.only.split(','));
if ([...wanted].some((part) => !PARTS.includes(part))) {
  process.stderr.write(`--only takes a list of ${PARTS.join(', ')}, not '${values.only}'\n`);
  process.exit(2);
}
const effort = values.quick
  ? { rounds: 2, forMs: 3_000, times: 2 }
  : { rounds: 5, forMs: 10_000, times: 7 };
const minutes = values.quick ? 1 : Number(values.minutes);
const SIZES = [16, 1_000] as const;
const LARGE = { clients: 20, shards: 200 } as const;

const startedMs = performance.now();
const progress = (line: string): void => {
  const second = Math.floor((performance.now() - startedMs) / 1_000);
  process.stderr.write(`${String(second).padStart(5)} s  ${line}\n`);
};
const print = (line: string): void => void process.stdout.write(`${line}\n`);
const ratio = ({ median, least, most }: Spread): string =>
  `${median.toFixed(2)} × (${least.toFixed(2)} … ${most.toFixed(2)})`;
const ms = ({ median, least, most }: Spread): string =>
  `${median.toFixed(0)} ms (${least.toFixed(0)} … ${most.toFixed(0)})`;

const folder = mkdtempSync(join(tmpdir(), 'kinesumer-chromium-'));
const { executable, env } = await unpackChromium(folder);
const launch = (): Promise<Browser> =>
  chromium.launch({ executablePath: executable, env: { ...process.env, ...env } });
// the page alone, with nobody to be seen: it simulates a group of its own
const host = await createInspector();
try {
  if (wanted.has('consumer')) {
    const browser = await launch();
    for (const shards of SIZES) {
      const cost = await consumerCost(browser, { shards, ...effort }, progress);
      print(
        `${shards} shards, one record a second each: ${(cost.offShare * 100).toFixed(1)} % of a core unobserved`,
      );
      print(`  hub on, nobody looks   ${ratio(cost.ratios.hub)}`);
      print(`  hub on, a page open    ${ratio(cost.ratios.page)}`);
    }
    await browser.close();
  }
  if (wanted.has('paint')) {
    const { paintMs, drawnMs } = await firstPaint(launch, host.url, effort.times);
    print(
      `first paint from a cold start ${ms(paintMs)}, a simulated group drawn ${ms(drawnMs)} after the click`,
    );
  }
  if (wanted.has('page')) {
    const browser = await launch();
    const page = await browser.newPage({ viewport: { width: 1_280, height: 800 } });
    const look = await longLook(page, { url: host.url, ...LARGE, minutes }, progress);
    const { frameMs, workMs, heapMb, seenMs, tookMs } = look;
    print(
      `${LARGE.clients} × ${LARGE.shards} simulated in the page for ${(seenMs / 60_000).toFixed(0)} min of its time ` +
        `(in ${(tookMs / 60_000).toFixed(1)} min):`,
    );
    print(
      `  a frame every ${frameMs.median.toFixed(1)} ms (p95 ${frameMs.p95.toFixed(1)}, most ${frameMs.most.toFixed(1)}), ` +
        `${workMs.toFixed(1)} ms of work for each`,
    );
    print(
      `  heap ${heapMb.map(({ atMinute, mb }) => `${mb.toFixed(1)} MB at ${atMinute} min`).join(', ')}`,
    );
    await browser.close();
  }
} finally {
  await host.close();
  rmSync(folder, { recursive: true, force: true });
}
print(
  `Node ${process.version}, ${availableParallelism()} processors, load averages ${loadavg()
    .map((value) => value.toFixed(1))
    .join(', ')}.${values.quick ? ' Quick run: too few samples to quote.' : ''}`,
);
