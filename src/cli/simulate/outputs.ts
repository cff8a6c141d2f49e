/** The files that `kinesumer simulate` leaves behind: opened before the first run, written after the last. */
import { OutputFile } from '../output-file.ts';
import type { SimulateOptions } from './arguments.ts';

/** By the flag that names the file. */
export type OutputName = 'trace' | 'report' | 'scenario-out';

const PATHS = {
  trace: 'tracePath',
  report: 'reportPath',
  'scenario-out': 'scenarioOutPath',
} as const satisfies Record<OutputName, keyof SimulateOptions>;

export class Outputs {
  readonly #files: ReadonlyMap<OutputName, OutputFile>;
  readonly #problems: string[] = [];

  private constructor(files: ReadonlyMap<OutputName, OutputFile>) {
    this.#files = files;
  }

  /**
   * Where one of them cannot be written, none is left open, and none is there that was not.
   *
   * @throws Refusal
   */
  static async open(options: SimulateOptions): Promise<Outputs> {
    const files = new Map<OutputName, OutputFile>();
    try {
      for (const name of Object.keys(PATHS) as OutputName[]) {
        const path = options[PATHS[name]];
        if (path !== null) files.set(name, await OutputFile.open(name, path));
      }
    } catch (error) {
      for (const file of files.values()) await file.discard();
      throw error;
    }
    return new Outputs(files);
  }

  /**
   * Nothing where the flag was not given.
   *
   * @param lines null: there is nothing for it, and it is left as it was found
   */
  async write(name: OutputName, lines: Iterable<string> | null): Promise<void> {
    const file = this.#files.get(name);
    if (lines === null) return file?.discard();
    const written = await file?.write(lines);
    if (written?.kind === 'unwritten') this.#problems.push(written.message);
  }

  /** What could not be written, and why. */
  problems(): readonly string[] {
    return this.#problems;
  }
}
