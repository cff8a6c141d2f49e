/** MD5, which Kinesis uses to place partition keys. Not for anything secret. */

/** Bits that each of the four steps of a round rotates by. */
const ROTATIONS = [
  [7, 12, 17, 22],
  [5, 9, 14, 20],
  [4, 11, 16, 23],
  [6, 10, 15, 21],
] as const;

const SINES = Int32Array.from({ length: 64 }, (_, step) =>
  Math.floor(Math.abs(Math.sin(step + 1)) * 2 ** 32),
);

/** The message, a bit set, zeros, and its length in bits: whole blocks of 64 bytes. */
function padded(message: Uint8Array): DataView {
  const bytes = new Uint8Array(Math.ceil((message.length + 9) / 64) * 64);
  bytes.set(message);
  bytes[message.length] = 0x80;
  const view = new DataView(bytes.buffer);
  view.setUint32(bytes.length - 8, (message.length << 3) >>> 0, true);
  view.setUint32(bytes.length - 4, Math.floor(message.length / 2 ** 29), true);
  return view;
}

function mixed(round: number, b: number, c: number, d: number): number {
  if (round === 0) return (b & c) | (~b & d);
  if (round === 1) return (d & b) | (~d & c);
  if (round === 2) return b ^ c ^ d;
  return c ^ (b | ~d);
}

/** Which of the block's sixteen words a step takes. */
function wordOf(round: number, step: number): number {
  if (round === 0) return step;
  if (round === 1) return (5 * step + 1) % 16;
  if (round === 2) return (3 * step + 5) % 16;
  return (7 * step) % 16;
}

/** The MD5 digest of some bytes (RFC 1321): 16 bytes. */
export function md5(message: Uint8Array): Uint8Array {
  const blocks = padded(message);
  const state = Int32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476);
  for (let offset = 0; offset < blocks.byteLength; offset += 64) {
    let [a = 0, b = 0, c = 0, d = 0] = state;
    for (let step = 0; step < 64; step++) {
      const round = step >> 4;
      const word = blocks.getInt32(offset + 4 * wordOf(round, step), true);
      const sum = (a + mixed(round, b, c, d) + word + (SINES[step] ?? 0)) | 0;
      const bits = ROTATIONS[round]?.[step & 3] ?? 0;
      const rotated = (sum << bits) | (sum >>> (32 - bits));
      [a, b, c, d] = [d, (b + rotated) | 0, b, c];
    }
    state.set([a, b, c, d].map((value, index) => value + (state[index] ?? 0)));
  }
  const digest = new DataView(new ArrayBuffer(16));
  state.forEach((value, index) => digest.setInt32(4 * index, value, true));
  return new Uint8Array(digest.buffer);
}

const encoder = new TextEncoder();

/** Where a partition key falls among the hash keys 0 … 2^128 − 1. */
export function hashKeyOf(partitionKey: string): bigint {
  let hash = 0n;
  for (const byte of md5(encoder.encode(partitionKey))) hash = (hash << 8n) | BigInt(byte);
  return hash;
}
