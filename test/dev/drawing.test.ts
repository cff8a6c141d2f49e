import { describe, expect, it } from 'vitest';
import { drawingOf } from '../../dev/screen/drawing.ts';
import { lineOf } from '../../dev/screen/lines.ts';
import { paintOf } from '../../dev/screen/paint.ts';
import type { ClientRow, Picture } from '../../dev/screen/picture.ts';

const row = (index: number, overrides: Partial<ClientRow> = {}): ClientRow => ({
  name: `c${index + 1}`,
  index,
  life: 'running',
  leads: index === 0,
  chosen: index === 1,
  state: index === 0 ? 'leader settled' : 'follower acquiring',
  shards: ['0', '1'],
  recordsPerSecond: 66.6,
  behindMs: 1_200,
  lagRecords: 12,
  heartbeatAgeMs: 400,
  generation: 7,
  rebalances: 3,
  ...overrides,
});

const picture = (overrides: Partial<Picture> = {}): Picture => ({
  stream: 'orders',
  profile: 'fast',
  seed: 12_345,
  elapsedMs: 61_200,
  phase: 'chaos, 12s left',
  generation: 7,
  rebalances: 6,
  clients: [row(0), row(1), row(2, { life: 'ended', state: 'killed' })],
  shards: [
    { id: '0', share: 0.5, owner: { name: 'c1', index: 0 } },
    { id: '12', share: 0.25, owner: { name: 'c2', index: 1 } },
    { id: '13', share: 0.25, owner: null },
  ],
  closing: [{ id: '1', share: 0.5, owner: { name: 'c2', index: 1 } }],
  produced: 1_000,
  delivered: 990,
  repeated: 4,
  outstanding: 10,
  recordsPerSecond: 199,
  events: Array.from({ length: 50 }, (_, n) => ({ atMs: n * 1_000, text: `event ${n}` })),
  endpoints: { kinesis: 'http://127.0.0.1:40001', dynamodb: 'http://127.0.0.1:40002' },
  ...overrides,
});

const ROOM = { columns: 80, rows: 24 };
const plain = (given = picture(), room = ROOM) => drawingOf(given, room, paintOf(false));
const ESCAPE = '\u001b';
const withoutColours = (text: string): string =>
  text.replaceAll(new RegExp(`${ESCAPE}\\[[0-9;]*m`, 'g'), '');

describe('the drawing', () => {
  it('shows members with their leader, choice, shards, rate, lag, heartbeat and generation', () => {
    const text = plain().join('\n');
    expect(text).toMatch(/^ ★c1 +leader settled +0 1 +67 +1\.2s +12 +0\.4s +7 +3$/m);
    expect(text).toMatch(/^> c2 +follower acquiring/m);
    expect(text).toMatch(/^ {2}c3 +killed$/m);
  });

  it('shows each open shard as wide as its keys, with its owner, and the parents that are read to their end', () => {
    const strip = plain().find((line) => line.includes('0 c1')) ?? '';
    const [first, second, third] = strip.split('|').map((cell) => cell.length);
    expect(strip).toMatch(/0 c1 +\| +12 c2 +\| +13 -- +\|/);
    expect(first).toBe(39);
    expect([second, third]).toEqual([18, 19]);
    expect(plain().join('\n')).toContain('closed, read to its end: 1 (c2)');
  });

  it('shows the newest events that fit', () => {
    const text = plain().join('\n');
    expect(text).toContain('event 49');
    expect(text).not.toContain('event 0\n');
  });

  it.each([
    [80, 24],
    [60, 16],
    [200, 60],
    [20, 5],
  ])('fits into %i columns and %i rows', (columns, rows) => {
    const clients = Array.from({ length: 9 }, (_, n) =>
      row(n, { shards: ['100', '101', '102', '103', '104'], state: 'x'.repeat(60) }),
    );
    const lines = plain(picture({ clients, phase: 'catching up' }), { columns, rows });
    expect(lines.length).toBeLessThan(rows);
    for (const line of lines) expect(line.length).toBeLessThan(columns);
  });

  it('cuts nothing off a usual picture at 80 columns', () => {
    expect(plain().join('\n')).not.toContain('…');
  });

  it('says the same with colours as without', () => {
    const coloured = drawingOf(picture(), ROOM, paintOf(true));
    expect(coloured.join('\n')).toContain('\u001b[');
    expect(coloured.map(withoutColours)).toEqual(plain());
  });

  it('keeps a cell for each of many shards', () => {
    const shards = Array.from({ length: 32 }, (_, n) => ({
      id: String(n),
      share: 1 / 32,
      owner: { name: `c${(n % 3) + 1}`, index: n % 3 },
    }));
    const strip = plain(picture({ shards })).find((line) => line.split('|').length > 30);
    expect(strip?.split('|')).toHaveLength(33);
    expect(strip?.length).toBeLessThan(80);
  });
});

describe('the line of a log', () => {
  it('names who lives, with the leader, what is paused, and the totals', () => {
    const clients = [row(0), row(1, { life: 'frozen' }), row(2, { life: 'ended' })];
    const line = lineOf(picture({ clients }));
    expect(line).toContain('c1★ [0 1] 67/s');
    expect(line).toContain('c2 paused [0 1]');
    expect(line).not.toContain('c3');
    expect(line).toContain('produced 1000 delivered 990');
  });
});
