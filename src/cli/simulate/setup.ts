/** The flags that say how the clients are set up. */
import {
  MEMBERSHIPS,
  type ClientSetup,
  type FaultName,
  type WorkloadName,
} from '../../simulation/index.ts';
import { nameOf, numberOf, Refusal, type Range } from '../flags.ts';

const text = { type: 'string' } as const;
/** As `parseArgs` takes them. */
export const SETUP_OPTIONS = {
  membership: text,
  'restart-after': text,
  'handler-ms': text,
  'commit-ms': text,
  'drain-ms': text,
} as const;
type SetupFlag = keyof typeof SETUP_OPTIONS;
type SetupValues = Readonly<Partial<Record<SetupFlag, string>>>;
const SETUP_FLAGS = Object.keys(SETUP_OPTIONS) as readonly SetupFlag[];

const RESTARTING: readonly unknown[] = ['roll', 'crash'];
const SECOND_MS = 1_000;

const ms = (min: number, max: number): Range => ({ min, max, whole: true });
const RANGES = {
  'restart-after': { min: 0, max: 3_600, whole: false },
  'handler-ms': ms(0, 60_000),
  'commit-ms': ms(100, 60_000),
  'drain-ms': ms(0, 600_000),
} as const satisfies Record<string, Range>;

/** Where faults are drawn, so is what the clients are like. */
export const areDrawn = (
  faults: WorkloadName | readonly FaultName[],
): faults is 'swarm' | readonly FaultName[] => faults === 'swarm' || typeof faults !== 'string';

/**
 * @returns what was given, and nothing else
 * @throws Refusal
 */
export function setupOf(
  values: SetupValues,
  faults: WorkloadName | readonly FaultName[],
): ClientSetup {
  for (const flag of SETUP_FLAGS) {
    if (values[flag] !== undefined && areDrawn(faults)) {
      throw new Refusal(`--${flag} says nothing where faults are drawn, as --faults has them here`);
    }
  }
  if (values['restart-after'] !== undefined && !RESTARTING.includes(faults)) {
    throw new Refusal('--restart-after goes with --faults roll and --faults crash alone');
  }
  const number = (flag: keyof typeof RANGES): number =>
    numberOf(flag, values[flag], 0, RANGES[flag]);
  const { membership } = values;
  return {
    ...(membership === undefined
      ? {}
      : { membership: nameOf('membership', membership, 'dynamic', MEMBERSHIPS) }),
    ...(values['restart-after'] === undefined
      ? {}
      : { restartAfterMs: Math.round(number('restart-after') * SECOND_MS) }),
    ...(values['handler-ms'] === undefined ? {} : { handlerMs: number('handler-ms') }),
    ...(values['commit-ms'] === undefined ? {} : { commitIntervalMs: number('commit-ms') }),
    ...(values['drain-ms'] === undefined ? {} : { drainTimeoutMs: number('drain-ms') }),
  };
}

/** As the flags take it. */
export function setupFlags(setup: ClientSetup): readonly string[] {
  const { membership, restartAfterMs, handlerMs, commitIntervalMs, drainTimeoutMs } = setup;
  const values: SetupValues = {
    ...(membership === undefined ? {} : { membership }),
    ...(restartAfterMs === undefined
      ? {}
      : { 'restart-after': String(restartAfterMs / SECOND_MS) }),
    ...(handlerMs === undefined ? {} : { 'handler-ms': String(handlerMs) }),
    ...(commitIntervalMs === undefined ? {} : { 'commit-ms': String(commitIntervalMs) }),
    ...(drainTimeoutMs === undefined ? {} : { 'drain-ms': String(drainTimeoutMs) }),
  };
  return SETUP_FLAGS.flatMap((flag) => {
    const value = values[flag];
    return value === undefined ? [] : [`--${flag} ${value}`];
  });
}
