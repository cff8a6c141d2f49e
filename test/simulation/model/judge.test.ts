import { describe, expect, it } from 'vitest';
import type { Fault } from '../../../src/simulation/model/explorer.ts';
import {
  faultsOfClientWrite,
  faultsOfOpening,
  faultsOfShardWrite,
  faultsOfStart,
  faultsOfState,
} from '../../../src/simulation/model/ownership/judge.ts';
import { PLAIN } from '../../../src/simulation/model/ownership/scene.ts';
import {
  firstState,
  type Client,
  type Flight,
  type Hold,
  type Shard,
  type State,
} from '../../../src/simulation/model/ownership/state.ts';
import { Table } from '../../../src/simulation/model/ownership/table.ts';
import { sessionCode } from '../../../src/simulation/model/sessions.ts';

const RECORDS = 2;
const table = new Table(RECORDS, (write) => write);
const [MINE, THEIRS] = [sessionCode(0, 1), sessionCode(1, 1)];
/** Not started, after record 1, after record 2, the end. */
const [START, FIRST, SECOND, END] = [1, 2, 3, table.end];

const active = { phase: 'active', standing: 1, beaten: 1, nonce: 1 } as const;
interface Given {
  readonly shard?: Partial<Shard>;
  readonly hold?: Partial<Hold>;
  readonly other?: Partial<Client>;
}
/** The first client owns the shard under fence 2, at record 1, and reads it. */
function stateWith({ shard, hold, other }: Given = {}): State {
  const state = firstState(2, 1, 0);
  const [mine, theirs] = state.clients;
  const [item] = state.shards;
  if (mine === undefined || theirs === undefined || item === undefined) throw new Error();
  Object.assign(mine, active);
  Object.assign(theirs, active, other);
  Object.assign(item, { owner: MINE, fence: 2, position: FIRST, delivered: SECOND }, shard);
  Object.assign(mine.holds[0] ?? {}, { mode: 'reading', fence: 2, done: FIRST }, hold);
  return state;
}
const idsOf = (faults: readonly Fault[]): string[] => faults.map(({ invariant }) => invariant);

describe('the judges of the model', () => {
  const written = (state: State, flight: Partial<Flight>, after: Partial<Shard>): string[] =>
    idsOf(
      faultsOfShardWrite(
        state,
        table,
        { ...PLAIN, kind: 'commit', session: MINE, fence: 2, ...flight },
        { owner: MINE, fence: 2, position: SECOND, ...after },
      ),
    );
  const taken = { kind: 'acquire', session: THEIRS, fence: 3 } as const;
  const theirs = { owner: THEIRS, fence: 3, position: FIRST };

  it('find nothing in what is sound', () => {
    const dead = stateWith();
    Object.assign(dead.clients[0] ?? {}, { standing: 0 });
    expect(written(stateWith(), {}, {})).toEqual([]);
    expect(written(dead, taken, theirs)).toEqual([]);
    expect(faultsOfState(stateWith())).toEqual([]);
    expect(faultsOfClientWrite(stateWith(), 0, { standing: 2, beaten: 0 })).toEqual([]);
    const idle = stateWith({ hold: { mode: 'none' } });
    expect(faultsOfOpening(idle, 0, 0, 2)).toEqual([]);
    expect(faultsOfStart(FIRST, theirs)).toEqual([]);
  });

  it('find writes to a shard that are not', () => {
    expect(written(stateWith(), {}, { fence: 3 })).toEqual(['S1']);
    expect(written(stateWith(), { ...taken, session: MINE }, { ...theirs, fence: 2 })).toEqual([
      'S1',
    ]);
    expect(written(stateWith({ shard: { position: SECOND } }), {}, { position: FIRST })).toEqual([
      'S2',
    ]);
    expect(written(stateWith(), { session: THEIRS }, {})).toEqual(['S3']);
    expect(written(stateWith(), { fence: 1 }, {})).toEqual(['S3']);
    expect(written(stateWith(), taken, theirs)).toEqual(['S4']);
    expect(written(stateWith({ shard: { position: END } }), {}, { position: END })).toEqual(['S9']);
    expect(written(stateWith({ shard: { delivered: FIRST } }), {}, {})).toEqual(['D1']);
    expect(written(stateWith({ shard: { delivered: FIRST } }), {}, { position: END })).toEqual([
      'D1',
    ]);
  });

  it('find a session that stands again', () => {
    const state = stateWith();
    Object.assign(state.clients[0] ?? {}, { standing: 0, gone: 1 << 1 });
    expect(idsOf(faultsOfClientWrite(state, 0, { standing: 1, beaten: 1 }))).toEqual(['S5']);
    // a registration that was carried out twice is no session, until a heartbeat of it is
    expect(faultsOfClientWrite(state, 0, { standing: 1, beaten: 0 })).toEqual([]);
    Object.assign(state.clients[0] ?? {}, { standing: 1, beaten: 0 });
    expect(idsOf(faultsOfClientWrite(state, 0, { standing: 1, beaten: 1 }))).toEqual(['S5']);
  });

  it('find readers that should not be opened, or not there', () => {
    const idle = { mode: 'none' } as const;
    expect(idsOf(faultsOfOpening(stateWith(), 0, 0, 2))).toEqual(['D9']);
    const again = stateWith({ hold: idle, shard: { opened: 1 } });
    expect(idsOf(faultsOfOpening(again, 0, 0, 2))).toEqual(['D2']);
    const seen = stateWith({ hold: { ...idle, seen: 2 } });
    expect(idsOf(faultsOfOpening(seen, 0, 0, 2))).toEqual(['S1']);
    expect(idsOf(faultsOfStart(START, theirs))).toEqual(['D3']);
  });

  it('find what a session that stands holds and does not own, or owns and does not know', () => {
    expect(idsOf(faultsOfState(stateWith({ shard: { owner: 0 } })))).toEqual(['D6']);
    expect(idsOf(faultsOfState(stateWith({ shard: theirs })))).toEqual(['D6', 'D1']);
    expect(idsOf(faultsOfState(stateWith({ hold: { mode: 'none' } })))).toEqual(['D1']);
    expect(faultsOfState(stateWith({ hold: { mode: 'none', doubt: 2 } }))).toEqual([]);
    expect(faultsOfState(stateWith({ hold: { mode: 'acquiring' } }))).toEqual([]);
  });
});
