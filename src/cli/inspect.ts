/** `kinesumer inspect`: a page that shows a whole group, by what stands in its state table, or a trace. */
import { open } from 'node:fs/promises';
import { KinesumerError } from '../index.ts';
import {
  inspectTable,
  inspectTrace,
  type Inspector,
  type InspectTableOptions,
} from '../inspector.ts';
import { parseArguments } from './inspect/arguments.ts';

const EXIT = { closed: 0, failed: 1, wrongFlag: 2 } as const;

/** Resolves when the page is to be closed. */
type Interrupted = () => Promise<void>;

/**
 * @param more options that no flag gives
 * @returns the exit code
 */
export async function inspect(
  args: readonly string[],
  interrupted: Interrupted,
  more: Partial<InspectTableOptions> = {},
): Promise<number> {
  const parsed = parseArguments(args);
  switch (parsed.kind) {
    case 'help':
      process.stdout.write(parsed.text);
      return EXIT.closed;
    case 'refused':
      process.stderr.write(parsed.message);
      return EXIT.wrongFlag;
    case 'run': {
      const options = { ...parsed.options, ...more };
      const what = `The group of ${options.app}`;
      return show(what, () => inspectTable(options), interrupted);
    }
    case 'trace':
      return show(parsed.path, () => inspectFile(parsed), interrupted);
  }
}

/** @throws NoTrace */
async function inspectFile({ path, port }: { path: string; port: number }): Promise<Inspector> {
  const app = await appOf(path);
  return inspectTrace({ app, port, lines: () => linesOf(path) });
}

/** The lines of a file, which is closed again whoever ends it: the end, an error, or a reader that has gone. */
async function* linesOf(path: string): AsyncGenerator<string> {
  const file = await open(path);
  try {
    yield* file.readLines({ autoClose: false });
  } finally {
    await file.close();
  }
}

class NoTrace extends Error {}

/** The application that the header of a trace names. */
async function appOf(path: string): Promise<string> {
  let first = '';
  try {
    for await (const line of linesOf(path)) {
      first = line;
      break;
    }
    const header = JSON.parse(first) as { readonly kind?: unknown; readonly app?: unknown };
    if (header.kind === 'trace' && typeof header.app === 'string') return header.app;
  } catch (error) {
    const why = error instanceof SyntaxError ? 'it is no trace' : String(error);
    throw new NoTrace(`${path} cannot be shown: ${why}`);
  }
  throw new NoTrace(`${path} cannot be shown: it does not begin with the header of a trace`);
}

async function show(
  what: string,
  open: () => Promise<Inspector>,
  interrupted: Interrupted,
): Promise<number> {
  try {
    const { url, close } = await open();
    process.stdout.write(`${url}\n`);
    process.stderr.write(`${what} is shown there. Ctrl-C ends it.\n`);
    await interrupted();
    await close();
    return EXIT.closed;
  } catch (error) {
    if (error instanceof NoTrace) {
      process.stderr.write(`${error.message}\n`);
      return EXIT.failed;
    }
    if (!(error instanceof KinesumerError)) throw error;
    process.stderr.write(`${error.code}: ${error.message}\n`);
    return error.code === 'InvalidOption' ? EXIT.wrongFlag : EXIT.failed;
  }
}
