/** The browser itself: what the other tests here rely on. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { expectSound, keepScreenshot, useBrowser } from './browser.ts';
import { unpackChromium } from './chromium.ts';
import { useFixture } from './fixture-server.ts';

const page = (body: string): string =>
  `<!doctype html><link rel="icon" href="data:,"><title>A fixture</title>${body}`;

const browser = await useBrowser();
const origin = await useFixture({
  '/sound.html': page('<p id="said">nothing yet</p><script src="/sound.js"></script>'),
  '/sound.js': `document.querySelector('#said').textContent = 'a script of its own ran'`,
  '/inline.html': page('<p id="said">nothing</p><script>said.textContent = "ran"</script>'),
  '/foreign.html': page('<p id="said">nothing yet</p><script src="/foreign.js"></script>'),
  '/foreign.js': `
    const image = new Image();
    image.src = 'http://192.0.2.1/pixel.png';
    location.href = 'http://example.test/away';`,
});

describe('a page of the browser tests', () => {
  it('loads under the policy of the live page, and asks nobody but this machine', async () => {
    const watched = await browser.open();
    await watched.page.goto(`${origin}/sound.html`);
    await watched.page.getByText('a script of its own ran').waitFor();
    await keepScreenshot(watched.page, 'fixture');
    expectSound(watched);
  });

  it('runs no script that stands in it', async () => {
    const { page: opened, complaints } = await browser.open();
    await opened.goto(`${origin}/inline.html`);
    expect(await opened.locator('#said').textContent()).toBe('nothing');
    expect(complaints.join()).toContain('Content Security Policy');
  });

  it('is stopped and told of when it asks somebody else', async () => {
    const watched = await browser.open();
    await watched.page.goto(`${origin}/foreign.html`);
    await expect.poll(() => watched.foreign).toEqual(['http://example.test/away']);
    expect(() => expectSound(watched)).toThrow('example.test');
  });
});

describe('a browser that does not start', () => {
  afterEach(() => vi.unstubAllEnvs());

  it('fails the tests with what to install', async () => {
    vi.stubEnv('KINESUMER_CHROMIUM', '/nowhere/chromium');
    await expect(unpackChromium('/nowhere')).rejects.toThrow(
      /does not start: .*ENOENT.*apt-get install -y chromium/,
    );
  });
});
