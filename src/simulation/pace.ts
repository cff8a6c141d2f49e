/** How fast a simulated group can be, at its slowest. */
import { PROFILES, type ProfileName } from '../options.ts';
import type { StoreFaults } from '../services/memory/state-store.ts';
import type { StreamFaults } from '../services/memory/stream.ts';
import type { Pace } from './history.ts';
import type { ClientSetup } from './client-setup.ts';
import { processPaceOf } from './simulated-process.ts';
import { CALM } from './weather.ts';

/** What the memory services have where they are not told otherwise. */
const REQUEST_TIMEOUT_MS = 1_000;
const LATE_BY_MS = 10_000;

interface Paced {
  readonly profile: ProfileName;
  readonly clockError: number;
}

type Faults = StoreFaults | StreamFaults;

/** @param faults all that the ways to the services ever had */
export function paceOf(
  processes: readonly Paced[],
  faults: readonly Faults[],
  setup: ClientSetup = {},
): Pace {
  const names = new Set(processes.map(({ profile }) => profile));
  const timings = [...(names.size === 0 ? (['fast'] as const) : names)].map(
    (name) => PROFILES[name],
  );
  return {
    ...processPaceOf(setup),
    heartbeatIntervalMs: Math.max(...timings.map((timing) => timing.heartbeatIntervalMs)),
    ttlMs: Math.max(...timings.map((timing) => timing.ttlMs)),
    pollIntervalMs: Math.max(...timings.map((timing) => timing.pollIntervalMs)),
    roundTripMs: longestMs(CALM.store),
    requestTimeoutMs: REQUEST_TIMEOUT_MS,
    stragglerMs: Math.max(0, ...faults.map(stragglerMs)),
    staleMs: Math.max(0, ...faults.map(staleMs)),
    clockError: Math.max(0, ...processes.map(({ clockError }) => clockError)),
  };
}

const longestMs = ({ requestMs, answerMs }: Faults): number =>
  (requestMs?.maxMs ?? 0) + (answerMs?.maxMs ?? 0);

/** For how long a request may still be carried out after it was sent. */
function stragglerMs({ lateApply = 0, duplicate = 0, lateByMs, requestMs }: Faults): number {
  const lateBy = lateByMs?.maxMs ?? LATE_BY_MS;
  const lateMs = lateApply > 0 ? REQUEST_TIMEOUT_MS + lateBy : 0;
  return Math.max(lateMs, requestMs?.maxMs ?? 0) + (duplicate > 0 ? lateBy : 0);
}

const staleMs = (faults: Faults): number => ('stale' in faults ? (faults.stale?.maxMs ?? 0) : 0);
