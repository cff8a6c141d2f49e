/** Longest piece of a value that a message repeats. */
const SHOWN_CHARACTERS = 60;

const SECRET_NAME = /secret|password|passwd|token|credential|accesskey|apikey/i;
/** The fields where a client or its config belongs: a wrong value there may well be a credential. */
const SECRET_PATH = /^(kinesis|dynamodb)$/;
const ACCESS_KEY = /\b(AKIA|ASIA)[A-Z0-9]{12,}/;

const shortened = (text: string): string =>
  text.length > SHOWN_CHARACTERS
    ? `${text.slice(0, SHOWN_CHARACTERS)}… (${text.length} characters)`
    : text;

/** A value as a message may show it: short, and never a secret or what an object holds. */
export function shown(path: string, value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return `an array of ${value.length}`;
  switch (typeof value) {
    case 'string': {
      const secret = SECRET_PATH.test(path) || SECRET_NAME.test(path) || ACCESS_KEY.test(value);
      return secret ? `a string of ${value.length} characters` : `'${shortened(value)}'`;
    }
    case 'number':
    case 'boolean':
    case 'undefined':
      return String(value);
    case 'bigint':
      return shortened(`${value}n`);
    case 'symbol':
      return 'a symbol';
    case 'function':
      return 'a function';
    default:
      return value instanceof Date ? shownDate(value) : shownObject(value as object);
  }
}

const shownDate = (date: Date): string =>
  Number.isNaN(date.getTime()) ? 'an invalid Date' : `the Date ${date.toISOString()}`;

function shownObject(value: object): string {
  const names = Object.keys(value);
  return names.length === 0 ? 'an empty object' : shortened(`an object with ${names.join(', ')}`);
}
