/** Sequence numbers as Kinesis gives them out: decimals of 56 digits that grow within a stream and name their shard. */

/** Kinesis' own begin so; no length of a real one is promised anywhere. */
const PREFIX = '496';
const ORDER_DIGITS = 41;
const SHARD_DIGITS = 12;
const SHAPE = new RegExp(`^${PREFIX}\\d{${ORDER_DIGITS + SHARD_DIGITS}}$`);

export interface SequenceParts {
  /** Place among everything that happened in the region: grows, with gaps. */
  readonly order: number;
  /** The number at the end of the shard's id. */
  readonly shardIndex: number;
}

export function formatSequenceNumber({ order, shardIndex }: SequenceParts): string {
  const orderDigits = String(order).padStart(ORDER_DIGITS, '0');
  return PREFIX + orderDigits + String(shardIndex).padStart(SHARD_DIGITS, '0');
}

/** The parts of a sequence number, or null where none was ever given out like that. */
export function parseSequenceNumber(sequenceNumber: string): SequenceParts | null {
  if (!SHAPE.test(sequenceNumber)) return null;
  const digits = sequenceNumber.slice(PREFIX.length);
  return {
    order: Number(digits.slice(0, ORDER_DIGITS)),
    shardIndex: Number(digits.slice(ORDER_DIGITS)),
  };
}
