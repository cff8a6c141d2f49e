import type { GroupAction } from '../../worker/messages.ts';
import type { Past } from '../state/past.ts';

export type { GroupAction };

/** How a source stands; `sinceEpochMs` is wall time of this host. */
export type Connection =
  | { readonly kind: 'opening' }
  | { readonly kind: 'open' }
  | { readonly kind: 'lost'; readonly sinceEpochMs: number }
  | { readonly kind: 'complete' }
  | { readonly kind: 'failed'; readonly message: string };

/** Something that a group can be looked at through. */
export interface Source {
  readonly kind: 'feed' | 'file' | 'simulation';
  /** What it is called to a human: a file's name. */
  readonly name: string;
  /** A signal, or what reads one: pages that show it follow it. */
  connection(): Connection;
  /** Whether time goes on by itself. */
  moves(): boolean;
  range(): { readonly fromMs: number; readonly toMs: number };
  /** All that came so far; null: nothing has. */
  whole(): Past | null;
  /** What was known at a moment, until it is asked for another. */
  lookAt(atMs: number): Past | null;
  /** What may be done to the group. */
  readonly actions: readonly GroupAction['kind'][];
  /** After which a paused client goes on by itself, in the time of the group; null: when it is told to. */
  readonly pauseMs: number | null;
  act(action: GroupAction): void;
  close(): void;
}
