/** A place in the picture of lags: a shard, and a stretch of time. */
export interface Place {
  readonly row: number;
  readonly column: number;
}

const FAR = 10;

/**
 * Where a key leads.
 *
 * @param from null: nowhere yet, so that it begins at the newest of the first shard
 * @param last the last row and column that there are
 * @returns null: the key leads nowhere
 */
export function placeAfter(
  key: string,
  isFar: boolean,
  from: Place | null,
  last: Place,
): Place | null {
  const step = isFar ? FAR : 1;
  const { row, column } = from ?? { row: 0, column: last.column };
  const to = (nextRow: number, nextColumn: number): Place => ({
    row: Math.max(0, Math.min(last.row, nextRow)),
    column: Math.max(0, Math.min(last.column, nextColumn)),
  });
  const moves: Readonly<Record<string, Place>> = {
    ArrowUp: to(row - step, column),
    ArrowDown: to(row + step, column),
    ArrowLeft: to(row, column - step),
    ArrowRight: to(row, column + step),
    PageUp: to(row - FAR, column),
    PageDown: to(row + FAR, column),
    Home: to(row, 0),
    End: to(row, last.column),
  };
  const next = Object.hasOwn(moves, key) ? moves[key] : undefined;
  if (next === undefined) return null;
  return from === null ? to(row, column) : next;
}
