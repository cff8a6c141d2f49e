/** Before the tests in a browser: unpacks it, once for all of them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { unpackChromium, type Chromium } from './chromium.ts';

declare module 'vitest' {
  interface ProvidedContext {
    readonly chromium: Chromium;
  }
}

export default async function setUp(project: TestProject): Promise<() => void> {
  const folder = mkdtempSync(join(tmpdir(), 'kinesumer-chromium-'));
  const tearDown = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    project.provide('chromium', await unpackChromium(folder));
  } catch (error) {
    tearDown();
    throw error;
  }
  return tearDown;
}
