/** One consumption: the client's machine from its start to its end, between two ends of the delivery. */
import { createActor, type ActorRefFrom, type InspectionEvent } from 'xstate';
import { KinesumerError } from '../errors.ts';
import type { CloseRequest, RefreshOutcome } from '../machines/client.ts';
import type { Notice } from '../machines/notices.ts';
import type { Budget, Delivery, Gate, OwnedShard, ShardRef } from '../machines/ports.ts';
import type { World } from '../machines/steps/step.ts';
import type { Config } from '../options.ts';
import { ByteBudget } from '../services/delivery/budget.ts';
import { Lanes } from './lanes.ts';
import { clientFor, withParts, type Parts } from './machines.ts';
import { StreamIdentities } from './stream-identities.ts';

export interface ConsumptionOptions {
  readonly config: Config;
  readonly streams: readonly string[];
  readonly world: World;
  readonly delivery: Delivery;
  readonly budget: Budget;
  readonly gate: Gate;
  readonly ownNonces: readonly string[];
  readonly tell: (notice: Notice) => void;
  readonly inspect: ((event: InspectionEvent) => void) | undefined;
}

/** How a consumption ended. */
export interface ConsumptionEnd {
  readonly failure: KinesumerError | null;
  /** Nonces of its sessions, for the next one under the same clientId. */
  readonly nonces: readonly string[];
}

/** Commits in flight at once: few enough that a heartbeat never waits behind them. */
const COMMIT_SLOTS = 32;

export type ClientActor = ActorRefFrom<ReturnType<typeof clientFor>>;

export class Consumption {
  /** Settles when the client has left the group, whatever the reason; rejects never. */
  readonly ended: Promise<ConsumptionEnd>;
  readonly #actor: ClientActor;
  readonly #lanes: Lanes;
  readonly #gate: Gate;
  readonly #identities: StreamIdentities;
  readonly #tell: (notice: Notice) => void;
  #refreshing: ((outcome: RefreshOutcome) => void)[] = [];
  #end: (end: ConsumptionEnd) => void = () => {};

  constructor(options: ConsumptionOptions) {
    const { config, world, tell } = options;
    this.#lanes = new Lanes(options.delivery);
    this.#gate = options.gate;
    this.#tell = tell;
    this.#identities = new StreamIdentities(world.stream, world.clock);
    const parts: Parts = {
      config,
      world,
      lanes: this.#lanes,
      identities: this.#identities,
      budget: options.budget,
      gate: options.gate,
      commitSlots: new ByteBudget(COMMIT_SLOTS),
      tell,
      refreshed: (outcome) => this.#refreshed(outcome),
    };
    this.#actor = withParts(
      parts,
      createActor(clientFor(config), {
        id: 'client',
        systemId: 'client',
        clock: world.clock,
        ...(options.inspect === undefined ? {} : { inspect: options.inspect }),
        input: {
          clientId: config.clientId,
          membership: config.membership,
          streams: options.streams,
          timings: config.timings,
          mode: 'open',
          ownNonces: options.ownNonces,
          closeByItself: {
            manner: 'drain',
            place: config.membership === 'static' ? 'stay' : 'leave',
            deadlineMs: config.drainTimeoutMs + CLOSE_MARGIN_MS,
          },
        },
      }),
    );
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.#actor.subscribe({
      complete: () => this.#over(this.#actor.getSnapshot().context.failure),
      error: (cause) => this.#over(faultOf(cause)),
    });
  }

  start(): void {
    this.#actor.start();
  }

  close(request: CloseRequest): void {
    this.#actor.send({ type: 'CLOSE', request });
  }

  /** The deadline has passed: stops where it stands. What was not committed is delivered again elsewhere. */
  stop(reason: KinesumerError): void {
    // no reader will tell it by itself any more
    for (const name of this.#lanes.names()) {
      this.#tell({ kind: 'shardEnd', ...name, reason: 'shutdown' });
    }
    this.#actor.stop();
    this.#over(this.#actor.getSnapshot().context.failure ?? null, reason);
  }

  /** @throws KinesumerError why the streams can not be consumed; the old ones go on. */
  async refresh(streams: readonly string[]): Promise<void> {
    await this.#registered();
    const outcome = await new Promise<RefreshOutcome>((resolve) => {
      if (this.#actor.getSnapshot().status !== 'active') {
        resolve({ kind: 'refused', error: CONSUMPTION_OVER });
        return;
      }
      this.#refreshing.push(resolve);
      this.#actor.send({ type: 'REFRESH', streams });
    });
    if (outcome.kind === 'refused') throw outcome.error;
  }

  commitAll(): Promise<void> {
    return this.#lanes.commitAll();
  }

  askCommit(shard: OwnedShard): void {
    this.#lanes.askCommit(shard);
  }

  pause(shards: readonly ShardRef[] | 'all'): void {
    this.#actor.send({ type: 'PAUSE', shards });
  }

  resume(shards: readonly ShardRef[] | 'all'): void {
    this.#actor.send({ type: 'RESUME', shards });
  }

  actor(): ClientActor {
    return this.#actor;
  }

  /** Resolves when the client is in its group, or will not be any more. */
  #registered(): Promise<void> {
    return new Promise((resolve) => {
      const settle = (): boolean => {
        const snapshot = this.#actor.getSnapshot();
        return snapshot.status !== 'active' || snapshot.matches('active');
      };
      if (settle()) {
        resolve();
        return;
      }
      const subscription = this.#actor.subscribe({
        next: () => {
          if (!settle()) return;
          subscription.unsubscribe();
          resolve();
        },
        complete: resolve,
        error: () => resolve(),
      });
    });
  }

  #refreshed(outcome: RefreshOutcome): void {
    for (const resolve of this.#refreshing.splice(0)) resolve(outcome);
  }

  #over(failure: KinesumerError | null, reason?: KinesumerError): void {
    this.#gate.shut();
    this.#identities.close();
    this.#lanes.closeAll(reason ?? failure ?? CONSUMPTION_OVER);
    this.#refreshed({ kind: 'refused', error: failure ?? CONSUMPTION_OVER });
    this.#end({ failure, nonces: this.#actor.getSnapshot().context.ownNonces });
  }
}

const CLOSE_MARGIN_MS = 5_000;
const CONSUMPTION_OVER = new KinesumerError('ClientClosed', 'The consumption is over');

const faultOf = (cause: unknown): KinesumerError =>
  cause instanceof KinesumerError
    ? cause
    : new KinesumerError('InvariantBroken', 'A statechart failed', { cause });
