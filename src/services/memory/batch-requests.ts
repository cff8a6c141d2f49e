/** Keys of one BatchGetItem (DynamoDB: "Quotas"), and bytes that it answers at most (its API reference). */
export const BATCH_KEYS = 100;
const PARTITION_BYTES = 1_024 * 1_024;
const ANSWER_BYTES = 16 * PARTITION_BYTES;

/** A key that is read, with the bytes of what stands under it. */
export interface ReadSize {
  readonly pk: string;
  readonly bytes: number;
}

/** How many BatchGetItem it takes to read these keys, where each asks for what the ones before left unread. */
export function batchRequests(keys: readonly ReadSize[]): number {
  let requests = 0;
  let left = keys;
  while (left.length > 0) {
    const unread: ReadSize[] = [];
    for (let from = 0; from < left.length; from += BATCH_KEYS) {
      requests += 1;
      unread.push(...leftUnread(left.slice(from, from + BATCH_KEYS)));
    }
    left = unread;
  }
  return requests;
}

/** An item is smaller than either bound, so that the first one is always read. */
function leftUnread(batch: readonly ReadSize[]): ReadSize[] {
  const ofPartition = new Map<string, number>();
  let ofAnswer = 0;
  return batch.filter(({ pk, bytes }) => {
    const partitionBytes = (ofPartition.get(pk) ?? 0) + bytes;
    if (partitionBytes > PARTITION_BYTES || ofAnswer + bytes > ANSWER_BYTES) return true;
    ofPartition.set(pk, partitionBytes);
    ofAnswer += bytes;
    return false;
  });
}
