import type { Log } from '../../machines/ports.ts';

/** How deep a chain of causes is written out. */
const MAX_CAUSES = 8;

type WriteLine = (line: string) => void;

const toStderr: WriteLine = (line) => void process.stderr.write(`${line}\n`);

/**
 * The logger of a client that was given none: warnings and errors go to stderr, one JSON line each;
 * debug and info go nowhere. Nothing is ever written to stdout.
 *
 * @param writeLine - Takes a finished line without its line end. Default: stderr.
 */
export function stderrLog(writeLine: WriteLine = toStderr): Log {
  const at = (level: 'warn' | 'error') => (fields: object, message: string) => {
    writeLine(toLine(level, fields, message));
  };
  return { debug() {}, info() {}, warn: at('warn'), error: at('error') };
}

/** Says nothing. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };

/** Never throws: a line that cannot be written in full is written without its fields. */
function toLine(level: string, fields: object, message: string): string {
  const head = { time: new Date().toISOString(), level, name: 'kinesumer', message };
  try {
    const seen = new Set<object>();
    const plain = fields instanceof Error ? { error: fields } : fields;
    return JSON.stringify({ ...plain, ...head }, (_, value: unknown) => toJson(value, seen));
  } catch (error) {
    return JSON.stringify({ ...head, unwritable: String(error) });
  }
}

function toJson(value: unknown, seen: Set<object>): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Error) return errorToJson(value, 0);
  if (value instanceof Uint8Array) return `<${value.byteLength} bytes>`;
  if (typeof value === 'object' && value !== null) {
    // An object met twice is not always a circle, but writing it once is enough for a log.
    if (seen.has(value)) return '<seen above>';
    seen.add(value);
  }
  return value;
}

/** Errors have no enumerable message, stack or cause: JSON alone would write `{}`. */
function errorToJson(error: Error, depth: number): object {
  const code = 'code' in error ? { code: String(error.code) } : {};
  const cause =
    error.cause === undefined
      ? {}
      : {
          cause:
            error.cause instanceof Error
              ? depth < MAX_CAUSES
                ? errorToJson(error.cause, depth + 1)
                : '<more causes>'
              : error.cause,
        };
  return { name: error.name, ...code, message: error.message, stack: error.stack, ...cause };
}
