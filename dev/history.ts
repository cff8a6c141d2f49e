/** What one consumer process has reported so far. */
import type { ClientSnapshot, ShardRef } from '../src/index.ts';
import type { Commit, Delivery, Poll, ShardEnd, ShardStart } from './ledger.ts';
import type { Report, ReportOf } from './reports.ts';

/** A call of the handler that was entered. */
export interface HandlerCall extends ShardRef {
  readonly call: number;
  readonly fence: number;
  readonly records: number;
  readonly enteredAtMs: number;
  /** null: it had not returned when the process was last heard of. */
  readonly ended: { readonly outcome: 'done' | 'threw'; readonly atMs: number } | null;
}

/** Grows with each report; every list is in the order of the process. */
export class ConsumerHistory {
  /** Name of the consumer in its group. */
  readonly consumer: string;
  readonly deliveries: Delivery[] = [];
  readonly polls: Poll[] = [];
  readonly commits: Commit[] = [];
  readonly starts: ShardStart[] = [];
  readonly ends: ShardEnd[] = [];
  readonly ready: ReportOf<'ready'>[] = [];
  readonly leads: ReportOf<'leader'>[] = [];
  readonly rebalances: ReportOf<'rebalance'>[] = [];
  readonly errors: ReportOf<'error'>[] = [];
  /** null: the client is not made yet. */
  started: ReportOf<'started'> | null = null;
  /** null: the consumption goes on. */
  over: ReportOf<'over'> | null = null;
  /** The newest one. */
  snapshot: ClientSnapshot | null = null;
  snapshotAtMs = 0;
  readonly #calls = new Map<number, HandlerCall>();

  constructor(consumer: string) {
    this.consumer = consumer;
  }

  calls(): readonly HandlerCall[] {
    return [...this.#calls.values()];
  }

  /** Shards held by the process's own account: started and not ended. */
  owned(): readonly (ShardRef & { readonly fence: number })[] {
    const held = new Map<string, ShardStart>();
    for (const start of this.starts) held.set(keyOf(start), start);
    for (const end of this.ends) held.delete(keyOf(end));
    return [...held.values()].map(({ stream, shardId, fence }) => ({ stream, shardId, fence }));
  }

  add(report: Report): void {
    const { consumer } = this;
    switch (report.kind) {
      case 'started':
        this.started = report;
        break;
      case 'deliveries':
        this.#addDeliveries(report);
        break;
      case 'handled': {
        const entered = this.#calls.get(report.call);
        if (entered === undefined) break;
        const { outcome, atMs } = report;
        this.#calls.set(report.call, { ...entered, ended: { outcome, atMs } });
        break;
      }
      case 'poll':
        this.polls.push({ ...withoutKind(report), consumer });
        break;
      case 'commit':
        this.commits.push({ ...withoutKind(report), consumer });
        break;
      case 'shardStart':
        this.starts.push({ ...withoutKind(report), consumer });
        break;
      case 'shardEnd':
        this.ends.push({ ...withoutKind(report), consumer });
        break;
      case 'ready':
        this.ready.push(report);
        break;
      case 'leader':
        this.leads.push(report);
        break;
      case 'rebalance':
        this.rebalances.push(report);
        break;
      case 'error':
        this.errors.push(report);
        break;
      case 'snapshot':
        this.snapshot = report.snapshot;
        this.snapshotAtMs = report.atMs;
        break;
      case 'over':
        this.over = report;
        break;
      case 'answer':
      case 'feed':
      case 'close':
        break;
    }
  }

  #addDeliveries(report: ReportOf<'deliveries'>): void {
    const { stream, shardId, fence, call, atMs, records } = report;
    for (const [sequenceNumber, key, n] of records) {
      this.deliveries.push({
        consumer: this.consumer,
        stream,
        shardId,
        fence,
        sequenceNumber,
        key,
        n,
        atMs,
      });
    }
    this.#calls.set(call, {
      call,
      stream,
      shardId,
      fence,
      records: records.length,
      enteredAtMs: atMs,
      ended: null,
    });
  }
}

const keyOf = ({ stream, shardId, fence }: ShardRef & { readonly fence: number }): string =>
  `${stream}/${shardId}/${fence}`;

function withoutKind<R extends Report>(report: R): Omit<R, 'kind'> {
  const { kind: _, ...rest } = report;
  return rest;
}
