/**
 * The states that an exploration has seen, by 64 bits of hash each: 20 bytes a state, so that tens of millions fit.
 * Two states with one hash would be taken for one. Among n states that happens with a probability of n² / 2^65 at
 * most, as far as the hash is as good as chance: see {@link collisionOdds}.
 */
const CHUNK_BITS = 18;
const CHUNK = 1 << CHUNK_BITS;

/** Numbers by index, without a bound and without copying what is there. */
class Column {
  readonly #chunks: Uint32Array[] = [];

  get(index: number): number {
    return this.#chunks[index >>> CHUNK_BITS]?.[index & (CHUNK - 1)] ?? 0;
  }

  set(index: number, value: number): void {
    let chunk = this.#chunks[index >>> CHUNK_BITS];
    if (chunk === undefined) {
      chunk = new Uint32Array(CHUNK);
      this.#chunks[index >>> CHUNK_BITS] = chunk;
    }
    chunk[index & (CHUNK - 1)] = value;
  }
}

const rotated = (word: number, bits: number): number => (word << bits) | (word >>> (32 - bits));

const mixed = (word: number): number => {
  let next = word ^ (word >>> 16);
  next = Math.imul(next, 0x7feb352d);
  next ^= next >>> 15;
  next = Math.imul(next, 0x846ca68b);
  return (next ^ (next >>> 16)) >>> 0;
};

export class Visited {
  readonly #high = new Column();
  readonly #low = new Column();
  readonly #parents = new Column();
  /** Ids of states plus one, at the place that their hash names or the next free one. */
  #places = new Uint32Array(CHUNK);
  #size = 0;
  #hashHigh = 0;
  #hashLow = 0;

  get size(): number {
    return this.#size;
  }

  /** @returns the state's id, counted from 0 in the order of their coming; -1: it was seen before. */
  add(code: string, parent: number): number {
    this.#hash(code);
    let place = this.#placeOfHash();
    if (this.#places[place] !== 0) return -1;
    if ((this.#size + 1) * 2 > this.#places.length) {
      this.#grow();
      place = this.#placeOfHash();
    }
    const id = this.#size++;
    this.#high.set(id, this.#hashHigh);
    this.#low.set(id, this.#hashLow);
    this.#parents.set(id, parent);
    this.#places[place] = id + 1;
    return id;
  }

  /** The id of a state that was seen; -1: it was not. */
  idOf(code: string): number {
    this.#hash(code);
    return (this.#places[this.#placeOfHash()] ?? 0) - 1;
  }

  /** The state from which this one was first reached; its own id for one to begin with. */
  parentOf(id: number): number {
    return this.#parents.get(id);
  }

  #hash(code: string): void {
    let high = 0x3c6ef372;
    let low = 0x1b873593;
    for (let index = 0; index < code.length; index++) {
      const unit = code.charCodeAt(index) + 1;
      high = Math.imul(rotated(high ^ unit, 13), 0x9e3779b1) + low;
      low = Math.imul(rotated(low ^ unit, 17), 0x85ebca77) ^ high;
    }
    this.#hashHigh = mixed(high ^ rotated(low, 7));
    this.#hashLow = mixed(low + 0x27d4eb2f);
  }

  /** Where the hash at hand stands, or would stand. */
  #placeOfHash(): number {
    const mask = this.#places.length - 1;
    let place = this.#hashLow & mask;
    for (;;) {
      const id = (this.#places[place] ?? 0) - 1;
      if (id < 0) return place;
      if (this.#low.get(id) === this.#hashLow && this.#high.get(id) === this.#hashHigh) {
        return place;
      }
      place = (place + 1) & mask;
    }
  }

  #grow(): void {
    const places = new Uint32Array(this.#places.length * 2);
    const mask = places.length - 1;
    for (let id = 0; id < this.#size; id++) {
      let place = this.#low.get(id) & mask;
      while (places[place] !== 0) place = (place + 1) & mask;
      places[place] = id + 1;
    }
    this.#places = places;
  }
}

/** The probability that any two of so many states share their 64 bits of hash. */
export const collisionOdds = (states: number): number => (states * states) / 2 ** 65;
