/** Who may see the live page, and who may press its buttons: nobody but the person who has its address. */
import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { keepScreenshot, useBrowser } from './browser.ts';
import { useDev } from './dev-run.ts';
import { useFixture } from './fixture-server.ts';

const browser = await useBrowser();
const dev = await useDev('--clients', '1', '--shards', '1', '--rate', '1');
const { origin, search } = new URL(dev.url);
const action = `${origin}/action${search}`;
const add = JSON.stringify({ kind: 'add' });

/** A page of somebody else that knows even the token, and tries all that a page can. */
const stranger = await useFixture({
  '/index.html': '<!doctype html><link rel="icon" href="data:,"><title>A stranger</title>',
});

interface Asked {
  readonly path: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** The status of an answer, headers as given: not even the Host is set by itself. */
function statusOf({ path, method = 'GET', headers = {}, body }: Asked): Promise<number> {
  return new Promise((resolve, reject) => {
    const asked = request(new URL(path, origin), { method, headers, agent: false }, (answer) => {
      resolve(answer.statusCode ?? 0);
      answer.destroy();
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

describe('a stranger to the live page', () => {
  it('is refused without the token, or with a wrong one', async () => {
    expect(await statusOf({ path: `/${search}` })).toBe(200);
    for (const path of ['/', '/feed', '/stately', '/?token=wrong', '/feed?token=wrong']) {
      expect([path, await statusOf({ path })]).toEqual([path, 403]);
    }
    const headers = { 'content-type': 'application/json' };
    const method = 'POST';
    expect(await statusOf({ path: '/action', method, headers, body: add })).toBe(403);
  });

  it('is refused under a foreign name or from a foreign origin, even with the token', async () => {
    const foreign = [
      { host: 'evil.test' },
      { host: `evil.test:${new URL(origin).port}` },
      { origin: 'https://evil.test' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
    ];
    for (const headers of foreign) {
      expect([headers, await statusOf({ path: `/feed${search}`, headers })]).toEqual([
        headers,
        403,
      ]);
      const asked = { ...headers, 'content-type': 'application/json' };
      const acted = await statusOf({
        path: `/action${search}`,
        method: 'POST',
        headers: asked,
        body: add,
      });
      expect([headers, acted]).toEqual([headers, 403]);
    }
    // a form can send this much from anywhere
    const form = { 'content-type': 'text/plain' };
    const path = `/action${search}`;
    expect(await statusOf({ path, method: 'POST', headers: form, body: add })).toBe(415);
  });

  it('finds no token in the address of the page, which is reloaded and opened again without it', async () => {
    const { page, context } = await browser.open();
    await page.goto(`${dev.url}&kept=1#part`);
    const members = page.locator('.members tbody tr');
    await members.first().waitFor();
    expect(page.url()).toBe(`${origin}/?kept=1#part`);
    await page.reload();
    await members.first().waitFor();
    const bookmark = await context.newPage();
    await bookmark.goto(origin);
    await bookmark.locator('.members tbody tr').first().waitFor();
    const cookies = (await context.cookies()).map(({ name, httpOnly, sameSite, expires }) => ({
      name,
      httpOnly,
      sameSite,
      expires,
    }));
    const name = `kinesumer-${new URL(origin).port}`;
    expect(cookies).toEqual([{ name, httpOnly: true, sameSite: 'Strict', expires: -1 }]);
    // another person of this machine has the address, and no cookie
    const { page: other } = await browser.open();
    expect((await other.goto(origin))?.status()).toBe(403);
  });

  it('reads nothing and changes nothing from another page of the same browser', async () => {
    const { page } = await browser.open();
    // the person has the page open: its cookie is there
    await page.goto(dev.url);
    await page.locator('.members tbody tr').first().waitFor();
    await page.goto(`${stranger}/index.html`);
    const tries = (await page.evaluate(`(async () => {
      const post = (type) => fetch(${JSON.stringify(action)}, {
        method: 'POST', mode: type === 'application/json' ? 'cors' : 'no-cors',
        credentials: 'include', headers: { 'content-type': type }, body: ${JSON.stringify(add)},
      });
      const outcome = (promise) => promise.then((answer) => answer.type + answer.status, () => 'refused');
      return [
        await outcome(fetch(${JSON.stringify(`${origin}/feed${search}`)})),
        await outcome(post('application/json')),
        await outcome(post('text/plain')),
      ];
    })()`)) as readonly string[];
    expect(tries).toEqual(['refused', 'refused', 'refused']);
    await page.goto(dev.url);
    await page.locator('.members tbody tr').first().waitFor();
    expect(await page.locator('.members tbody tr').count()).toBe(1);
    await keepScreenshot(page, 'dev-alone');
  });
});
