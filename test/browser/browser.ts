/** A browser for one test file, and what all its pages must keep to. */
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { afterAll, afterEach, expect, inject } from 'vitest';

const SCREENSHOTS = fileURLToPath(new URL('../../artefacts/browser/', import.meta.url));
const LOOPBACK = new Set(['127.0.0.1', '[::1]', 'localhost']);
/** Of the browser's own. It asks its makers for nothing while we test. */
const QUIET = [
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-domain-reliability',
  '--disable-sync',
  '--no-first-run',
  '--no-pings',
  // What gets by all of the above finds nobody.
  '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost',
];
/** For what a page should do at once. */
const ACTION_TIMEOUT_MS = 10_000;
const DESKTOP = { width: 1_280, height: 800 };

export interface Opening {
  readonly viewport?: { readonly width: number; readonly height: number };
  readonly colorScheme?: 'light' | 'dark';
}

/** A page, with what went wrong in it. */
export interface Watched {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Requests to others than this machine: they were stopped. */
  readonly foreign: readonly string[];
  /** Errors that nobody caught, and what the console and the CSP complained of. */
  readonly complaints: readonly string[];
}

export interface TestBrowser {
  /** A page of a visitor of its own, closed after the test. */
  open(options?: Opening): Promise<Watched>;
}

/** Call in the body of the test file (`await` at the top level), not inside a test. */
export async function useBrowser(): Promise<TestBrowser> {
  const { executable, env } = inject('chromium');
  const browser: Browser = await chromium.launch({
    executablePath: executable,
    args: QUIET,
    env: { ...process.env, ...env },
  });
  const contexts = new Set<BrowserContext>();
  afterEach(async () => {
    await Promise.all([...contexts].map((context) => context.close()));
    contexts.clear();
  });
  afterAll(() => browser.close());

  return {
    async open({ viewport = DESKTOP, colorScheme = 'light' } = {}) {
      const context = await browser.newContext({ viewport, colorScheme, serviceWorkers: 'block' });
      context.setDefaultTimeout(ACTION_TIMEOUT_MS);
      contexts.add(context);
      const foreign: string[] = [];
      const complaints: string[] = [];
      await context.route('**/*', (route) => {
        const url = route.request().url();
        if (isLocal(url)) return route.continue();
        foreign.push(url);
        return route.abort();
      });
      await context.routeWebSocket('**/*', (socket) => {
        if (isLocal(socket.url())) socket.connectToServer();
        else foreign.push(socket.url());
      });
      const page = await context.newPage();
      page.on('pageerror', (error) => complaints.push(error.message));
      page.on('console', (message) => {
        if (message.type() === 'error') complaints.push(message.text());
      });
      return { page, context, foreign, complaints };
    },
  };
}

/** Keeps a picture of the page beside the reports: `artefacts/browser/<name>.png`. */
export async function keepScreenshot(page: Page, name: string): Promise<void> {
  mkdirSync(SCREENSHOTS, { recursive: true });
  const viewport = page.viewportSize() ?? DESKTOP;
  // in a window as tall as the page, since what sticks to the foot of a smaller one would lie over the middle
  const height = await page.evaluate<number>('document.documentElement.scrollHeight');
  await page.setViewportSize({ ...viewport, height: Math.max(viewport.height, height) });
  await page.screenshot({ path: `${SCREENSHOTS}${name}.png`, fullPage: true });
  await page.setViewportSize(viewport);
}

/** It spoke to nobody but this machine, and complained of nothing. */
export function expectSound({ foreign, complaints }: Watched): void {
  expect(foreign).toEqual([]);
  expect(complaints).toEqual([]);
}

function isLocal(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return ['data:', 'blob:', 'about:'].includes(protocol) || LOOPBACK.has(hostname);
}
