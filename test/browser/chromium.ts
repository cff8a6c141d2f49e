/** The browser that `npm ci` brings, packed: unpacks it, and finds the libraries that it needs. */
import chromium from '@sparticuz/chromium';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:process';
import { dirname, join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';

export interface Chromium {
  readonly executable: string;
  /** What it needs besides the environment. */
  readonly env: Readonly<Record<string, string>>;
}

const WHAT_TO_DO =
  'Install a Chromium (Debian: apt-get install -y chromium) and name its executable in KINESUMER_CHROMIUM.';

/**
 * @param folder an empty one that nobody else uses: about 200 MB go there
 * @throws Error with what to install, where it does not run here
 */
export async function unpackChromium(folder: string): Promise<Chromium> {
  const own = process.env['KINESUMER_CHROMIUM'];
  if (own !== undefined) return running([{ executable: own, env: {} }]);
  if (platform !== 'linux' || arch !== 'x64') {
    throw new Error(
      `The Chromium of npm ci runs on Linux x64, not on ${platform} ${arch}. ${WHAT_TO_DO}`,
    );
  }
  const executable = await unpacked(folder);
  const fonts = { FONTCONFIG_FILE: fontSettings(folder) };
  return running([
    { executable, env: fonts },
    // A bare machine has no NSS: the package has one along, which serves where the machine's libc is as new.
    { executable, env: { ...fonts, LD_LIBRARY_PATH: ownLibraries(folder) } },
  ]);
}

/** It goes to the folder for temporary files, and takes what lies there for its own. */
async function unpacked(folder: string): Promise<string> {
  const { TMPDIR } = process.env;
  process.env['TMPDIR'] = folder;
  try {
    return await chromium.executablePath();
  } finally {
    if (TMPDIR === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = TMPDIR;
  }
}

/** Without any font no text has a size: those of the package, which a bare machine has not, then the machine's. */
function fontSettings(folder: string): string {
  const settings = join(folder, 'fonts.conf');
  writeFileSync(
    settings,
    `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>
<dir>${join(folder, 'fonts')}</dir><dir>/usr/share/fonts</dir>
<cachedir>${join(folder, 'fonts-cache')}</cachedir></fontconfig>`,
  );
  return settings;
}

function ownLibraries(folder: string): string {
  const libraries = join(folder, 'lib');
  if (existsSync(libraries)) return libraries;
  const entry = createRequire(import.meta.url).resolve('@sparticuz/chromium');
  const packed = join(dirname(entry), '..', '..', 'bin', 'al2023.tar.br');
  const archive = join(folder, 'libraries.tar');
  writeFileSync(archive, brotliDecompressSync(readFileSync(packed)));
  execFileSync('tar', ['-xf', archive, '-C', folder]);
  return libraries;
}

/** The first that starts at all. */
function running(candidates: readonly Chromium[]): Chromium {
  const complaints: string[] = [];
  for (const candidate of candidates) {
    const { executable, env } = candidate;
    const { status, stdout, stderr, error } = spawnSync(executable, ['--version'], {
      encoding: 'utf8',
      env: { ...process.env, ...env },
    });
    if (status === 0 && /Chrom/.test(stdout)) return candidate;
    complaints.push((error?.message ?? stderr).trim());
  }
  throw new Error(complaintOf(complaints));
}

function complaintOf(complaints: readonly string[]): string {
  const missing = complaints.map((text) => /shared libraries: (\S+?):/.exec(text)?.[1]);
  const library = missing.find((name) => name !== undefined);
  const packages = library?.startsWith('libexpat') ? 'libexpat1' : 'libnss3';
  return library === undefined
    ? `Chromium does not start: ${complaints.join('; ')}. ${WHAT_TO_DO}`
    : `Chromium lacks ${library}. Install it (Debian: apt-get install -y ${packages}).`;
}
