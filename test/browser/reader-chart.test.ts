/** The statecharts on the live page: drawn from the machines that run, with the states lit that they are in. */
import { describe, expect, it } from 'vitest';
import { expectSound, keepScreenshot, useBrowser } from './browser.ts';
import { useDev } from './dev-run.ts';
import { LivePage } from './live-page.ts';

const WITHIN = { timeout: 30_000 };

const browser = await useBrowser();
// handlers are slow: a reader that is stopped has something to drain
const dev = await useDev('--clients', '2', '--shards', '2', '--rate', '40', '--handler', '1500');

/** Collects, from now on, the states that are lit in the picture at any moment. */
const WATCH = `(() => {
  window.litStates = new Set();
  const look = () => {
    for (const element of document.querySelectorAll('.chart-room g.is-active')) window.litStates.add(element.id);
  };
  look();
  new MutationObserver(look).observe(document.querySelector('.panel-actors'), {
    subtree: true, childList: true, attributes: true, attributeFilter: ['class'],
  });
})()`;

describe('the statechart of a reader', () => {
  it('is lit as the reader goes, from polling until it has drained', async () => {
    const { page, ...watched } = await browser.open();
    await page.goto(dev.url);
    const live = new LivePage(page);
    const [owner = ''] = await live.untilOwned(2);

    // its shard's reader, and that one whatever becomes of the shard
    await live.choose(owner);
    await page.locator('.actors .actor-name[aria-pressed="true"]').click();
    const chart = page.getByRole('group', { name: 'Statechart of the reader' });
    await chart.locator('g.is-active').first().waitFor();
    await page.getByRole('button', { name: 'fit', exact: true }).click();
    await page.evaluate(WATCH);
    const lit = async (): Promise<readonly string[]> =>
      (await page.evaluate('[...window.litStates]')) as readonly string[];
    const hasLit = (state: string) => async (): Promise<boolean> =>
      (await lit()).some((id) => id.endsWith(state));
    // whatever of the two it is in most of the time
    const polls = async (): Promise<boolean> =>
      (await hasLit('fetch.waiting')()) || (await hasLit('fetch.reading')());
    await expect.poll(polls, WITHIN).toBe(true);
    // there is something to drain
    await chart.locator('g[id$="deliver.delivering"].is-active').waitFor();
    expect(await hasLit('reader.draining')()).toBe(false);
    await keepScreenshot(page, 'chart-1-a-reader-polls');

    await live.row(owner).getByRole('button', { name: 'stop' }).click();
    await expect.poll(hasLit('reader.draining'), WITHIN).toBe(true);
    await keepScreenshot(page, 'chart-2-it-drains');
    await expect.poll(hasLit('reader.released'), WITHIN).toBe(true);
    await keepScreenshot(page, 'chart-3-it-has-released');
    expectSound({ page, ...watched });
  });
});
