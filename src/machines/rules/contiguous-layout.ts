/**
 * How to cut the shards of one stream into contiguous ranges so that the fewest change hands.
 *
 * Members that hold shards stay in the order of those shards; the others (newcomers, and members that hold nothing
 * here) may stand anywhere between them. That choice is most of the gain: a newcomer in the middle moves half of
 * what a newcomer at the end moves.
 */

/** One stream to be cut. Members are numbers. */
export interface LayoutProblem {
  /** Holder of each shard, in order; -1: nobody. */
  readonly holders: readonly number[];
  /** The members that hold a shard, in the order in which they shall stand. */
  readonly settled: readonly number[];
  /** The members whose place is free, the preferred first. */
  readonly free: readonly number[];
  readonly smallest: number;
  readonly largest: number;
  /** Decides between cuts that move equally few: 0 … 1,000,000 in all. */
  readonly tieCost: (member: number, size: number) => number;
}

/** A member and how many shards it gets, in the order of the shards. */
export interface Place {
  readonly member: number;
  readonly size: number;
}

/** By member: at index i, how many of the first i shards it holds. Members that hold none are absent. */
export type Holdings = ReadonlyMap<number, Int32Array>;

/** Counts once what each member holds, so that any range can be valued by two lookups. */
export function holdingsOf(holders: readonly number[]): Holdings {
  const holdings = new Map<number, Int32Array>();
  for (const holder of new Set(holders)) {
    if (holder < 0) continue;
    const counts = new Int32Array(holders.length + 1);
    for (let i = 0; i < holders.length; i++) {
      counts[i + 1] = (counts[i] ?? 0) + (holders[i] === holder ? 1 : 0);
    }
    holdings.set(holder, counts);
  }
  return holdings;
}

/** How many of the shards in [from, to) a member holds. */
export function heldBy(holdings: Holdings, member: number, from: number, to: number): number {
  const counts = holdings.get(member);
  return counts === undefined ? 0 : (counts[to] ?? 0) - (counts[from] ?? 0);
}

/** Weight of one kept shard against all tie costs together. */
const KEPT = 1e9;

/**
 * The cut that keeps the most shards where they are, exactly, for sizes within the bounds.
 *
 * State: settled members placed, free members placed, shards given beyond the smallest size. So the work is
 * settled · free · surplus · (largest − smallest), a few million steps for 100 members.
 */
export function layOut(problem: LayoutProblem): Place[] {
  const { holders, settled, free, smallest, largest, tieCost } = problem;
  const holdings = holdingsOf(holders);
  const members = settled.length + free.length;
  const surplus = holders.length - members * smallest;
  const spread = largest - smallest;
  const columns = surplus + 1;
  const rows = free.length + 1;
  const costs = new Float64Array((settled.length + 1) * rows * columns).fill(
    Number.POSITIVE_INFINITY,
  );
  // How a state was reached: 2 · (size − smallest), + 1 for a free member.
  const steps = new Int32Array(costs.length);
  costs[0] = 0;

  /** Gives `member` each possible size, from each state of one row to the states of another. */
  const place = (member: number, placed: number, from: number, to: number, mark: 0 | 1): void => {
    const counts = holdings.get(member);
    const ties = Float64Array.from({ length: spread + 1 }, (_, i) => tieCost(member, smallest + i));
    const left = members - placed - 1;
    for (let given = 0; given <= surplus; given++) {
      const cost = costs[from + given] ?? Number.POSITIVE_INFINITY;
      if (cost === Number.POSITIVE_INFINITY) continue;
      const start = placed * smallest + given;
      const before = counts?.[start] ?? 0;
      const most = Math.min(spread, surplus - given);
      // The members after this one must be able to take what it leaves.
      for (let more = Math.max(0, surplus - given - left * spread); more <= most; more++) {
        const kept = counts === undefined ? 0 : (counts[start + smallest + more] ?? 0) - before;
        const total = cost - KEPT * kept + (ties[more] ?? 0);
        if (total < (costs[to + given + more] ?? 0)) {
          costs[to + given + more] = total;
          steps[to + given + more] = 2 * more + mark;
        }
      }
    }
  };

  for (let s = 0; s <= settled.length; s++) {
    for (let f = 0; f <= free.length; f++) {
      const row = (s * rows + f) * columns;
      const next = settled[s];
      if (next !== undefined) place(next, s + f, row, row + rows * columns, 0);
      const newcomer = free[f];
      if (newcomer !== undefined) place(newcomer, s + f, row, row + columns, 1);
    }
  }
  return walkBack(problem, steps, surplus);
}

function walkBack(
  { settled, free, smallest }: LayoutProblem,
  steps: Int32Array,
  surplus: number,
): Place[] {
  const rows = free.length + 1;
  const places: Place[] = [];
  let s = settled.length;
  let f = free.length;
  let given = surplus;
  while (s + f > 0) {
    const step = steps[(s * rows + f) * (surplus + 1) + given] ?? 0;
    const more = step >> 1;
    const member = step % 2 === 1 ? free[--f] : settled[--s];
    places.push({ member: member ?? -1, size: smallest + more });
    given -= more;
  }
  return places.reverse();
}

/**
 * The same where there are more members than shards, so that nobody gets more than one: each holder keeps the
 * first of its shards, and what is left goes to the free members, the preferred first. Nothing keeps more.
 */
export function spreadOut({ holders, settled, free }: LayoutProblem): Place[] {
  const waiting = new Set(settled);
  const places: Place[] = [];
  let taken = 0;
  for (const holder of holders) {
    const member = waiting.delete(holder) ? holder : free[taken++];
    if (member !== undefined) places.push({ member, size: 1 });
  }
  for (const member of free.slice(taken)) places.push({ member, size: 0 });
  return places;
}
