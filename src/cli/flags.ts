/** The flags of all commands: what is taken for a wrong one, and what several of them take. */

/** A flag that is wrong; its message is for whoever typed it. */
export class Refusal extends Error {}

export interface Range {
  readonly min: number;
  readonly max: number;
  readonly whole: boolean;
}

const PORTS: Range = { min: 0, max: 65_535, whole: true };

/** @throws Refusal */
export function numberOf(
  flag: string,
  text: string | undefined,
  otherwise: number,
  range: Range,
): number {
  if (text === undefined) return otherwise;
  const { min, max, whole } = range;
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= min && value <= max) || (whole && !Number.isInteger(value))) {
    const kind = whole ? 'a whole number' : 'a number';
    throw new Refusal(`--${flag} takes ${kind} from ${min} to ${max}, not '${text}'`);
  }
  return value;
}

/** @throws Refusal */
export function nameOf<Name extends string>(
  flag: string,
  text: string | undefined,
  otherwise: Name,
  names: readonly Name[],
): Name {
  if (text === undefined) return otherwise;
  const name = names.find((candidate) => candidate === text);
  if (name === undefined) throw new Refusal(`--${flag} takes ${names.join(', ')}, not '${text}'`);
  return name;
}

/**
 * Of a page; any that is free by default.
 *
 * @throws Refusal
 */
export const portOf = (text: string | undefined): number => numberOf('port', text, 0, PORTS);

/**
 * The name of a file; null: none was given.
 *
 * @throws Refusal
 */
export function pathOf(flag: string, text: string | undefined): string | null {
  if (text === '') throw new Refusal(`--${flag} takes the name of a file`);
  return text ?? null;
}

/** What flags that cannot be taken are answered with. */
export interface Refused {
  readonly kind: 'refused';
  readonly message: string;
}

/** @returns what was parsed; where it throws, why, and where all flags of the command stand */
export function orRefused<Parsed>(command: string, parse: () => Parsed): Parsed | Refused {
  try {
    return parse();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { kind: 'refused', message: `${message}\n\n${command} --help has all flags.\n` };
  }
}
