/** The live page of `npm run dev`: real servers, real processes, and what a person sees of them. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { expectSound, keepScreenshot, useBrowser } from './browser.ts';
import { useDev } from './dev-run.ts';
import { LivePage } from './live-page.ts';

const WITHIN = { timeout: 20_000 };

const browser = await useBrowser();
const dev = await useDev('--clients', '2', '--shards', '4', '--rate', '60');

async function opened() {
  const watched = await browser.open();
  await watched.page.goto(dev.url);
  return { ...watched, live: new LivePage(watched.page) };
}

/** Asks for the feed, and takes nothing of it. */
async function readNothing(url: string): Promise<Socket> {
  const { hostname, port, search } = new URL(url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  socket.pause();
  socket.write(`GET /feed${search} HTTP/1.1\r\nHost: ${hostname}:${port}\r\n\r\n`);
  return socket;
}

describe('the live page of npm run dev', () => {
  it('shows a strip that follows a join, a kill and a split', async () => {
    const { live, page, ...watched } = await opened();
    const before = await live.untilOwned(2);
    await keepScreenshot(page, 'dev-1-two-clients');

    await page.getByRole('button', { name: '+ client' }).click();
    const joined = await live.untilOwned(3);
    expect(joined).toEqual(expect.arrayContaining([...before]));
    await keepScreenshot(page, 'dev-2-a-third-has-joined');

    const [victim = ''] = before;
    await live.row(victim).getByRole('button', { name: 'kill' }).click();
    const living = joined.filter((owner) => owner !== victim);
    expect(await live.untilOwned(living.length)).toEqual(living);
    await keepScreenshot(page, 'dev-3-one-was-killed');

    await page.locator('.strip').click({ position: { x: 20, y: 16 } });
    await page.getByRole('button', { name: 'Split', exact: true }).click();
    await expect
      .poll(() => page.locator('.strip-summary').first().textContent(), WITHIN)
      .toContain('5 shards to read');
    expect(await live.untilOwned(living.length)).toEqual(living);
    await keepScreenshot(page, 'dev-4-a-shard-was-split');
    expectSound({ page, ...watched });
  });

  it('draws at once for whoever comes late', async () => {
    const { live, page, ...watched } = await opened();
    // members, owners and charts are there with the first message, not after a while
    await live.row((await live.someMember()) ?? '').waitFor();
    await expect.poll(() => live.owners(), { timeout: 3_000 }).not.toEqual([]);
    expect((await live.members()).length).toBeGreaterThanOrEqual(2);
    expectSound({ page, ...watched });
  });

  it('shows the whole page as it was at an earlier moment, and goes on from now again', async () => {
    const { live, page, ...watched } = await opened();
    const slider = page.getByRole('slider', { name: 'Shown moment' });
    const shownMs = async (): Promise<number> => Number(await slider.getAttribute('aria-valuenow'));
    const before = await live.untilSettled();
    const members = await live.members();
    const thenMs = await shownMs();
    await page.getByRole('button', { name: '+ client' }).click();
    const joined = await live.untilOwned(before.length + 1);

    const steps = Math.ceil(((await shownMs()) - thenMs) / 1_000);
    for (let step = 0; step < steps; step += 1) await slider.press('ArrowLeft');
    await expect.poll(() => live.owners(), WITHIN).toEqual(before);
    expect(await live.members()).toEqual(members);
    const liveButton = page.getByRole('button', { name: 'Live' });
    expect(await liveButton.getAttribute('aria-pressed')).toBe('false');
    await keepScreenshot(page, 'dev-5-an-earlier-moment');
    await slider.press('End');
    await expect.poll(() => live.owners(), WITHIN).toEqual(joined);
    expect(await liveButton.getAttribute('aria-pressed')).toBe('true');
    expectSound({ page, ...watched });
  });

  it('does not slow the consumers where the page is frozen, or a reader never reads', async () => {
    const { page, context, ...watched } = await opened();
    const stuck = await readNothing(dev.url);
    const control = await context.newCDPSession(page);
    await control.send('Page.setWebLifecycleState', { state: 'frozen' });
    const before = dev.delivered();
    await expect.poll(() => dev.delivered() - before, { timeout: 15_000 }).toBeGreaterThan(300);
    expect(dev.onTheWay()).toBeLessThan(200);
    stuck.destroy();
    await control.send('Page.setWebLifecycleState', { state: 'active' });
    expectSound({ page, context, ...watched });
  });
});
