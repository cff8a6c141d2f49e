/**
 * How the ways from the processes to the services are: by the climate, by spells that come and go, and by outages of a
 * service.
 */
import type { StoreFaults } from '../services/memory/state-store.ts';
import type { StreamFaults } from '../services/memory/stream.ts';
import type { Action, Service } from './action.ts';
import type { EventQueueClock } from './event-queue-clock.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import { CALM, type Climate } from './weather.ts';

export interface WaysSetting {
  readonly clock: EventQueueClock;
  readonly climate: Climate;
  /** When the faults end. */
  readonly quietAtMs: number;
  /** Those that there are now. */
  readonly processes: () => readonly SimulatedProcess[];
}

/** Faults that stand for a while, besides those of the climate. */
type Spell = Extract<Action, { kind: 'spell' }>;

export class Ways {
  readonly #setting: WaysSetting;
  readonly #spells = new Set<Spell>();
  /** All that the ways ever had. */
  readonly #faults: (StoreFaults | StreamFaults)[] = [];
  readonly #downUntilMs: Record<Service, number> = { store: -1, stream: -1 };
  #climate: Climate;

  constructor(setting: WaysSetting) {
    this.#setting = setting;
    this.#climate = setting.climate;
    this.#faults.push(setting.climate.store, setting.climate.stream);
  }

  /** All faults that there ever were. */
  everHad(): readonly (StoreFaults | StreamFaults)[] {
    return this.#faults;
  }

  /** Those of the climate, and of the spells in the order in which they came. */
  faultsFor(slot: number): { storeFaults: StoreFaults; streamFaults: StreamFaults } {
    const spells = [...this.#spells].filter((spell) => (spell.slot ?? slot) === slot);
    return {
      storeFaults: Object.assign({}, this.#climate.store, ...spells.map((spell) => spell.store)),
      streamFaults: Object.assign({}, this.#climate.stream, ...spells.map((spell) => spell.stream)),
    };
  }

  /** The end of something that lasts for a while: the quiet phase ends what is left of a fault. */
  untilMs(forMs: number): number {
    const { clock, quietAtMs } = this.#setting;
    return Math.min(clock.monotonicMs() + forMs, quietAtMs);
  }

  /** From now on; spells under way go on. */
  setClimate(climate: Climate): void {
    this.#climate = climate;
    this.#faults.push(climate.store, climate.stream);
    this.#setFaults();
  }

  /** A service answers nobody for a while. */
  outage(service: Service, forMs: number): void {
    const untilMs = this.untilMs(forMs);
    this.#downUntilMs[service] = Math.max(this.#downUntilMs[service], untilMs);
    for (const process of this.#setting.processes()) {
      process.cut(service, this.#downUntilMs[service]);
    }
  }

  /** A process that starts now is cut off from the services that are down, as all others are. */
  cutOff(process: SimulatedProcess): void {
    for (const service of ['store', 'stream'] as const) {
      const untilMs = this.#downUntilMs[service];
      if (untilMs > this.#setting.clock.monotonicMs()) process.cut(service, untilMs);
    }
  }

  spell(spell: Spell): void {
    this.#spells.add(spell);
    this.#faults.push(spell.store ?? {}, spell.stream ?? {});
    this.#setFaults(spell.slot, this.untilMs(spell.forMs));
    this.#setting.clock.setTimeout(() => {
      if (this.#spells.delete(spell)) this.#setFaults(spell.slot);
    }, spell.forMs);
  }

  /** Ends the faults; the clocks stay as wrong as they may be. */
  quiet(): void {
    this.#climate = { ...CALM, clockError: this.#setting.climate.clockError };
    this.#spells.clear();
    this.#setFaults();
  }

  #setFaults(slot?: number, untilMs?: number): void {
    for (const process of this.#setting.processes()) {
      if (slot !== undefined && process.slot !== slot) continue;
      const { storeFaults, streamFaults } = this.faultsFor(process.slot);
      process.setFaults(storeFaults, streamFaults, untilMs);
    }
  }
}
