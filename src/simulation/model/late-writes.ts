/**
 * What becomes of a write that nobody awaits any more: it may be carried out at any later time, once at most, or, where
 * requests are duplicated on their way, again and again. Every configuration has the second, of which the first is a
 * part; by the first it is seen that a fault needs a write that is carried out twice.
 */
export type LateWrites = 'once' | 'repeated';

export const areRepeated = ({
  lateWrites = 'repeated',
}: {
  readonly lateWrites?: LateWrites;
}): boolean => lateWrites === 'repeated';
