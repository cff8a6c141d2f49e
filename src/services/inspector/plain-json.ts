/**
 * Any value as a little JSON for a human: cut short where it is large, and without what could be data of a record.
 * Only plain objects are opened; bytes, and objects of any class, are named.
 */

/** How much of a value is shown. */
export interface Extent {
  /** Objects within objects. */
  readonly depth: number;
  /** Elements of a list, entries of an object. */
  readonly breadth: number;
  readonly characters: number;
  /** Values in all. */
  readonly values: number;
}

/** Enough for every context of a small group; that of a client with a thousand shards is cut. */
const EXTENT: Extent = { depth: 6, breadth: 24, characters: 300, values: 400 };

/** What is cut off is told as `… 12 more`. */
const more = (count: number): string => `… ${count} more`;

export const plainJson = (value: unknown, extent: Extent = EXTENT): unknown =>
  new Copy(extent).of(value, 0) ?? null;

class Copy {
  readonly #extent: Extent;
  #left: number;

  constructor(extent: Extent) {
    this.#extent = extent;
    this.#left = extent.values;
  }

  /** undefined: nothing that JSON could say. */
  of(value: unknown, depth: number): unknown {
    this.#left -= 1;
    switch (typeof value) {
      case 'string':
        return this.#text(value);
      case 'number':
        return Number.isFinite(value) ? value : String(value);
      case 'boolean':
        return value;
      case 'bigint':
        return value.toString();
      case 'object':
        return value === null ? null : this.#object(value, depth);
      default:
        return undefined;
    }
  }

  #text(value: string): string {
    const { characters } = this.#extent;
    return value.length <= characters ? value : `${value.slice(0, characters)}…`;
  }

  #object(value: object, depth: number): unknown {
    if (value instanceof Error) return this.#error(value);
    if (value instanceof Uint8Array) return `<${value.byteLength} bytes>`;
    const kind = Array.isArray(value) ? 'list' : kindOf(value);
    if (kind !== 'list' && kind !== 'plain' && kind !== 'map' && kind !== 'set') return kind;
    if (depth >= this.#extent.depth || this.#left <= 0) return '…';
    if (kind === 'list') return this.#list(value as readonly unknown[], depth);
    if (kind === 'set') return this.#list([...(value as ReadonlySet<unknown>)], depth);
    if (kind === 'map') return this.#entries([...(value as ReadonlyMap<unknown, unknown>)], depth);
    return this.#entries(Object.entries(value), depth);
  }

  #list(values: readonly unknown[], depth: number): unknown[] {
    const { breadth } = this.#extent;
    const shown = values.slice(0, breadth).map((value) => this.of(value, depth + 1) ?? null);
    return values.length <= breadth ? shown : [...shown, more(values.length - breadth)];
  }

  #entries(entries: readonly (readonly [unknown, unknown])[], depth: number): object {
    const { breadth } = this.#extent;
    const shown: [string, unknown][] = [];
    for (const [name, value] of entries.slice(0, breadth)) {
      const copy = this.of(value, depth + 1);
      if (copy !== undefined) shown.push([this.#text(String(name)), copy]);
    }
    if (entries.length > breadth) shown.push(['…', more(entries.length - breadth)]);
    return Object.fromEntries(shown);
  }

  /** What somebody else's code threw may quote a record: of such an error only its name is told. */
  #error(error: Error): object {
    if (!('code' in error) || error.name !== 'KinesumerError') return { error: error.name };
    return { error: this.#text(String(error.code)), message: this.#text(error.message) };
  }
}

/** `plain`, `map`, `set`, or what an object of any other class is told as. */
function kindOf(value: object): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null || prototype === Object.prototype) return 'plain';
  if (value instanceof Map) return 'map';
  if (value instanceof Set) return 'set';
  // an actor: its own states are told under its id
  if ('sessionId' in value && 'id' in value) return `<actor ${String(value.id)}>`;
  return `<${value.constructor.name}>`;
}
