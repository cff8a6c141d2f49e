import type { ActorEvent, StateEvent, Unplaced } from '../../feed/events.ts';

/** The state of an actor, without who it is and when. */
export type ActorState = Omit<StateEvent, 'kind' | 'process' | 'actorId' | 'atMs' | 'order'>;

/** An actor that lives, or has just ended. */
export interface LiveActor {
  readonly event: ActorEvent;
  /** Its newest state. */
  readonly read: () => ActorState;
  /** Takes a state that was published from elsewhere. */
  readonly replace: (state: Unplaced<StateEvent>) => void;
}
