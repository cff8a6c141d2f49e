import { beforeAll, describe, expect, it } from 'vitest';
import {
  deliveriesOf,
  firstIndexes,
  recordsOf,
  type Delivery,
} from '../../../src/simulation/checkers/records.ts';
import type { Scenario } from '../../../src/simulation/scenario.ts';
import { GroupModel } from '../../../visualize/model/group-model.ts';
import { at, scenario } from '../../simulation/host.ts';
import { fed, played, shardsOf, type Played } from './played.ts';

const lively = {
  shards: 4,
  quietAtMs: 22_000,
  quietMs: 8_000,
  script: [
    at(0, 'join', 0),
    at(0.5, 'join', 1),
    at(3, 'put', 300),
    at(6, 'split', 1),
    at(7, 'put', 100),
    at(9, 'crash', 0),
    at(10, 'put', 200),
    at(17, 'join', 2),
    at(18, 'merge', 0),
  ],
} satisfies Partial<Scenario>;

interface Truth {
  readonly waiting: number;
  readonly oldestMs: number | null;
}

/** What waits of each shard once the event of an order has happened, by the whole history. */
function truthAt({ evidence }: Played, order: number): ReadonlyMap<string, Truth> {
  const through = new Map<string, number>();
  for (const { shard, sequenceNumber, completedOrder } of deliveriesOf(evidence)) {
    const name = `${shard}/${sequenceNumber}`;
    through.set(name, Math.min(through.get(name) ?? Number.POSITIVE_INFINITY, completedOrder));
  }
  const truth = new Map<string, Truth>();
  for (const [shard, records] of recordsOf(evidence)) {
    const first = firstIndexes(evidence).get(shard) ?? 0;
    const waiting = records.filter((record) => {
      const done = through.get(`${shard}/${record.sequenceNumber}`) ?? Number.POSITIVE_INFINITY;
      return record.index >= first && record.order <= order && done > order;
    });
    truth.set(shard, { waiting: waiting.length, oldestMs: waiting[0]?.atMs ?? null });
  }
  return truth;
}

const deliveredWithin = (delivery: Delivery, fromMs: number, toMs: number): boolean =>
  delivery.atMs >= fromMs && delivery.atMs < toMs;

describe.each(['TRIM_HORIZON', 'LATEST'] as const)(
  'the figures of a group that starts at %s',
  (start) => {
    let run: Played;
    beforeAll(async () => {
      run = await played(scenario({ ...lively, start }));
    }, 60_000);

    it('are what was put and not completed, and how long the oldest of it waits', () => {
      const model = new GroupModel(run.header);
      let waits = 0;
      for (const [index, event] of run.events.entries()) {
        model.apply(event);
        const known = event.atMs >= 2_000 && index % 25 === 0;
        if (!known || event.kind === 'violation') continue;
        const truth = truthAt(run, event.order);
        const view = model.view(event.atMs);
        const nowMs = view.backlogRecords?.atMs ?? 0;
        const wrong = shardsOf(view).filter(
          ({ stream, shardId, state, behindMs, backlogRecords }) => {
            if (state === 'ended') return backlogRecords !== null || behindMs !== null;
            const { waiting = 0, oldestMs = null } = truth.get(`${stream}/${shardId}`) ?? {};
            waits += waiting;
            const lagMs = oldestMs === null ? 0 : Math.max(0, nowMs - oldestMs);
            return backlogRecords?.value !== waiting || behindMs?.value !== lagMs;
          },
        );
        expect(wrong.slice(0, 2)).toEqual([]);
      }
      expect(waits).toBeGreaterThan(1_000);
    });

    it('have the throughput of each client over time', () => {
      const model = fed(run);
      const endMs = 30_000;
      const { rows, columnMs } = model.throughput(0, endMs, 30);
      expect(columnMs).toBe(1_000);
      const clientOf = new Map(
        run.events.flatMap((event) =>
          event.kind === 'setup' ? [[event.process, event.clientId]] : [],
        ),
      );
      let known = 0;
      for (const { clientId, recordsPerSecond } of rows) {
        for (const [second, rate] of recordsPerSecond.entries()) {
          if (rate === null) continue;
          known += 1;
          const delivered = deliveriesOf(run.evidence).filter(
            (delivery) =>
              clientOf.get(delivery.process) === clientId &&
              deliveredWithin(delivery, second * 1_000, (second + 1) * 1_000),
          );
          expect([clientId, second, rate]).toEqual([clientId, second, delivered.length]);
        }
      }
      expect(known).toBeGreaterThan(40);
    });

    it('have the lag of each shard over time, and none where a shard was not there', () => {
      const model = fed(run);
      const { rows } = model.heat('orders', 0, 30_000, 30);
      const child = rows.find(({ shardId }) => shardId === 'shardId-000000000004');
      expect(rows.length).toBeGreaterThan(4);
      expect(child?.behindMs.slice(0, 5)).toEqual([null, null, null, null, null]);
      expect(child?.behindMs.slice(10, 14).every((lag) => lag !== null)).toBe(true);
      const worst = Math.max(...rows.flatMap(({ behindMs }) => behindMs.map((lag) => lag ?? 0)));
      // nobody reads the dead one's shards for about its time to live
      expect(worst).toBeGreaterThan(3_000);
      expect(worst).toBeLessThan(15_000);
    });

    it('say that nothing waits at the end, and when what waits will be read', () => {
      const model = new GroupModel(run.header);
      const told = new Set<string>();
      for (const event of run.events) {
        model.apply(event);
        const { drainedInMs, backlogRecords } = model.view(event.atMs);
        if (drainedInMs === null) told.add('unknown');
        else if (drainedInMs === 0) told.add('nothing');
        else if (drainedInMs === Number.POSITIVE_INFINITY) told.add('grows');
        else {
          told.add('shrinks');
          expect(backlogRecords?.value).toBeGreaterThan(0);
        }
      }
      expect([...told].sort()).toEqual(['grows', 'nothing', 'shrinks', 'unknown']);
      const end = model.view(30_000);
      expect(end.drainedInMs).toBe(0);
      expect(end.backlogRecords).toEqual({ value: 0, atMs: 30_000 });
    });
  },
);
