import type { GetShardIteratorCommandInput } from '@aws-sdk/client-kinesis';
import type { ReadFrom, ShardRef } from '../../machines/ports.ts';
import { referenceOf } from './stream-reference.ts';

/** The GetShardIterator request for a place in a shard. */
export const iteratorRequest = (
  { stream, shardId }: ShardRef,
  from: ReadFrom,
): GetShardIteratorCommandInput => ({
  ...referenceOf(stream),
  ShardId: shardId,
  ...placeOf(from),
});

type Place = Pick<
  GetShardIteratorCommandInput,
  'ShardIteratorType' | 'StartingSequenceNumber' | 'Timestamp'
>;

function placeOf(from: ReadFrom): Place {
  switch (from.kind) {
    case 'trimHorizon':
      return { ShardIteratorType: 'TRIM_HORIZON' };
    case 'latest':
      return { ShardIteratorType: 'LATEST' };
    case 'at':
      return {
        ShardIteratorType: 'AT_SEQUENCE_NUMBER',
        StartingSequenceNumber: from.sequenceNumber,
      };
    case 'after':
      return {
        ShardIteratorType: 'AFTER_SEQUENCE_NUMBER',
        StartingSequenceNumber: from.sequenceNumber,
      };
    case 'atTimestamp':
      return { ShardIteratorType: 'AT_TIMESTAMP', Timestamp: new Date(from.timestampMs) };
  }
}
