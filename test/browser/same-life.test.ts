import { fileURLToPath } from 'node:url';
import { build, type Rollup } from 'vite';
import { describe, expect, it } from 'vitest';
import { hop } from '../simulation/host.ts';
import { expectSound, useBrowser } from './browser.ts';
import { useFixture } from './fixture-server.ts';
import { lived } from './lived.ts';

/** A module with all that it imports, as a browser takes it. */
async function bundled(entry: string): Promise<string> {
  const built = (await build({
    configFile: false,
    logLevel: 'warn',
    build: {
      write: false,
      minify: false,
      lib: { entry: fileURLToPath(new URL(entry, import.meta.url)), formats: ['es'] },
    },
  })) as Rollup.RollupOutput[];
  return built[0]?.output[0].code ?? '';
}

const browser = await useBrowser();
const origin = await useFixture({
  '/index.html':
    '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/lived.js"></script>',
  '/lived.js': await bundled('lived-page.ts'),
});

describe('the simulation', () => {
  it('lives the same life in a browser as in Node, to the last byte', async () => {
    const watched = await browser.open();
    await watched.page.goto(`${origin}/index.html`);
    const there = (await watched.page.evaluate('lived()')) as readonly string[];
    const here = await lived(hop);
    expect(there.length).toBeGreaterThan(300);
    expect(there).toEqual(here);
    expectSound(watched);
  });
});
