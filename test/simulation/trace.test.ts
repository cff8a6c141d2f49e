import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Violation } from '../../src/simulation/checkers/evidence.ts';
import type { Action, Step } from '../../src/simulation/action.ts';
import { play } from '../../src/simulation/scenario.ts';
import { traceEventsOf, traceLines } from '../../src/simulation/trace/lines.ts';
import { TRACE_SCHEMA } from '../../src/feed/schema.ts';
import { at, hop, scenario } from './host.ts';

const doing = (second: number, action: Action): Step => ({ atMs: second * 1_000, action });

const eventful = scenario({
  weather: 'lossy',
  script: [
    at(0, 'join', 0),
    at(0.5, 'join', 1),
    at(2, 'put', 40),
    at(4, 'split', 1),
    at(8, 'pause', 1, 1),
    at(10, 'cut', 0, 1),
    at(12, 'crash', 0),
    at(15, 'restart', 1),
    doing(15.5, { kind: 'createStream', stream: 'returns', shards: 1 }),
    doing(16, { kind: 'refresh', slot: 1, streams: ['orders', 'returns'] }),
    doing(17, { kind: 'goCommit', pick: 0 }),
    doing(18, { kind: 'lapse', stream: 'orders' }),
    doing(18.5, { kind: 'erase', what: { item: 'checkpoint', pick: 1 } }),
    doing(18.7, { kind: 'deleteStream', stream: 'returns' }),
    doing(19, { kind: 'handler', slot: 1, manner: 'throwing', forMs: 900 }),
    at(19.1, 'put', 40),
  ],
  members: [{ slot: 0, commits: 'byHand' }],
  quietAtMs: 20_000,
  quietMs: 12_000,
});
const line = z.fromJSONSchema(structuredClone(TRACE_SCHEMA) as z.core.JSONSchema.JSONSchema);

const KINDS = (TRACE_SCHEMA['oneOf'] as { properties: { kind: { const: string } } }[]).map(
  ({ properties }) => properties.kind.const,
);

const linesOf = async (violations: readonly Violation[]): Promise<Record<string, unknown>[]> => {
  const evidence = await play(eventful, { hop });
  const header = { source: 'simulation', app: evidence.app, scenario: eventful } as const;
  const lines = [...traceLines(header, traceEventsOf(evidence, violations))];
  return lines.map((text) => JSON.parse(text) as Record<string, unknown>);
};

describe('a trace', () => {
  it('has lines of the published shapes, a header first', async () => {
    const lines = await linesOf([]);
    const wrong = lines.filter((value) => !line.safeParse(value).success);
    expect(wrong.slice(0, 3)).toEqual([]);
    expect(lines[0]).toMatchObject({ kind: 'trace', version: 1, scenario: eventful });
    const kinds = new Set(lines.map(({ kind }) => kind));
    // those of running statecharts are told by an inspector only
    const others = 'unreadable table violation flow chart actor state actorGone dropped'.split(' ');
    expect(KINDS.filter((kind) => !kinds.has(kind)).sort()).toEqual(others.sort());
    expect(kinds).not.toContain('write');
  });

  it('has each violation behind the event that shows it, and those of the end at the end', async () => {
    const lines = await linesOf([
      { invariant: 'L2', order: null, message: 'at the end' },
      { invariant: 'S1', order: 40, message: 'on the way' },
    ]);
    const place = lines.findIndex(({ message }) => message === 'on the way');
    expect(lines[place]).toMatchObject({ kind: 'violation', invariant: 'S1', order: 40 });
    expect(Number(lines[place - 1]?.['order'])).toBeLessThanOrEqual(40);
    expect(Number(lines[place + 1]?.['order'])).toBeGreaterThan(40);
    expect(lines.at(-1)).toMatchObject({ kind: 'violation', invariant: 'L2', order: null });
  });

  it('has shapes that their kinds tell apart', () => {
    expect(new Set(KINDS).size).toBe(KINDS.length);
  });

  it('that says more or less than the shapes is not one', () => {
    const quiet = { kind: 'quiet', atMs: 1, order: 0 };
    expect(line.safeParse(quiet).success).toBe(true);
    expect(line.safeParse({ ...quiet, more: 1 }).success).toBe(false);
    expect(line.safeParse({ kind: 'quiet', atMs: 1 }).success).toBe(false);
    expect(line.safeParse({ ...quiet, kind: 'unheard of' }).success).toBe(false);
  });

  it('has its shapes in schema/ (npm run schema)', () => {
    const file = new URL('../../schema/trace.schema.json', import.meta.url);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(TRACE_SCHEMA);
  });
});
