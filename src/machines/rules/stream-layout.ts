/** One stream cut into ranges, in a form in which single shards can be shifted between members. */
import { heldBy, type Holdings, type Place } from './contiguous-layout.ts';
import type { Range, SizeBounds } from './shard-ranges.ts';

/** How one shard would go from one member to another. */
interface Shift {
  readonly kind: 'swap' | 'slide';
  /** Shards that would lose their present holder, minus those that would get it back. */
  readonly cost: number;
}

export class StreamLayout {
  readonly stream: string;
  readonly #shardIds: readonly string[];
  readonly #bounds: SizeBounds;
  readonly #holdings: Holdings;
  readonly #members: number[];
  readonly #sizes: number[];
  readonly #starts: number[] = [];
  readonly #placeOf: Int32Array;

  constructor(
    stream: string,
    shardIds: readonly string[],
    places: readonly Place[],
    bounds: SizeBounds,
    holdings: Holdings,
  ) {
    this.stream = stream;
    this.#shardIds = shardIds;
    this.#bounds = bounds;
    this.#holdings = holdings;
    this.#members = places.map((place) => place.member);
    this.#sizes = places.map((place) => place.size);
    // By member; one more than the highest is enough, and an array beats a map where members are many.
    this.#placeOf = new Int32Array(this.#members.reduce((a, b) => Math.max(a, b), -1) + 1).fill(-1);
    this.#measure();
  }

  #measure(): void {
    let start = 0;
    for (const [place, member] of this.#members.entries()) {
      this.#starts[place] = start;
      this.#placeOf[member] = place;
      start += this.#sizes[place] ?? 0;
    }
  }

  #at(place: number): { member: number; start: number; size: number } {
    return {
      member: this.#members[place] ?? -1,
      start: this.#starts[place] ?? 0,
      size: this.#sizes[place] ?? 0,
    };
  }

  /** What it would cost to give one shard of `giver` to `taker`; null where the bounds forbid it. */
  shift(giver: number, taker: number): Shift | null {
    const from = this.#placeOf[giver] ?? -1;
    const to = this.#placeOf[taker] ?? -1;
    if (from < 0 || to < 0) return null;
    const giving = this.#at(from);
    const taking = this.#at(to);
    if (giving.size <= this.#bounds.smallest || taking.size >= this.#bounds.largest) return null;
    if (giving.size === 1 && taking.size === 0) {
      // An empty range has no place of its own: the taker steps into the giver's.
      const { start } = giving;
      const cost =
        heldBy(this.#holdings, giver, start, start + 1) -
        heldBy(this.#holdings, taker, start, start + 1);
      return { kind: 'swap', cost };
    }
    return { kind: 'slide', cost: this.#slideCost(from, to) };
  }

  #slideCost(from: number, to: number): number {
    const step = from < to ? 1 : -1;
    let cost = 0;
    for (let place = from; place !== to + step; place += step) {
      const { member, start, size } = this.#at(place);
      const end = start + size;
      // Sliding forwards, all but the giver start one earlier, and all but the taker end one earlier;
      // sliding backwards, the same with later and with the ends exchanged.
      const newStart = start - (step === 1 ? Number(place !== from) : -Number(place !== to));
      const newEnd = end - (step === 1 ? Number(place !== to) : -Number(place !== from));
      cost +=
        heldBy(this.#holdings, member, start, end) -
        heldBy(this.#holdings, member, newStart, newEnd);
    }
    return cost;
  }

  /** Gives one shard of `giver` to `taker`, as {@link shift} said. */
  apply(giver: number, taker: number, kind: Shift['kind']): void {
    const from = this.#placeOf[giver] ?? -1;
    const to = this.#placeOf[taker] ?? -1;
    if (from < 0 || to < 0) return;
    if (kind === 'swap') {
      this.#members[from] = taker;
      this.#members[to] = giver;
      this.#placeOf[taker] = from;
      this.#placeOf[giver] = to;
    } else {
      this.#sizes[from] = (this.#sizes[from] ?? 0) - 1;
      this.#sizes[to] = (this.#sizes[to] ?? 0) + 1;
      this.#measure();
    }
  }

  /** The ranges in the order of the shards. */
  ranges(clientIdOf: (member: number) => string): Range[] {
    return this.#members.map((member, place) => {
      const { start, size } = this.#at(place);
      return { clientId: clientIdOf(member), shardIds: this.#shardIds.slice(start, start + size) };
    });
  }
}
