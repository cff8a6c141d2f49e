/**
 * Prints what becomes of records, for ours and for the algorithm of the Go kinesumer in the same simulated scenes.
 * The table on stdout, progress on stderr.
 *
 *   npm run simulate:peers [-- --seeds 20]
 */
import { parseArgs } from 'node:util';
import { measurePeer, SCENES, type PeerRow, type SceneName } from '../src/simulation/go/compare.ts';
import { seconds } from './figures/figure.ts';

const DEFAULT_SEEDS = 20;
const PROTOCOLS = ['go', 'kinesumer'] as const;

const { values } = parseArgs({ options: { seeds: { type: 'string' } } });
const count = values.seeds === undefined ? DEFAULT_SEEDS : Number(values.seeds);
if (!Number.isInteger(count) || count < 1) {
  process.stderr.write(`--seeds takes a whole number from 1, not ${values.seeds}\n`);
  process.exit(1);
}
const seeds = Array.from({ length: count }, (_, n) => n + 1);
const hop = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const HEADS = [
  'scene',
  'protocol',
  'records',
  'lost',
  'given again',
  'out of order',
  'shards unread',
  'gaps',
  'mean gap',
  'worst gap',
  'mean wait',
  'worst wait',
];

const cellsOf = (row: PeerRow): readonly string[] => [
  row.scene,
  row.protocol,
  String(row.records),
  String(row.lost),
  String(row.twice),
  String(row.outOfOrder),
  String(row.unreadShards),
  String(row.gaps),
  seconds(row.gapMeanMs),
  seconds(row.gapMaxMs),
  seconds(row.waitMeanMs),
  seconds(row.waitMaxMs),
];

const rows: (readonly string[])[] = [];
for (const scene of Object.keys(SCENES) as SceneName[]) {
  for (const protocol of PROTOCOLS) {
    process.stderr.write(`${scene}: ${protocol}, ${count} runs\n`);
    rows.push(cellsOf(await measurePeer(scene, protocol, seeds, { hop })));
  }
}
const widths = HEADS.map((head, at) =>
  Math.max(head.length, ...rows.map((row) => row[at]?.length ?? 0)),
);
const line = (cells: readonly string[]): string =>
  `| ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`;
const table = [line(HEADS), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`];
process.stdout.write(`${[...table, ...rows.map(line)].join('\n')}

4 clients, 6 shards, ${count} runs of 90 s each; sums over the runs. "kinesumer" has the timings of profile fast, the
Go algorithm its own of 5 s. Records count from the 15th second, when both read; the event is at the 20th. A gap is a
stretch in which nobody read a shard after the event. A wait is that of the record of each shard that waited longest;
reading itself takes up to 0.9 s of it.
`);
