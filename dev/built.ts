import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's folder, from its sources and from what is built of them. */
export function projectRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return folder;
}

/**
 * The JavaScript of an entry in `dev/`, since Node 20 runs no TypeScript. `npm run build:dev` makes it.
 *
 * @throws Error when it was not built
 */
export function builtEntry(name: string): string {
  const path = join(projectRoot(), 'build', 'dev', name);
  if (!existsSync(path)) throw new Error(`${path} is missing: run \`npm run build:dev\` first`);
  return path;
}
