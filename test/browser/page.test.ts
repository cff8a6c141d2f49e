/** The page by itself: what it makes of a trace, of a feed that breaks off, and of a group that it simulates. */
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { FeedLine } from '../../src/feed/events.ts';
import { LiveGroup } from '../../src/simulation/index.ts';
import { hop } from '../simulation/host.ts';
import { expectSound, keepScreenshot, useBrowser, type Opening } from './browser.ts';
import { builtPage } from './built-page.ts';
import { useFixture } from './fixture-server.ts';

const browser = await useBrowser();
const files = await builtPage();
const html = files['/index.html'] ?? '';
const host = JSON.stringify({ source: 'process', actions: [] }).replaceAll('"', '&quot;');
const origin = await useFixture({
  ...files,
  '/hosted.html': html.replace(/(<meta name="kinesumer" content=")/, `$1${host}`),
});

/** Three clients and eight shards; one client dies at 12 s, one shard is split at 24 s; it ends at 30 s. */
const lines: FeedLine[] = [];
const TABLE = ['member', 'generation', 'plan', 'map', 'shard'];

beforeAll(async () => {
  const group = new LiveGroup({ seed: 5, clients: 3, shards: 8, recordsPerSecond: 20, hop });
  const reader = group.follow();
  const pass = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 500) {
      await group.advance(500);
      lines.push(...reader.take());
    }
  };
  await pass(12_000);
  group.perform({ kind: 'crash', slot: 1 });
  await pass(12_000);
  group.perform({ kind: 'split', pick: 0, stream: 'orders' });
  await pass(6_000);
});

const textOf = (told: readonly FeedLine[]): string =>
  told.map((line) => JSON.stringify(line)).join('\n');

async function openFile(page: Page, text: string, name = 'trace.jsonl'): Promise<void> {
  await page
    .locator('input[type=file]')
    .first()
    .setInputFiles({ name, mimeType: 'application/x-ndjson', buffer: Buffer.from(text) });
}

async function opened(text: string, options?: Opening) {
  const watched = await browser.open(options);
  await watched.page.goto(`${origin}/index.html`);
  await openFile(watched.page, text);
  await watched.page.locator('.strip').first().waitFor();
  return watched;
}

const figure = (page: Page, name: string) =>
  page.locator('.figure', { has: page.getByText(name, { exact: true }) }).locator('dd');
const summary = (page: Page) => page.locator('.strip-summary').innerText();
const scrubber = (page: Page) => page.getByRole('slider', { name: 'Shown moment' });

