import type { GetRecordsCommandOutput, _Record } from '@aws-sdk/client-kinesis';
import type { FetchAnswer, FetchedRecord } from '../../machines/ports.ts';

/**
 * Turns an answer of GetRecords into that of the port; null where a record lacks what every record has.
 * This is the seam for a decoder of our own and for de-aggregation: both give records of this shape.
 */
export function fetchedBatch(
  output: Omit<GetRecordsCommandOutput, '$metadata'>,
): Extract<FetchAnswer, { kind: 'batch' }> | null {
  const records: FetchedRecord[] = [];
  let bytes = 0;
  for (const given of output.Records ?? []) {
    const record = fetchedRecord(given);
    if (record === null) return null;
    bytes += record.data.byteLength + record.partitionKey.length;
    records.push(record);
  }
  return {
    kind: 'batch',
    batch: { records, bytes, millisBehindLatest: output.MillisBehindLatest ?? 0 },
    // Absent or null: the shard is closed and this was the last of it.
    nextIterator: output.NextShardIterator ?? null,
    childShardIds: (output.ChildShards ?? []).flatMap(({ ShardId }) => ShardId ?? []),
  };
}

function fetchedRecord(given: _Record): FetchedRecord | null {
  const { SequenceNumber, PartitionKey, Data, ApproximateArrivalTimestamp } = given;
  if (SequenceNumber === undefined || PartitionKey === undefined || Data === undefined) return null;
  return {
    sequenceNumber: SequenceNumber,
    subsequenceNumber: null,
    partitionKey: PartitionKey,
    explicitHashKey: null,
    approximateArrivalMs: ApproximateArrivalTimestamp?.getTime() ?? 0,
    data: Data,
  };
}
