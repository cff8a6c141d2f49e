/** What scenes are made of: little groups, and scripts in seconds. */
import type { Write } from '../../../src/machines/ports.ts';
import type { Host, Scenario, Step } from '../../../src/simulation/scenario.ts';
import { scenario } from '../host.ts';
import { breaking, nth, type Manner, type Request } from './breaking.ts';

/** A little group to which something rare happens. */
export interface Scene {
  readonly scenario: Scenario;
  readonly host?: Pick<Host, 'wrapStore' | 'wrapStream'>;
}
export type Scenes = Readonly<Record<string, () => Scene>>;

type Act = Step['action'];
export type Script = readonly (readonly [second: number, action: Act])[];
const steps = (script: Script): Step[] =>
  script.map(([second, action]) => ({ atMs: second * 1_000, action }));

export const scene = (script: Script, overrides: Partial<Scenario> = {}): Scene => ({
  scenario: scenario({
    shards: 2,
    quietAtMs: 20_000,
    quietMs: 1_000,
    ...overrides,
    script: steps(script),
  }),
});
export const join = (slot: number): Act => ({ kind: 'join', slot });

/** A client, alone, one of whose requests comes to a bad end. */
export const broken = (
  manner: Manner,
  pick: (request: Request) => boolean,
  [from, times]: readonly [number, number] = [1, 1],
  script: Script = [],
  overrides: Partial<Scenario> = {},
): Scene => ({
  ...scene([[0, join(0)], ...script], { quietAtMs: 15_000, ...overrides }),
  host: breaking(manner, nth(pick, from, times)),
});

export const MINUTE = 60;
export const DAY = 24 * 60 * MINUTE;

export const slowStore = (ms: number, forS: number): Act => ({
  kind: 'spell',
  forMs: forS * 1_000,
  store: { requestMs: { minMs: ms, maxMs: ms } },
});

export const to =
  (what: Request['to']) =>
  (request: Request): boolean =>
    request.to === what;

export const isFarewell = (write: Write): boolean =>
  write.kind === 'delete' && write.key.pk.startsWith('client#');
export const leave = (slot: number): Act => ({ kind: 'leave', slot });
export const close = (
  slot: number,
  options: Extract<Act, { kind: 'close' }>['options'] = {},
): Act => ({ kind: 'close', slot, options });
export const handler = (
  slot: number,
  manner: 'slow' | 'stuck' | 'throwing',
  forS: number,
): Act => ({ kind: 'handler', slot, manner, forMs: forS * 1_000 });
export const pause = (slot: number): Act => ({ kind: 'pauseReading', slot });
export const resume = (slot: number): Act => ({ kind: 'resumeReading', slot });
export const cut = (slot: number, forS: number): Act => ({
  kind: 'cut',
  slot,
  forMs: forS * 1_000,
});
export const freeze = (slot: number, forS: number): Act => ({
  kind: 'pause',
  slot,
  forMs: forS * 1_000,
});
export const slowStream = (ms: number, forS: number): Act => ({
  kind: 'spell',
  forMs: forS * 1_000,
  stream: { requestMs: { minMs: ms, maxMs: ms } },
});
export const put = (records: number): Act => ({ kind: 'put', records });

/** Paused, resumed, paused … */
export const turns = (fromS: number, everyS: number, times: number): Script =>
  Array.from({ length: times }, (_, turn) => [
    fromS + turn * everyS,
    turn % 2 === 0 ? pause(0) : resume(0),
  ]);
