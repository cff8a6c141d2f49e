/**
 * Groups of clients in virtual time: the library itself, run in many simulated processes of one deterministic world,
 * under faults, and judged by the invariants of SPEC.md. Runs wherever JavaScript does.
 *
 * @example
 * const hop = () => new Promise<void>((resolve) => setImmediate(resolve));
 * const evidence = await play(swarm(7), { hop });
 * for (const { invariant, message } of violationsOf(evidence)) console.log(invariant, message);
 *
 * @packageDocumentation
 */
export { play, type Host, type Scenario } from './scenario.ts';
export { parseScenario } from './reading/scenario.ts';
export type { Action, Erased, HandlerManner, Member, Service, Step } from './action.ts';
export type { Climate, Weather } from './weather.ts';
export { MEMBERSHIPS, type ClientSetup, type Membership } from './client-setup.ts';
export type { KinesisSetting } from './cluster.ts';
export { PROTOCOLS, type Protocol } from './peer.ts';
export { LiveGroup, type LiveOptions, type LiveProcess } from './live.ts';
export { swarm, SWARM_FAULTS, type FaultName, type SwarmOptions } from './swarm.ts';
export { workload, WORKLOADS, type WorkloadName, type WorkloadOptions } from './workloads.ts';
export { shrink, scriptText, type Shrunk, type ShrinkOptions } from './shrink.ts';
export { scenarioText } from './scenario-text.ts';
export { violationsOf } from './checkers/all.ts';
export { violationsOfGo } from './go/judge.ts';
export { mishapsOf, type Mishaps, type Overlap, type Repetition } from './mishaps.ts';
export type { Violation } from './checkers/evidence.ts';
export { traceOf, type Evidence, type HistoryEvent } from './history.ts';
export { DrawComparer, DrawRecorder, type Draw, type DrawListener } from './draws.ts';
export { gapsOf, type Gap, type GapCause } from './gaps.ts';
export { traceEventsOf, traceLines, type TraceEvent, type TraceHeader } from './trace/lines.ts';
