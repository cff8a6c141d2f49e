/**
 * Adds to the lockfile what npm leaves out: optional packages for platforms whose builds could not be fetched when
 * the lock was made. Without them `npm ci` refuses the lock as incomplete, on every platform.
 */
import { readFileSync, writeFileSync } from 'node:fs';

const path = new URL('../package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(path, 'utf8'));

/** Such packages are named after the platform: `…/binding-linux-x64-musl`, `…/darwin-arm64`. */
const PLATFORM =
  /\/(?:binding-)?(android|darwin|freebsd|linux|openharmony|win32)-([a-z0-9]+)(?:-(\w+))?$/;

function entryFor(name, version, dev) {
  const [, os, cpu, abi = ''] = PLATFORM.exec(name) ?? [];
  if (os === undefined) throw new Error(`${name} is missing in the lock and names no platform`);
  const libc = abi.startsWith('musl') ? ['musl'] : abi.startsWith('gnu') ? ['glibc'] : undefined;
  return {
    version,
    cpu: [cpu],
    ...(dev && { dev }),
    ...(libc && { libc }),
    optional: true,
    os: [os],
  };
}

for (const { dev, optionalDependencies = {} } of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    if (/^\d/.test(version)) lock.packages[`node_modules/${name}`] ??= entryFor(name, version, dev);
  }
}
lock.packages = Object.fromEntries(
  Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)),
);
writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
