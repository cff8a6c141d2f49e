import {
  ManualClock,
  MemoryKinesis,
  MemoryStateStore,
  MemoryStream,
  MemoryTable,
} from '../../src/services/memory/index.ts';
import { stateStoreContract } from './state-store-contract.ts';
import { streamContract } from './stream-contract.ts';

stateStoreContract('memory', async () => {
  const table = new MemoryTable();
  const store = new MemoryStateStore({ table, name: 'first' });
  const second = new MemoryStateStore({ table, name: 'second' });
  return {
    store,
    second,
    close: async () => {
      store.close();
      second.close();
    },
  };
});

streamContract('memory', async () => {
  const clock = new ManualClock();
  const kinesis = new MemoryKinesis({ clock });
  const stream = new MemoryStream({ kinesis });
  return {
    stream,
    admin: {
      createStream: async (name, shards) => {
        // streams of different instants, which tell one from the next of its name
        clock.advance(1);
        kinesis.createStream(name, shards);
      },
      putRecord: async (name, partitionKey, data) => {
        // records of different instants, for the iterators that start at one
        clock.advance(1);
        return kinesis.putRecord({ stream: name, partitionKey, data });
      },
      splitShard: async (name, shardId) => kinesis.splitShard(name, shardId),
      mergeShards: async (name, shardId, adjacentShardId) =>
        kinesis.mergeShards(name, shardId, adjacentShardId),
      deleteStream: async (name) => kinesis.deleteStream(name),
    },
    expireIterators: () => kinesis.expireIterators(),
    close: async () => stream.close(),
  };
});
