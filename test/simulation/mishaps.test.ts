import { describe, expect, it } from 'vitest';
import { violationsOfGo } from '../../src/simulation/go/judge.ts';
import { Recorder, type Evidence } from '../../src/simulation/history.ts';
import { mishapsOf } from '../../src/simulation/mishaps.ts';
import { paceOf } from '../../src/simulation/pace.ts';

/** A history of a stream `s`, told by hand. */
class Story {
  #nowMs = 0;
  #calls = 0;
  readonly #recorder = new Recorder(() => this.#nowMs);

  at(nowMs: number): this {
    this.#nowMs = nowMs;
    return this;
  }

  reads(process: string, shardId: string): this {
    const shard = `s/${shardId}`;
    this.#recorder.note({ kind: 'notice', process, name: 'shardStart', shard, fence: 1 });
    return this;
  }

  puts(shardId: string, n: number): this {
    const arrivalMs = this.#nowMs;
    const record = { stream: 's', shardId, sequenceNumber: String(n), key: 'k', n, arrivalMs };
    this.#recorder.note({ kind: 'put', ...record });
    return this;
  }

  splits(parent: string, ...children: readonly string[]): this {
    this.#recorder.note({ kind: 'reshard', stream: 's', parents: [parent], children });
    return this;
  }

  gives(process: string, shardId: string, n: number): this {
    const call = this.#calls++;
    const where = { stream: 's', shardId, fence: 1, sequenceNumber: String(n) };
    this.#recorder.note({ kind: 'delivered', process, call, ...where, key: 'k', n });
    this.#recorder.note({ kind: 'completed', process, call });
    return this;
  }

  crashes(process: string): this {
    this.#recorder.note({ kind: 'process', process, clientId: process, what: 'crashed' });
    return this;
  }

  evidence(): Evidence {
    return {
      app: 'a',
      events: this.#recorder.events,
      shards: {},
      items: [],
      live: [],
      trustMs: 0,
      pace: paceOf([], []),
      endMs: this.#nowMs,
    };
  }
}

const invariantsOf = (story: Story): readonly string[] =>
  violationsOfGo(story.evidence()).map(({ invariant }) => invariant);

describe('what became of records', () => {
  it('is no loss before the first look at a shard, and one after it, and in a child of what was read', () => {
    const story = new Story()
      .puts('one', 1)
      .at(1_000)
      .reads('a', 'one')
      .at(4_000)
      .puts('one', 2)
      .puts('one', 3)
      .gives('a', 'one', 3)
      .splits('one', 'child')
      .puts('child', 4)
      .splits('unread', 'other')
      .puts('other', 5);
    const { lost } = mishapsOf(story.evidence());
    const numbers = [...lost].map(([shard, records]) => [shard, ...records.map(({ n }) => n)]);
    expect(numbers).toEqual([
      ['s/one', 2],
      ['s/child', 4],
    ]);
    expect(invariantsOf(story)).toEqual(['D1', 'D1']);
  });

  it('is a repetition where a record comes again, which a death before it excuses', () => {
    const twice = new Story().reads('a', 'one').at(3_000).puts('one', 1).gives('a', 'one', 1);
    expect(mishapsOf(twice.gives('b', 'one', 1).evidence()).again).toHaveLength(1);
    expect(invariantsOf(twice)).toEqual(['D4']);

    const died = new Story().reads('a', 'one').at(3_000).puts('one', 1).gives('a', 'one', 1);
    expect(mishapsOf(died.crashes('a').gives('b', 'one', 1).evidence()).again).toHaveLength(1);
    expect(invariantsOf(died)).toEqual([]);
  });

  it('is an overlap where one goes on after another has begun, and a broken order where an earlier one comes later', () => {
    const story = new Story().reads('a', 'one').at(3_000);
    for (const n of [1, 2, 3, 4]) story.puts('one', n);
    story.gives('a', 'one', 1).gives('b', 'one', 3).gives('a', 'one', 2).gives('b', 'one', 4);
    const { overlaps, disordered } = mishapsOf(story.evidence());
    expect(overlaps.map(({ older, late }) => [older.process, late.n])).toEqual([['a', 2]]);
    expect(disordered.map(({ n }) => n)).toEqual([2]);
    expect(invariantsOf(story)).toEqual(['D6', 'D7']);
  });
});
