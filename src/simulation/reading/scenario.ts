/** From JSON that somebody wrote, or that a run printed, to a scenario that can be played. */
import { refuse } from '../../options/fields.ts';
import { ASSIGNORS, DEFAULTS, PROFILE_NAMES, RANGES } from '../../options/defaults.ts';
import { toleranceOnlyWhenSticky } from '../../options/relations.ts';
import type { Member } from '../action.ts';
import { MEMBERSHIPS, type ClientSetup } from '../client-setup.ts';
import type { KinesisSetting } from '../cluster.ts';
import { PROTOCOLS } from '../peer.ts';
import type { Scenario } from '../scenario.ts';
import { shards, slot, step, streamName, wallMs } from './actions.ts';
import { span, weather } from './faults.ts';
import { among, flag, list, maybe, number, object, whole, type Reader } from './shapes.ts';

const MAX_SEED = 4_294_967_295;
const MAX_SKEW_MS = 24 * 3_600_000;
const SHORTEST_MS = 1;
const [LONGEST_MS, HIGHEST_RATE, MAX_READS] = [10 ** 10, 10, 1_000];

const streamNames: Reader<readonly string[]> = (path, value) => {
  const names = list(streamName, 1)(path, value);
  return new Set(names).size === names.length
    ? names
    : refuse(path, 'must name each stream once', value);
};
const atLeastOneMs = number(SHORTEST_MS, LONGEST_MS);

const kinesis = object<KinesisSetting>({
  iteratorLifeMs: maybe(atLeastOneMs),
  limits: maybe(flag),
  retentionMs: maybe(atLeastOneMs),
  otherReadsPerSecond: maybe(number(0, MAX_READS)),
});

const { assignorTolerance, commitIntervalMs, drainTimeoutMs } = RANGES;
const setup = object<ClientSetup>({
  membership: maybe(among(MEMBERSHIPS)),
  restartAfterMs: maybe(span),
  handlerMs: maybe(span),
  commitIntervalMs: maybe(whole(commitIntervalMs.min, commitIntervalMs.max)),
  drainTimeoutMs: maybe(whole(drainTimeoutMs.min, drainTimeoutMs.max)),
});

const planned = object<Member>({
  slot,
  profile: maybe(among(PROFILE_NAMES)),
  streams: maybe(streamNames),
  wallOffsetMs: maybe(wallMs),
  clockRate: maybe(number(1 / HIGHEST_RATE, HIGHEST_RATE)),
  commits: maybe(among(['byItself', 'byHand'] as const)),
  assignor: maybe(among(ASSIGNORS)),
  assignorTolerance: maybe(whole(assignorTolerance.min, assignorTolerance.max)),
});
const member: Reader<Member> = (path, value) => {
  const read = planned(path, value);
  const { assignor = DEFAULTS.assignor } = read;
  const given = read.assignorTolerance ?? DEFAULTS.assignorTolerance;
  return toleranceOnlyWhenSticky({ assignor, assignorTolerance: given })
    ? read
    : refuse(`${path}.assignorTolerance`, `must be 0 where assignor is '${assignor}'`, given);
};

const scenario = object<Scenario>({
  seed: whole(0, MAX_SEED),
  protocol: maybe(among(PROTOCOLS)),
  wallSkewMs: maybe(number(0, MAX_SKEW_MS)),
  streams: maybe(streamNames),
  shards,
  start: among(['TRIM_HORIZON', 'LATEST'] as const),
  weather,
  kinesis: maybe(kinesis),
  setup: maybe(setup),
  members: maybe(list(member)),
  script: list(step),
  quietAtMs: span,
  quietMs: span,
  trickleMs: maybe(atLeastOneMs),
  maxOpenShards: maybe(shards),
});

/**
 * Checks a scenario that was written as JSON. What is left out is as {@link Scenario} says; a field that it does not
 * have is refused.
 *
 * @param path of the scenario in what it was taken from, for messages. @default ''
 * @throws KinesumerError `InvalidOption`, naming the field, its rule and the value
 *
 * @example
 * const scenario = parseScenario(JSON.parse(await readFile('scenario.json', 'utf8')));
 * const evidence = await play(scenario, { hop });
 */
export const parseScenario = (value: unknown, path = ''): Scenario => scenario(path, value);
