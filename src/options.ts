/** Option types, one object of defaults, and the parsers that turn what a user wrote into a frozen config. */
export {
  PROFILES,
  SECOND,
  type AssignorName,
  type Config,
  type ProfileName,
  type StartMode,
  type Timings,
} from './options/config.ts';
export { DEFAULTS, RANGES } from './options/defaults.ts';
export {
  parseInspectorOptions,
  parseInspectTableOptions,
  type InspectOptions,
  type InspectTableOptions,
  type InspectorActions,
  type InspectorOptions,
  type ParsedInspectorOptions,
} from './options/inspect-options.ts';
export { parseStreams } from './options/names.ts';
export {
  parseOptions,
  type AwsOptions,
  type DecodingOptions,
  type ParsedOptions,
} from './options/parse.ts';
export {
  parseCloseOptions,
  parseConsumeOptions,
  parseRunOptions,
  type ParsedCloseOptions,
  type ParsedConsumeOptions,
  type ParsedHandler,
  type ParsedRunOptions,
} from './options/parse-calls.ts';
export {
  commitTimeoutWithinInterval,
  heartbeatTwicePerTtl,
  heartbeatWithinSelfFence,
  pollTwicePerTtl,
  selfFenceBelowTtl,
  toleranceOnlyWhenSticky,
} from './options/relations.ts';
export type {
  CloseOptions,
  CommitOptions,
  ConsumeOptions,
  DecodeErrorChoice,
  InspectorLike,
  KinesumerOptions,
  OptionParts,
  RunOptions,
  SchemaOutcome,
  StartOption,
  TableOptions,
  ValueSchema,
} from './options/user-options.ts';
