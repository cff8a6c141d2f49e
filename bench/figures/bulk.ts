/** Figure 6: processor time per record, for orientation. */
import { measureInChild } from './child.ts';
import { shown, upTo, type Effort, type Figure, type Progress } from './figure.ts';

const BATCHES = { full: 10, quick: 3 } as const satisfies Record<Effort, number>;

export async function measureBulk(effort: Effort, progress: Progress): Promise<Figure> {
  progress('figure 6: prepared batches through a bare loop and through the client');
  const found = await measureInChild('bulk', [String(BATCHES[effort])]);
  const value = (name: string): number => found[name] ?? Number.NaN;
  const line = (what: string, name: string) =>
    shown(
      what,
      `${upTo(value(name), 1)} ms, ${upTo(value(name) / value('bare'), 1)} × the bare loop`,
    );
  return {
    number: 6,
    title: 'Processor time per million records of 100 bytes, in batches of 10,000',
    method: [
      `${value('records').toLocaleString('en')} records on 20 shards, made beforehand and served without network or decoding, in one process, after a warm-up;`,
      'the client runs whole, with its polls, heartbeats and commits; the bare loop asks the same stream for the same batches and looks at each record.',
      'For orientation only: with a real SDK below, the fetch and its decoding cost many times more than either.',
    ],
    rows: [
      shown('bare loop', `${upTo(value('bare'), 1)} ms`),
      line('run({ eachBatch })', 'eachBatch'),
      line('run({ eachRecord })', 'eachRecord'),
      line('for await of consume()', 'consume'),
    ],
    notes: [],
  };
}
