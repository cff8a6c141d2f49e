/** Edits (insert, delete, replace one character) between two words. */
function distance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const replaced = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      const grown = Math.min(previous[column] ?? 0, current[column - 1] ?? 0) + 1;
      current.push(Math.min(replaced, grown));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}

/** The name that was probably meant, if one is near enough: a third of its letters may differ. */
export function closest(word: string, names: readonly string[]): string | undefined {
  const plain = word.toLowerCase();
  const [best] = names
    .map((name) => ({ name, edits: distance(plain, name.toLowerCase()) }))
    .filter(({ name, edits }) => edits <= Math.max(1, Math.floor(name.length / 3)))
    .sort((a, b) => a.edits - b.edits);
  return best?.name;
}
