/** Before the tests in a browser: builds the page as it stands in the package. */
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

export default async function buildPage(): Promise<void> {
  await build({
    configFile: fileURLToPath(new URL('../../visualize/vite.config.ts', import.meta.url)),
    logLevel: 'warn',
  });
}
