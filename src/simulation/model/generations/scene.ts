/** What the parts of the generation model share: its configuration, its table, and how a step is told. */
import type { Emit, Fault } from '../explorer.ts';
import type { LateWrites } from '../late-writes.ts';
import { NONE } from '../sessions.ts';
import type { Twist } from '../twist.ts';
import type { Table } from './table.ts';
import { tidy } from './tidy.ts';
import { copyOf, type Flight, type Process, type State } from './state.ts';

export interface GenerationsConfig {
  readonly name: string;
  /** The client id of each process. Where several have one, it is one of their own choice. */
  readonly processes: readonly number[];
  /** Writes on their way at a time, given up ones among them. */
  readonly inFlight: number;
  /** @default 'repeated' */
  readonly lateWrites?: LateWrites;
  readonly twist?: Twist;
}

/** One state and the way to tell what may follow. */
export interface Scene {
  readonly config: GenerationsConfig;
  readonly table: Table;
  readonly state: State;
  readonly emit: Emit<State>;
}

export const draftOf = ({ state }: Scene): State => copyOf(state);

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

export function send(
  next: State,
  flight: Pick<Flight, 'kind' | 'process' | 'session'> & Partial<Flight>,
): void {
  next.flights.push({
    asRead: NONE,
    leaving: 0,
    leader: NONE,
    awaited: 1,
    answer: 'none',
    ...flight,
  });
}

/** How a process is called in words. */
export const who = (index: number): string => `p${index}`;

/** The process has no session, and none is being registered. */
export function standOut(process: Process, phase: 'out' | 'over' = 'out'): void {
  process.phase = phase;
  process.leaving = 0;
  process.beating = 0;
  process.publishing = 'idle';
  process.headAsRead = NONE;
}
