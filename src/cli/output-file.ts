/** A file that a command writes at its end, and opens at its beginning: what cannot be kept need not be worked out. */
import { open, rm, type FileHandle } from 'node:fs/promises';
import { Refusal } from './flags.ts';

export type Written =
  { readonly kind: 'written' } | { readonly kind: 'unwritten'; readonly message: string };

const CHUNK_CHARS = 65_536;

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
const isThere = (error: unknown): boolean => (error as { code?: unknown }).code === 'EEXIST';

export class OutputFile {
  readonly path: string;
  readonly #file: FileHandle;
  readonly #origin: 'found' | 'made';

  private constructor(path: string, file: FileHandle, origin: 'found' | 'made') {
    this.path = path;
    this.#file = file;
    this.#origin = origin;
  }

  /**
   * What the file holds stays until it is written.
   *
   * @param flag that it was named by
   * @throws Refusal where it cannot be written
   */
  static async open(flag: string, path: string): Promise<OutputFile> {
    try {
      return new OutputFile(path, await open(path, 'ax'), 'made');
    } catch (error) {
      if (!isThere(error)) throw refusalOf(flag, path, error);
    }
    try {
      return new OutputFile(path, await open(path, 'a'), 'found');
    } catch (error) {
      throw refusalOf(flag, path, error);
    }
  }

  /** Replaces what it holds, and closes it. */
  async write(lines: Iterable<string>): Promise<Written> {
    try {
      // a pipe, or a device, holds nothing
      if ((await this.#file.stat()).isFile()) await this.#file.truncate();
      for (const chunk of chunksOf(lines)) await this.#file.writeFile(chunk);
      await this.#file.close();
      return { kind: 'written' };
    } catch (error) {
      await this.#file.close().catch(() => {});
      return { kind: 'unwritten', message: `${this.path} is not whole: ${messageOf(error)}` };
    }
  }

  /** Leaves the folder as it was found. */
  async discard(): Promise<void> {
    await this.#file.close();
    if (this.#origin === 'made') await rm(this.path, { force: true });
  }
}

const refusalOf = (flag: string, path: string, error: unknown): Refusal =>
  new Refusal(`--${flag} cannot write ${path}: ${messageOf(error)}`);

/** Lines in large parts: one write for each would take long. */
function* chunksOf(lines: Iterable<string>): Iterable<string> {
  let chunk = '';
  for (const line of lines) {
    chunk += `${line}\n`;
    if (chunk.length < CHUNK_CHARS) continue;
    yield chunk;
    chunk = '';
  }
  if (chunk !== '') yield chunk;
}
