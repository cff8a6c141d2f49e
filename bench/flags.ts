/** The flags of the commands here: a wrong one is told, and ends its command with 2. */

const WRONG_FLAG = 2;

export function refuse(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(WRONG_FLAG);
}

/** What `parseArgs` understood. */
export function flagsOf<Values>(parse: () => Values): Values {
  try {
    return parse();
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
}

interface Bounds {
  readonly min: number;
  readonly max: number;
}

export function wholeOf(
  flag: string,
  text: string | undefined,
  otherwise: number,
  { min, max }: Bounds,
): number {
  if (text === undefined) return otherwise;
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (number >= min && number <= max) return number;
  return refuse(`--${flag} takes a whole number from ${min} to ${max}, not '${text}'`);
}
