/** Simulations on the page: a group that lives in it, and a run of `kinesumer simulate` that is replayed. */
import { createInspector, inspectTrace } from '../../src/inspector.ts';
import { play, traceEventsOf, traceLines, workload } from '../../src/simulation/index.ts';
import { afterAll, describe, expect, it } from 'vitest';
import { hop } from '../simulation/host.ts';
import { expectSound, keepScreenshot, useBrowser } from './browser.ts';
import { LivePage } from './live-page.ts';

const browser = await useBrowser();
const alone = await createInspector();
afterAll(() => alone.close());

describe('a group that is simulated in the page', () => {
  it('lives, and follows its sliders and buttons', async () => {
    const { page, ...watched } = await browser.open();
    await page.goto(alone.url);
    await page.getByRole('button', { name: 'Simulate a group' }).click();
    const live = new LivePage(page);
    await live.untilOwned(4);
    const knob = (name: string) => page.locator('.knob', { hasText: name }).locator('input');
    await knob('Speed').fill('5');
    await knob('Clients').fill('6');
    const owners = await live.untilOwned(6);
    await live
      .row(owners[0] ?? '')
      .getByRole('button', { name: 'kill' })
      .click();
    expect(await live.untilOwned(5)).toEqual(owners.slice(1));
    await knob('Shards').fill('20');
    await expect
      .poll(() => page.locator('.strip-summary').first().textContent(), { timeout: 20_000 })
      .toContain('20 shards to read');
    await live.untilSettled();
    await keepScreenshot(page, 'simulated-light');
    expectSound({ page, ...watched });
  });
});

describe('a run that is replayed', () => {
  it('is there from its beginning to its end, at any moment', async () => {
    const scenario = workload('crash', {
      seed: 3,
      clients: 3,
      shards: 6,
      streams: 1,
      profile: 'fast',
      durationMs: 10_000,
    });
    const evidence = await play(scenario, { hop });
    const header = { source: 'simulation', app: evidence.app, scenario } as const;
    const lines = () => traceLines(header, traceEventsOf(evidence, []));
    const inspector = await inspectTrace({ app: evidence.app, lines });
    try {
      const { page, ...watched } = await browser.open();
      await page.goto(inspector.url);
      const live = new LivePage(page);
      const end = await live.untilOwned(3);
      const slider = page.getByRole('slider', { name: 'Shown moment' });
      expect(Number(await slider.getAttribute('aria-valuemax'))).toBeGreaterThan(60_000);
      // the first dies a minute after the group has formed
      await slider.press('Home');
      for (let step = 0; step < 9; step += 1) await slider.press('ArrowRight');
      const formed = await live.untilOwned(3);
      expect(formed).not.toEqual(end);
      await keepScreenshot(page, 'trace-formed');
      expectSound({ page, ...watched });
    } finally {
      await inspector.close();
    }
  });
});
