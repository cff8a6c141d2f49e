import { signal, type Signal } from '@preact/signals';
import type { Beginning, Conditions } from '../../worker/messages.ts';
import { SimulatedGroup } from '../../worker/simulated-group.ts';
import { refresh } from '../state/shown.ts';
import { Recorder } from './recorder.ts';
import type { Connection, Source } from './source.ts';

export interface Simulation extends Source {
  readonly kind: 'simulation';
  readonly conditions: Signal<Conditions>;
  /** Virtual milliseconds in a millisecond, as reached. */
  readonly speed: Signal<number>;
  change(to: Partial<Conditions>): void;
}

const BEGINNING: Beginning = {
  seed: 7,
  profile: 'fast',
  clients: 4,
  shards: 16,
  recordsPerSecond: 60,
  faults: 0,
  chaos: 0,
  speed: 1,
};

/** A group that lives in a worker of the page. */
export function beginSimulation(): Simulation {
  const recorder = new Recorder();
  const connection = signal<Connection>({ kind: 'opening' });
  const conditions = signal<Conditions>(BEGINNING);
  const speed = signal(0);
  let nowMs = 0;

  const group = new SimulatedGroup({
    onLines(lines, at) {
      recorder.take(lines);
      nowMs = Math.max(at.nowMs, recorder.range.toMs);
      speed.value = at.speed;
      connection.value = { kind: 'open' };
      refresh();
    },
    onFailed(message) {
      connection.value = { kind: 'failed', message };
    },
  });
  group.begin(BEGINNING);

  return {
    kind: 'simulation',
    name: 'in this page',
    conditions,
    speed,
    actions: ['add', 'stop', 'kill', 'pause', 'split', 'merge'],
    pauseMs: SimulatedGroup.pauseMs,
    connection: () => connection.value,
    moves: () => connection.value.kind === 'open',
    range: () => ({ fromMs: recorder.range.fromMs, toMs: nowMs }),
    whole: () => recorder.whole,
    lookAt: (atMs) => recorder.lookAt(atMs),
    act: (action) => group.act(action),
    change(to) {
      conditions.value = { ...conditions.value, ...to };
      group.change(to);
    },
    close: () => group.close(),
  };
}
