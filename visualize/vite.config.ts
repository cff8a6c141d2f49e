import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const room = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The page as it stands in the package: it fits under any path, and loads nothing but its own files. */
export default defineConfig({
  root: room('page'),
  base: './',
  publicDir: false,
  cacheDir: room('../build/vite'),
  build: {
    outDir: room('../dist/page'),
    emptyOutDir: true,
    target: 'es2022',
    // The page's content security policy allows no data: scripts or styles.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 2_000,
    rolldownOptions: { checks: { pluginTimings: false } },
  },
  worker: { format: 'es' },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
});
