/** Chance that a seed decides. Numbers in [0, 1). */
export type SeededRandom = () => number;

/** Mulberry32: 32 bits of state, good enough to choose what happens next. */
export function seededRandom(seed: number): SeededRandom {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One of the items; undefined of none. */
export const pick = <Item>(items: readonly Item[], random: SeededRandom): Item | undefined =>
  items[Math.floor(random() * items.length)];

export function shuffled<Item>(items: readonly Item[], random: SeededRandom): Item[] {
  const drawn = items.map((item) => ({ item, rank: random() }));
  return drawn.sort((a, b) => a.rank - b.rank).map(({ item }) => item);
}
