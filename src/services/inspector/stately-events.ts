/**
 * XState's inspection events in the protocol of @statelyai/inspect, so that its tools can show what runs here: the
 * events that its own `createInspector` makes, but for what could be record data.
 */
import type { ActorShape, Inspected } from './actor-feed.ts';

/** The version of the protocol: that of the package. */
const PROTOCOL_VERSION = '0.7.2';
/** Objects within objects that it shows. */
const DEPTH = 10;

export interface StatelyEvent {
  readonly type: '@xstate.actor' | '@xstate.event' | '@xstate.snapshot';
  readonly _version: string;
  /** ms since the Unix epoch, in decimal. */
  readonly createdAt: string;
  readonly id: null;
  readonly rootId: string | undefined;
  readonly sessionId: string;
  readonly event?: unknown;
  readonly snapshot?: unknown;
  readonly name?: string;
  readonly parentId?: string | undefined;
  readonly definition?: string;
  readonly sourceId?: string | undefined;
}

/** @returns null: it has no word for this event */
export function statelyEventOf(inspected: Inspected, wallMs: number): StatelyEvent | null {
  const actor = inspected.actorRef as ActorShape;
  const common = {
    _version: PROTOCOL_VERSION,
    createdAt: String(wallMs),
    id: null,
    rootId: inspected.rootId,
    sessionId: actor.sessionId,
  } as const;
  switch (inspected.type) {
    case '@xstate.actor':
      return { type: '@xstate.actor', ...common, ...registrationOf(actor) };
    case '@xstate.event': {
      const source = inspected.sourceRef as ActorShape | undefined;
      const told = { event: protocolJson(inspected.event), sourceId: source?.sessionId };
      return { type: '@xstate.event', ...common, ...told };
    }
    case '@xstate.snapshot': {
      const snapshot = protocolJson(inspected.snapshot);
      return {
        type: '@xstate.snapshot',
        ...common,
        event: protocolJson(inspected.event),
        snapshot,
      };
    }
    default:
      return null;
  }
}

function registrationOf(actor: ActorShape): Partial<StatelyEvent> {
  const { logic } = actor;
  const config: unknown =
    typeof logic === 'object' && logic !== null ? Reflect.get(logic, 'config') : undefined;
  const isMachine = typeof config === 'object' && config !== null;
  const ownName =
    isMachine && actor.id === actor.sessionId ? String(Reflect.get(config, 'id')) : actor.id;
  return {
    name: ownName,
    parentId: actor._parent?.sessionId,
    definition: JSON.stringify(protocolJson(isMachine ? config : { id: ownName })),
    snapshot: protocolJson(actor.getSnapshot()),
  };
}

/**
 * As JSON has it, with what the protocol makes of the rest: keys are sorted, functions are told by their name, circles
 * and what is too deep by their kind. Bytes, and what somebody else's code threw, are not opened.
 */
export const protocolJson = (value: unknown): unknown => copied(value, '', []);

function copied(given: unknown, key: string, within: readonly object[]): unknown {
  const own = ownJson(given, key);
  const value = typeof own === 'function' ? { type: own.name } : own;
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value === 'symbol') return undefined;
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return `<${value.byteLength} bytes>`;
  if (value instanceof Error && value.name !== 'KinesumerError') return { name: value.name };
  if (within.includes(value)) return '[Circular]';
  if (Array.isArray(value)) {
    if (value.length > 0 && within.length >= DEPTH) return '[Array]';
    return value.map((each, index) => copied(each, String(index), [...within, value]) ?? null);
  }
  const keys = Object.keys(value).sort();
  if (keys.length > 0 && within.length >= DEPTH) return '[Object]';
  const entries = keys.flatMap((name) => {
    const copy = copied(Reflect.get(value, name), name, [...within, value]);
    return copy === undefined ? [] : [[name, copy] as const];
  });
  return Object.fromEntries(entries);
}

function ownJson(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !('toJSON' in value)) return value;
  const { toJSON } = value;
  return typeof toJSON === 'function' ? (toJSON.call(value, key) as unknown) : value;
}
