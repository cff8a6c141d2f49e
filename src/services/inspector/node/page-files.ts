/** The built page, as files of the package. */
import { existsSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import type { Asset } from '../http.ts';

/** Beside the built library; or where the build has put it, for those who run the sources. */
const FOLDERS = ['../../../page/', '../../../../dist/page/', '../../../../../dist/page/'];

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.wasm': 'application/wasm',
  '.woff2': 'font/woff2',
};

/**
 * Looked up by name in what is there: no name can lead out of the folder.
 *
 * @param folder where the page is. Default: in this package
 */
export function pageFiles(
  folder: URL | null = builtFolder(),
): (path: string) => Promise<Asset | null> {
  const names =
    folder === null
      ? []
      : readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) =>
          name.replaceAll('\\', '/'),
        );
  const known = new Set(names);
  return async (path) => {
    const type = TYPES[extname(path)];
    if (folder === null || type === undefined || !known.has(path)) return null;
    return { type, body: new Uint8Array(await readFile(new URL(path, folder))) };
  };
}

const builtFolder = (): URL | null =>
  FOLDERS.map((folder) => new URL(folder, import.meta.url)).find((folder) => existsSync(folder)) ??
  null;
