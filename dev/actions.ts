/** What the keys and the chaos do to a running group. Each says what it did. */
import type { KinesisClient } from '@aws-sdk/client-kinesis';
import type { ChaosAction } from './chaos.ts';
import type { Consumer, ConsumerGroup } from './group.ts';
import {
  listShards,
  mergeShards,
  neighbours,
  openShards,
  splitShard,
  type StreamShard,
} from './resharding.ts';
import { shortShardId } from './screen/picture.ts';
import { pick, type SeededRandom } from './seeded-random.ts';

/** The local Kinesis is slow: more clients and shards than this cannot be served. */
const MOST_CLIENTS = 9;
const MOST_SHARDS = 32;

export interface ActionsOptions {
  readonly group: ConsumerGroup;
  readonly kinesis: KinesisClient;
  readonly stream: string;
  readonly random: SeededRandom;
  /** The consumer that leads now. */
  readonly leader: () => Consumer | undefined;
  readonly say: (text: string) => void;
  /** How long the chaos freezes a client: longer than its session lives. */
  readonly freezeMs: number;
  /** Clients at first; the chaos keeps between 2 and 3 more than these running. */
  readonly clients: number;
}

export class Actions {
  readonly #options: ActionsOptions;
  readonly #closing = new Set<Consumer>();
  readonly #thaws: NodeJS.Timeout[] = [];
  /** One at a time: the shards of an answer must still be there when they are split. */
  #resharding: Promise<void> = Promise.resolve();

  constructor(options: ActionsOptions) {
    this.#options = options;
  }

  add(): void {
    const { group, say } = this.#options;
    if (group.alive().length >= MOST_CLIENTS) {
      say(`there are ${MOST_CLIENTS} clients: no more are added`);
      return;
    }
    say(`add: ${group.start().name} starts`);
  }

  stop(consumer: Consumer): void {
    const { say } = this.#options;
    say(`stop: ${consumer.name} closes gracefully`);
    const startedMs = performance.now();
    this.#closing.add(consumer);
    void consumer.close().then((report) => {
      const ms = Math.round(performance.now() - startedMs);
      say(`${consumer.name} ended (${report?.outcome ?? 'without a report'}) after ${ms} ms`);
    });
  }

  kill(consumer: Consumer): void {
    const lead = this.#options.leader() === consumer ? ', the leader' : '';
    this.#options.say(`kill -9: ${consumer.name}${lead}`);
    void consumer.kill();
  }

  freezeOrThaw(consumer: Consumer): void {
    const { say } = this.#options;
    if (consumer.life.kind === 'frozen') {
      say(`SIGCONT: ${consumer.name} goes on`);
      consumer.thaw();
    } else {
      say(`SIGSTOP: ${consumer.name} stands still`);
      consumer.freeze();
    }
  }

  /** @param shardId an open one; without it, or where it is not open any more: one of chance */
  split(shardId?: string): Promise<void> {
    const { kinesis, stream, random, say } = this.#options;
    return this.#reshard('split', async (shards) => {
      const open = openShards(shards);
      const named = open.find((candidate) => candidate.shardId === shardId);
      const shard = open.length < MOST_SHARDS ? (named ?? pick(open, random)) : undefined;
      if (shard === undefined) return say(`split: ${open.length} shards are enough`);
      await splitShard(kinesis, stream, shard);
      say(`split: shard ${shortShardId(shard.shardId)}`);
    });
  }

  /** @param shardId merged with its right neighbour; without it, or where it has none: two of chance */
  merge(shardId?: string): Promise<void> {
    const { kinesis, stream, random, say } = this.#options;
    return this.#reshard('merge', async (shards) => {
      const pairs = neighbours(shards);
      const named = pairs.find(([left]) => left.shardId === shardId);
      const pair = named ?? pick(pairs, random);
      if (pair === undefined) return say('merge: there are no two neighbours');
      await mergeShards(kinesis, stream, pair);
      const [left, right] = pair.map(({ shardId }) => shortShardId(shardId));
      say(`merge: shards ${left} and ${right}`);
    });
  }

  /** As the chaos does it: on a client of chance, and so that somebody is always left to go on. */
  async perform(action: ChaosAction): Promise<void> {
    const { group, clients, leader, random, freezeMs } = this.#options;
    const running = group
      .alive()
      .filter((consumer) => consumer.life.kind === 'running' && !this.#closing.has(consumer));
    const victim = pick(running, random);
    switch (action) {
      case 'add':
        if (running.length < clients + 3) this.add();
        else if (victim !== undefined) this.stop(victim);
        break;
      case 'stop':
        this.#replaceBelowTwo(running.length - 1);
        if (victim !== undefined) this.stop(victim);
        break;
      case 'kill':
      case 'killLeader': {
        this.#replaceBelowTwo(running.length - 1);
        const head = leader();
        const chosen = action === 'killLeader' && head?.life.kind === 'running' ? head : victim;
        if (chosen !== undefined) this.kill(chosen);
        break;
      }
      case 'freeze':
        if (victim === undefined) break;
        this.#replaceBelowTwo(running.length - 1);
        this.freezeOrThaw(victim);
        this.#thaws.push(
          setTimeout(() => {
            if (victim.life.kind === 'frozen') this.freezeOrThaw(victim);
          }, freezeMs),
        );
        break;
      case 'split':
        await this.split();
        break;
      case 'merge':
        await this.merge();
    }
  }

  /** Lets the frozen go on and waits for a split or merge under way. */
  async settle(): Promise<void> {
    for (const timer of this.#thaws) clearTimeout(timer);
    for (const consumer of this.#options.group.alive()) {
      if (consumer.life.kind === 'frozen') this.freezeOrThaw(consumer);
    }
    await this.#resharding;
  }

  #replaceBelowTwo(left: number): void {
    if (left < 2) this.add();
  }

  #reshard(name: string, act: (shards: readonly StreamShard[]) => Promise<void>): Promise<void> {
    const { kinesis, stream, say } = this.#options;
    this.#resharding = this.#resharding.then(async () => {
      try {
        await act(await listShards(kinesis, stream));
      } catch (error) {
        say(`${name} failed: ${error instanceof Error ? error.message : String(error)}`);
      }
    });
    return this.#resharding;
  }
}
