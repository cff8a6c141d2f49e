/** What the parts of the ownership model share: its configuration, its table, and how a step is told. */
import type { Emit, Fault } from '../explorer.ts';
import type { LateWrites } from '../late-writes.ts';
import type { Twist } from '../twist.ts';
import { NONE } from '../sessions.ts';
import type { Table } from './table.ts';
import { copyOf, type Flight, type State } from './state.ts';
import { tidy } from './tidy.ts';

export interface OwnershipConfig {
  readonly name: string;
  /** Client ids, each with one process that registers again and again. */
  readonly clients: number;
  /** `one`: a shard that may end · `split`: the same, and its two children. */
  readonly shards: 'one' | 'split';
  /** Records in the shard. */
  readonly records: number;
  /** Writes on their way at a time, given up ones among them. */
  readonly inFlight: number;
  /** @default 'repeated' */
  readonly lateWrites?: LateWrites;
  /** How often an operator deletes the shard's item, which bounds the fences that are acquired then. */
  readonly deletions?: { readonly times: number; readonly fences: number };
  readonly twist?: Twist;
}

/** One state and the way to tell what may follow. */
export interface Scene {
  readonly config: OwnershipConfig;
  readonly table: Table;
  readonly state: State;
  readonly emit: Emit<State>;
}

export const draftOf = (scene: Scene): State => copyOf(scene.state);

/** Tells a step; its state is tidied up before it is looked at. */
export function step(
  scene: Scene,
  next: State,
  words: () => string,
  faults: readonly Fault[] = [],
): void {
  tidy(next, scene);
  scene.emit(next, words, faults);
}

export const hasRoom = ({ config, state }: Scene): boolean =>
  state.flights.length < config.inFlight;

/** What a write says that has nothing to say. */
export const PLAIN = {
  shard: 0,
  fence: NONE,
  position: NONE,
  startsAt: NONE,
  ownerAsRead: NONE,
  fenceAsRead: NONE,
  awaited: 1,
  answer: 'none',
} as const;

export function send(
  next: State,
  flight: Pick<Flight, 'kind' | 'session'> & Partial<Flight>,
): void {
  next.flights.push({ ...PLAIN, ...flight });
}

export const shardsOf = ({ shards }: Pick<OwnershipConfig, 'shards'>): number =>
  shards === 'one' ? 1 : 3;

/** How a client and a shard are called in words. */
export const who = (client: number): string => `c${client}`;
export const what = ({ config }: Scene, shard: number): string =>
  config.shards === 'one' ? 'the shard' : shard === 0 ? 'the parent' : `child ${shard}`;
