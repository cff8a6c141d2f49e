/**
 * A state store and a stream in memory, with the semantics of DynamoDB and Kinesis: for tests without servers.
 *
 * @example
 * const clock = new ManualClock();
 * const kinesis = new MemoryKinesis({ clock });
 * kinesis.createStream('orders', 2);
 * const stateStore = new MemoryStateStore({ table: new MemoryTable({ clock }) });
 * const stream = new MemoryStream({ kinesis });
 *
 * @packageDocumentation
 */
export { ManualClock } from './manual-clock.ts';
export { MemoryKinesis, type MemoryKinesisOptions, type PutRecordInput } from './kinesis.ts';
export { MemoryStateStore, type MemoryStateStoreOptions, type StoreFaults } from './state-store.ts';
export { MemoryStream, type MemoryStreamOptions, type StreamFaults } from './stream.ts';
export { MemoryTable, type AppliedWrite, type MemoryTableOptions } from './table.ts';
export { SeededRandom } from './seeded-random.ts';
export { applyWrite, type WriteResult } from './apply-write.ts';
export type { Delay, WireFaults } from './wire.ts';
export type { StoredRecord } from './shard.ts';
