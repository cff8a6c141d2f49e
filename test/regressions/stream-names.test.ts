import { expect, it } from 'vitest';
import { faceWorld, SHARD_1 } from '../face/face-world.ts';

/** Names that Kinesis allows and that every object knows. */
const NAMES = ['__proto__', 'constructor', 'toString'];

it.each([...NAMES.map((name) => [[name]]), [NAMES]])(
  'reads streams of any legal name: %j',
  async (streams) => {
    const world = faceWorld();
    for (const name of streams) {
      world.kinesis.createStream(name, 1);
      world.put(name, SHARD_1, 1);
    }
    const { client } = world.member();
    const codes: string[] = [];
    client.on('error', ({ code }) => codes.push(code));
    const seen: string[] = [];
    const running = client.run({
      streams,
      eachRecord: (record) => void seen.push(record.stream),
    });
    await world.until('a record of each', () => seen.length === streams.length, 60_000);
    // the children too
    for (const name of streams) {
      world.kinesis.splitShard(name, SHARD_1);
      world.put(name, SHARD_1, 1, 2);
    }
    await world.until('two records of each', () => seen.length === 2 * streams.length);
    await client.close();
    await running;
    expect({ seen: seen.toSorted(), codes }).toEqual({
      seen: [...streams, ...streams].toSorted(),
      codes: [],
    });
  },
);
