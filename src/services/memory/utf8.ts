/** Order and length of strings as UTF-8 bytes, without encoding them. */

/**
 * Moves the surrogates above the rest of the basic plane: comparing code units
 * then gives the order of code points, which is the order of UTF-8 bytes.
 */
function byteRank(unit: number): number {
  if (unit >= 0xe000) return unit - 0x800;
  return unit >= 0xd800 ? unit + 0x2000 : unit;
}

/**
 * Compares two strings by their UTF-8 bytes, as DynamoDB orders sort keys and strings in conditions.
 * The order of `<` is another one where characters outside the basic plane take part.
 *
 * @returns below 0, 0 or above 0, for `Array.prototype.sort`.
 */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const difference = byteRank(a.charCodeAt(index)) - byteRank(b.charCodeAt(index));
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Bytes of a string in UTF-8. */
export function utf8Length(text: string): number {
  let bytes = text.length;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) continue;
    const isPairStart =
      unit >= 0xd800 && unit < 0xdc00 && (text.charCodeAt(index + 1) & 0xfc00) === 0xdc00;
    if (isPairStart) {
      // four bytes for two code units
      bytes += 2;
      index++;
    } else {
      bytes += unit < 0x800 ? 1 : 2;
    }
  }
  return bytes;
}
