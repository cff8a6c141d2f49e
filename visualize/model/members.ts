/** Who is in the group, by the table and by what processes tell. */
import type { FeedEvent } from '../../src/feed/events.ts';
import { clientIdOf } from '../../src/feed/reading.ts';
import type { MemberView } from './view.ts';

type Of<Kind extends FeedEvent['kind']> = Extract<FeedEvent, { kind: Kind }>;

/** What is known of a client id. Never changed, only replaced. */
export interface Member {
  readonly clientId: string;
  /** null: none stands. */
  readonly session: string | null;
  readonly sessionSinceMs: number | null;
  readonly state: MemberView['state'];
  readonly rv: number | null;
  readonly ttlMs: number | null;
  readonly heartbeatAtMs: number | null;
  readonly goneAtMs: number | null;
  readonly colour: number;
  /** Of its session, or the newest one of its client id. */
  readonly process: string | null;
  readonly generation: number | null;
  readonly lastError: MemberView['lastError'];
}

/** For how long one that is gone is shown, where nothing names it any more. */
const REMEMBERED_MS = 60_000;

export class Members {
  #byId: Map<string, Member>;

  constructor(byId: ReadonlyMap<string, Member> = new Map()) {
    this.#byId = new Map(byId);
  }

  clone(): Members {
    return new Members(this.#byId);
  }

  get(clientId: string): Member | undefined {
    return this.#byId.get(clientId);
  }

  all(): IterableIterator<Member> {
    return this.#byId.values();
  }

  get size(): number {
    return this.#byId.size;
  }

  /** Whether a session stands; null: nothing is known of its client id. */
  stands(session: string): boolean | null {
    const member = this.#byId.get(clientIdOf(session));
    if (member === undefined || member.state === 'unknown') return null;
    return member.session === session;
  }

  /** A client id that something names. */
  mention(clientId: string): Member {
    const known = this.#byId.get(clientId);
    if (known !== undefined) return known;
    const member = blank(clientId, this.#freeColour());
    this.#byId.set(clientId, member);
    return member;
  }

  change(clientId: string, change: Partial<Member>): Member {
    const member = { ...this.mention(clientId), ...change };
    this.#byId.set(clientId, member);
    return member;
  }

  /** The table's word on a client. */
  apply({ clientId, session, state, rv, ttlMs, by, atMs }: Of<'member'>): void {
    const before = this.mention(clientId);
    if (state === 'gone') {
      this.change(clientId, { session: null, state, rv: null, goneAtMs: atMs });
      return;
    }
    const isNew = session !== before.session;
    const moved = isNew || rv !== before.rv;
    this.change(clientId, {
      session,
      state,
      rv,
      ttlMs: ttlMs ?? before.ttlMs,
      heartbeatAtMs: moved ? atMs : before.heartbeatAtMs,
      goneAtMs: null,
      // a new session works on nothing yet
      ...(isNew ? { sessionSinceMs: atMs, process: by, generation: null } : {}),
    });
  }

  /** All is told anew: what stays is how they are drawn. */
  unknow(): void {
    for (const { clientId, colour } of this.#byId.values()) {
      this.#byId.set(clientId, blank(clientId, colour));
    }
  }

  /** Forgets those that have been gone for long and that nothing names. */
  tidy(nowMs: number, isNamed: (clientId: string) => boolean): void {
    for (const { clientId, state, goneAtMs } of this.#byId.values()) {
      const gone =
        state === 'unknown' ||
        (state === 'gone' && goneAtMs !== null && nowMs - goneAtMs > REMEMBERED_MS);
      if (gone && !isNamed(clientId)) this.#byId.delete(clientId);
    }
  }

  #freeColour(): number {
    const taken = new Set(Array.from(this.#byId.values(), (member) => member.colour));
    let colour = 0;
    while (taken.has(colour)) colour += 1;
    return colour;
  }
}

/** Nothing is known of it but its name. */
const blank = (clientId: string, colour: number): Member => ({
  clientId,
  session: null,
  sessionSinceMs: null,
  state: 'unknown',
  rv: null,
  ttlMs: null,
  heartbeatAtMs: null,
  goneAtMs: null,
  colour,
  process: null,
  generation: null,
  lastError: null,
});