describe('the page', () => {
  it('shows a trace as it was at any moment, by the keys alone', async () => {
    const watched = await opened(textOf(lines));
    const { page } = watched;
    await expect.poll(() => summary(page)).toContain('9 shards to read');
    expect(await summary(page)).not.toContain('gap');
    await keepScreenshot(page, 'page-trace');

    await scrubber(page).focus();
    await page.keyboard.press('Home');
    for (let second = 0; second < 13; second += 1) await page.keyboard.press('ArrowRight');
    await expect.poll(() => summary(page)).toMatch(/8 shards to read\s+[23] gaps/);
    await expect.poll(() => page.getByRole('complementary').innerText()).toMatch(/c1.* died/);
    await keepScreenshot(page, 'page-trace-after-a-death');

    await page.keyboard.press('End');
    await expect.poll(() => summary(page)).not.toContain('gap');
    expectSound(watched);
  });

  it('leads from shard to shard by the keys, and tells all that is known of the chosen one', async () => {
    const watched = await opened(textOf(lines));
    const { page } = watched;
    await page.locator('.strip').focus();
    await page.keyboard.press('End');
    const told = await page.locator('.strip .tip').innerText();
    expect(told).toContain('shardId-000000000007');
    await page.keyboard.press('Enter');
    const details = page.getByRole('region', { name: 'Shard shardId-000000000007' });
    await expect.poll(() => details.innerText()).toMatch(/Fence\s+\d/);
    expect(await details.locator('.why').innerText()).toMatch(/reads it/);
    expectSound(watched);
  });

  it('zooms into a strip by keys, buttons and drags, and back', async () => {
    const watched = await opened(textOf(lines));
    const { page } = watched;
    const strip = page.locator('.strip');
    const keys = page.locator('.strip-keys');
    await strip.focus();
    await page.keyboard.press('End');
    for (let n = 0; n < 3; n += 1) await page.keyboard.press('+');
    // an eighth of the keys, with the shard in the place that it had
    await expect.poll(() => keys.innerText()).toMatch(/^cd8\s.*\sed8$/s);
    expect(await strip.locator('.tip').innerText()).toContain('shardId-000000000007');
    // the shard that is pointed at is seen wherever the keys lead
    await page.keyboard.press('Home');
    await expect.poll(() => keys.innerText()).toMatch(/^000?\s/);
    expect(await strip.locator('.tip').innerText()).toMatch(/shardId-\d+/);
    await page.getByRole('button', { name: 'Zoom in' }).click();
    const before = await keys.innerText();
    const { x = 0, y = 0, width = 0 } = (await strip.boundingBox()) ?? {};
    await page.mouse.move(x + width * 0.8, y + 10);
    await page.mouse.down();
    await page.mouse.move(x + width * 0.2, y + 10, { steps: 4 });
    await page.mouse.up();
    expect(await keys.innerText()).not.toBe(before);
    // a drag chooses nothing
    expect(await page.getByRole('region', { name: /^Shard shardId/ }).count()).toBe(0);
    await keepScreenshot(page, 'page-zoomed');
    await page.keyboard.press('0');
    await expect.poll(() => keys.innerText()).toMatch(/^00\s+40\s+80\s+c0\s+ff$/);
    await page.keyboard.down('Control');
    await page.mouse.move(x + width / 2, y + 10);
    await page.mouse.wheel(0, -400);
    await page.keyboard.up('Control');
    await expect.poll(() => keys.innerText()).toMatch(/^400?\s/);
    await strip.dblclick({ position: { x: 5, y: 10 } });
    await expect.poll(() => keys.innerText()).toMatch(/^00\s/);
    expectSound(watched);
  });

  it('tells the lag of any shard at any time, by the keys alone', async () => {
    const watched = await opened(textOf(lines));
    const { page } = watched;
    const heat = page.locator('.heat');
    const told = page.getByRole('region', { name: 'Lag' }).getByRole('status');
    await heat.focus();
    expect(await told.innerText()).toBe('');
    await page.keyboard.press('ArrowDown');
    await expect.poll(() => told.innerText()).toMatch(/^shard 0: .+ at 0:29\.\d$/);
    await page.keyboard.press('ArrowDown');
    const second = await told.innerText();
    expect(second).toMatch(/^shard [1-9]: /);
    const timeOf = (text: string) => Number(/0:(\d\d\.\d)$/.exec(text)?.[1]);
    await page.keyboard.press('Shift+ArrowLeft');
    const earlier = await told.innerText();
    expect(earlier).toMatch(/: \d.* behind at /);
    expect(earlier.split(':')[0]).toBe(second.split(':')[0]);
    expect(timeOf(earlier)).toBeLessThan(timeOf(second));
    await keepScreenshot(page, 'page-lag-cursor');
    await page.keyboard.press('Enter');
    await page.getByRole('region', { name: /^Shard shardId/ }).waitFor();
    await page.keyboard.press('Escape');
    await expect.poll(() => told.innerText()).toBe('');
    expectSound(watched);
  });

  it('has a dash for what a state table does not tell, and no 0', async () => {
    const [header, ...events] = lines;
    const told = events.filter(({ kind }) => TABLE.includes(kind));
    const asTable = { ...header, source: 'table' } as FeedLine;
    const { page } = await opened(textOf([asTable, ...told]));
    for (const name of ['Behind', 'Backlog', 'Drained in', 'Read']) {
      await expect.poll(() => figure(page, name).innerText()).toMatch(/^—\s*not known$/);
    }
    await expect.poll(() => figure(page, 'Shards').innerText()).toMatch(/^9\s/);
    const row = page.locator('.members tbody tr').first();
    expect(await row.locator('[data-name="Records/s"]').innerText()).toBe('—');
  });

  it('shows as text what would be code', async () => {
    const name = '<img src=x onerror="document.title=1"><script>document.title=2</script>';
    const hostile = textOf(lines).replaceAll(/"c0(-\d)?\b/g, (id) => {
      return JSON.stringify(name).slice(0, -1) + id.slice(3);
    });
    const watched = await opened(hostile);
    const { page } = watched;
    await expect.poll(() => page.locator('.members').innerText()).toContain('<img src=x');
    expect(await page.locator('#page img, #page script').count()).toBe(0);
    expect(await page.title()).toBe('simulated – kinesumer');
    expectSound(watched);
  });

  it('stays as it is where a file is no trace, and says so', async () => {
    const { page } = await opened(textOf(lines));
    await openFile(page, '{"kind":"trace"}\nhello', 'broken.jsonl');
    await expect
      .poll(() => page.getByRole('alert').innerText())
      .toBe('broken.jsonl cannot be shown: line 2 is no JSON.');
    await openFile(page, '{"kind":"put"}', 'other.jsonl');
    await expect.poll(() => page.getByRole('alert').innerText()).toContain('header of a trace');
    expect(await summary(page)).toContain('9 shards to read');
  });

  it('tells since when its connection is lost, lets time stand still, and finds back', async () => {
    const watched = await browser.open();
    const { page, context } = watched;
    const answers: ('feed' | 'nothing')[] = ['feed', 'nothing'];
    await context.route('**/feed', (route) => {
      if (answers.shift() === 'nothing') return route.abort();
      // it ends behind its only message, as when the server dies
      const body = `data: ${JSON.stringify(lines)}\n\n`;
      return route.fulfill({ contentType: 'text/event-stream', body });
    });
    await page.goto(`${origin}/hosted.html`);
    const state = page.locator('.masthead .state');
    await expect.poll(() => state.innerText()).toMatch(/^connection lost since \d\d:\d\d:\d\d$/);
    const shown = page.locator('.dock-time');
    const before = await shown.innerText();
    await expect.poll(() => answers.length, { timeout: 15_000 }).toBe(0);
    expect(await shown.innerText()).toBe(before);
    answers.push('feed');
    await expect.poll(() => answers.length, { timeout: 15_000 }).toBe(0);
    await expect.poll(() => summary(page)).toContain('9 shards to read');
  });

  it('simulates a group that its sliders and buttons change', async () => {
    const watched = await browser.open();
    const { page } = watched;
    await page.goto(`${origin}/index.html#simulate`);
    await expect.poll(() => summary(page), { timeout: 20_000 }).toContain('16 shards to read');
    await page.getByLabel('Speed').fill('5');
    await page.getByLabel('Clients').fill('5');
    const running = page.locator('.standing-active');
    await expect.poll(() => running.count(), { timeout: 20_000 }).toBe(5);
    const row = page.locator('.members tbody tr').last();
    const owned = row.locator('[data-name="Shards"]');
    await expect.poll(() => owned.innerText(), { timeout: 20_000 }).toMatch(/^[34]$/);
    await page.getByLabel('Speed').fill('0.5');
    // one that is paused goes on by itself, and the page says so
    const paused = page.locator('.members tbody tr').first();
    const pause = paused.getByRole('button', { name: 'pause 15 s' });
    await pause.click();
    await expect.poll(() => paused.innerText()).toContain('stands still');
    expect(await pause.isDisabled()).toBe(true);
    await page.getByLabel('Speed').fill('20');
    await expect.poll(() => paused.innerText(), { timeout: 20_000 }).not.toContain('stands still');
    await page.getByLabel('Speed').fill('5');
    await expect.poll(() => owned.innerText(), { timeout: 20_000 }).toMatch(/^[34]$/);
    await page.getByLabel('Speed').fill('0.5');
    await row.getByRole('button', { name: 'kill' }).click();
    await expect.poll(() => summary(page)).toMatch(/[34] gaps/);
    await keepScreenshot(page, 'page-simulation');
    expectSound(watched);
  });

  it.each(['light', 'dark'] as const)('fits a phone, %s', async (colorScheme) => {
    const phone = { width: 390, height: 844 };
    const { page } = await opened(textOf(lines), { viewport: phone, colorScheme });
    const wide = await page.evaluate<number>('document.documentElement.scrollWidth');
    expect(wide).toBeLessThanOrEqual(phone.width);
    expect(await page.locator('html').getAttribute('data-theme')).toBe(colorScheme);
    await keepScreenshot(page, `page-phone-${colorScheme}`);
  });
});
