/** The ledger for people. */
import { isSound, type Ledger, type Move } from './ledger.ts';
import type { Outcome } from './run.ts';
import { seconds } from './screen/drawing.ts';
import { shortShardId } from './screen/picture.ts';

/** Findings of a kind that are shown one by one. */
const SHOWN = 10;

/** @param startedAtMs - Beginning of the run, ms since the epoch: times are told from there. */
export function ledgerText(ledger: Ledger, startedAtMs: number): string {
  const { missing, duplicated, outOfOrder, fenceFaults, checkpointFaults, unknown, moves } = ledger;
  const lines = [
    'Ledger',
    count('produced', ledger.produced, 'accepted by Kinesis'),
    count('delivered', ledger.delivered, `in ${ledger.deliveries} deliveries`),
    count('missing', missing.length),
    count('duplicated', duplicated.length, 'delivered again after a crash or a pause'),
    count(
      'out of order',
      outOfOrder.length + fenceFaults.length,
      'per key, and per shard and fence',
    ),
    count('checkpoints going back', checkpointFaults.length),
    ...(unknown.length > 0 ? [count('unknown', unknown.length, 'never accepted')] : []),
    ...some(missing, (record) => `missing: ${where(record)} ${record.key} ${record.n}`),
    ...some(outOfOrder, ({ delivery, later }) => {
      const { key, n, consumer } = delivery;
      return `out of order: ${where(delivery)} ${key} ${n} by ${consumer} after ${later.n} by ${later.consumer}`;
    }),
    ...some(fenceFaults, (fault) => {
      const { delivery } = fault;
      const record = fault.kind === 'skipped' ? fault.record : delivery;
      const by = `fence ${delivery.fence} by ${delivery.consumer}`;
      return `${fault.kind}: ${where(record)} ${record.key} ${record.n} under ${by}`;
    }),
    ...some(checkpointFaults, ({ before, next }) => {
      const from = `${before.position} (fence ${before.fence}, ${before.consumer})`;
      return `went back: ${where(next)} from ${from} to ${next.position} (fence ${next.fence})`;
    }),
    ...movesText(moves, startedAtMs),
    isSound(ledger) ? 'Sound: nothing is missing or out of order.' : 'NOT SOUND: see above.',
  ];
  return `${lines.join('\n')}\n`;
}

/** What went wrong on the way, for people; empty if nothing did. */
export function troubleText({ failed, errors }: Outcome): string {
  const lines = [
    ...(errors.size > 0
      ? [`Errors told: ${[...errors].map(([code, times]) => `${code} ${times}`).join(', ')}`]
      : []),
    ...failed.map(({ name, why }) => `FAILED: ${name}: ${why}`),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function movesText(moves: readonly Move[], startedAtMs: number): readonly string[] {
  if (moves.length === 0) return ['  no shard was moved'];
  const gaps = moves.map(({ gapMs }) => gapMs).toSorted((a, b) => a - b);
  const median = gaps[Math.floor(gaps.length / 2)] ?? 0;
  return [
    `  ${moves.length} shard moves; gap of the median ${seconds(median)}, longest ${seconds(gaps.at(-1) ?? 0)}`,
    '         at  shard  from → to     gap    the old owner',
    ...moves.map(({ atMs, shardId, from, to, gapMs, ending }) => {
      const who = `${from.consumer} → ${to.consumer}`.padEnd(11);
      const at = seconds(atMs - startedAtMs).padStart(9);
      return `  ${at}  ${shortShardId(shardId).padStart(5)}  ${who}${seconds(gapMs).padStart(7)}    ${ending ?? 'crashed'}`;
    }),
  ];
}

const count = (name: string, value: number, about = ''): string =>
  `  ${name.padEnd(23)}${String(value).padStart(7)}  ${about}`.trimEnd();

const where = (at: { readonly stream: string; readonly shardId: string }): string =>
  `${at.stream} shard ${shortShardId(at.shardId)}`;

function some<Item>(items: readonly Item[], text: (item: Item) => string): string[] {
  const shown = items.slice(0, SHOWN).map((item) => `  ${text(item)}`);
  return items.length > SHOWN ? [...shown, `  … and ${items.length - SHOWN} more`] : shown;
}
