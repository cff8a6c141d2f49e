import { describe, expect, it } from 'vitest';
import { createKinesumer } from '../../src/index.ts';
import {
  ManualClock,
  MemoryKinesis,
  MemoryStateStore,
  MemoryStream,
  MemoryTable,
} from '../../src/services/memory/index.ts';

interface Inspected {
  readonly type: string;
  readonly actorRef: { readonly id: string };
}

const SECRET = 'what the record says';

describe('the inspect option', () => {
  it("hands out XState's events of every statechart, and no record data", async () => {
    const clock = new ManualClock();
    const kinesis = new MemoryKinesis({ clock });
    kinesis.createStream('orders', 1);
    kinesis.putRecord({ stream: 'orders', partitionKey: 'key', data: SECRET });
    const events: Inspected[] = [];
    const client = await createKinesumer({
      app: 'inspected',
      start: 'TRIM_HORIZON',
      stateStore: new MemoryStateStore({ table: new MemoryTable() }),
      stream: new MemoryStream({ kinesis }),
      inspect: (event) => void events.push(event as Inspected),
    });
    for await (const record of client.consume(['orders'])) {
      expect(record.text()).toBe(SECRET);
      break;
    }
    await client.close();

    const actors = new Set(
      events.filter(({ type }) => type === '@xstate.actor').map(({ actorRef }) => actorRef.id),
    );
    expect([...actors]).toEqual(
      expect.arrayContaining([
        'client',
        'membership',
        'role',
        'assignment',
        'survey',
        'reader/orders/shardId-000000000000/1',
      ]),
    );
    const seen = new Set<unknown>();
    const text = JSON.stringify(events, (_, value: unknown) => {
      if (typeof value !== 'object' || value === null) return value;
      if (seen.has(value)) return undefined;
      seen.add(value);
      return value instanceof Uint8Array ? new TextDecoder().decode(value) : value;
    });
    expect(text).toContain('shardId-000000000000');
    expect(text).not.toContain(SECRET);
  });
});
