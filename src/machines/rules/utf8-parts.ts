/** Texts cut for a store that counts their bytes. */

const isHighSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;

/** Bytes of one UTF-16 unit in UTF-8; a pair takes four, counted at its first half. */
function bytesOf(unit: number): number {
  if (unit < 0x80) return 1;
  if (unit < 0x800) return 2;
  return isHighSurrogate(unit) ? 4 : 3;
}

/**
 * Cuts a text into parts of so many UTF-8 bytes at most, never within a code point: half a surrogate pair does not
 * come back from a store. One part for an empty text.
 *
 * @param text well-formed, as `JSON.stringify` makes it.
 * @param maxBytes at least 4.
 */
export function utf8Parts(text: string, maxBytes: number): string[] {
  const parts: string[] = [];
  let from = 0;
  let bytes = 0;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    const more = bytesOf(unit);
    if (bytes + more > maxBytes) {
      parts.push(text.slice(from, at));
      from = at;
      bytes = 0;
    }
    bytes += more;
    if (isHighSurrogate(unit)) at++;
  }
  parts.push(text.slice(from));
  return parts;
}
