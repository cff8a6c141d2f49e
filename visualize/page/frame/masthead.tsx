import type { ComponentChildren, JSX } from 'preact';
import type { GroupView, Measured } from '../../model/view.ts';
import { isLive, source, view } from '../state/shown.ts';
import { theme, toggleTheme } from '../state/theme.ts';
import { age, duration, moment, UNKNOWN, wallTime } from '../text/durations.ts';
import { count, plural, rate, shortened } from '../text/numbers.ts';
import { standingOf } from '../strip/layout.ts';
import { BackToFeed, OpenTrace, Simulate } from '../sources/ways-in.tsx';

const SOURCES = { process: 'this process', table: 'state table', simulation: 'simulation' };

/** A feed that lives tells something more often than that. */
const QUIET_MS = 15_000;

/** How old a figure is; nothing where there is no figure. */
const ageOf = (measured: Measured | null, nowMs: number): string =>
  measured === null ? 'not known' : age(nowMs - measured.atMs);

function Figure(properties: {
  readonly name: string;
  readonly value: string;
  readonly unit?: string;
  readonly tone?: 'bad' | 'warn' | undefined;
  readonly children: ComponentChildren;
}): JSX.Element {
  const { name, value, unit, tone, children } = properties;
  return (
    <div class={`figure ${tone ?? ''}`}>
      <dt>{name}</dt>
      <dd>
        <b>{value}</b>
        {unit === undefined || value === UNKNOWN ? null : <span class="unit"> {unit}</span>}
        <small>{children}</small>
      </dd>
    </div>
  );
}

function draining(ms: number | null): { readonly value: string; readonly note: string } {
  if (ms === null) return { value: UNKNOWN, note: 'not known' };
  if (ms === Infinity) return { value: 'never', note: 'the lag grows' };
  if (ms < 1_000) return { value: '< 1 s', note: 'at the present rates' };
  return { value: duration(ms), note: 'at the present rates' };
}

function Figures({ group }: { readonly group: GroupView }): JSX.Element {
  const { atMs, generation, memberCounts: members, streams } = group;
  const shardsKnown = group.tableKnown && streams.length > 0;
  const open = streams.flatMap((stream) => stream.shards.filter(({ state }) => state === 'active'));
  const unread = open.filter((shard) => standingOf(shard) === 'gap').length;
  const drain = draining(group.drainedInMs);
  const leader = generation?.leader ?? null;
  return (
    <dl class="figures">
      <Figure name="Generation" value={generation === null ? UNKNOWN : count(generation.number)}>
        {generation === null ? 'not known' : age(atMs - generation.publishedAtMs)}
      </Figure>
      <Figure name="Leader" value={leader === null ? UNKNOWN : shortened(leader, 18)}>
        {leader === null ? 'not known' : 'by the newest head'}
      </Figure>
      <Figure name="Members" value={count(members?.standing ?? null)}>
        {members === null
          ? 'not known'
          : members.leaving === 0
            ? 'none leaving'
            : plural(members.leaving, 'leaves', 'leave')}
      </Figure>
      <Figure
        name="Shards"
        value={shardsKnown ? count(open.length) : UNKNOWN}
        tone={shardsKnown && unread > 0 ? 'bad' : undefined}
      >
        {!shardsKnown
          ? 'not known'
          : unread === 0
            ? plural(streams.length, 'stream')
            : `${unread} without a reader`}
      </Figure>
      <Figure name="Behind" value={duration(group.behindMs?.value ?? null)}>
        {ageOf(group.behindMs, atMs)}
      </Figure>
      <Figure name="Backlog" value={count(group.backlogRecords?.value ?? null)} unit="records">
        {ageOf(group.backlogRecords, atMs)}
      </Figure>
      <Figure
        name="Drained in"
        value={drain.value}
        tone={group.drainedInMs === Infinity ? 'warn' : undefined}
      >
        {drain.note}
      </Figure>
      <Figure name="Read" value={rate(group.recordsPerSecond?.value ?? null)} unit="records/s">
        {ageOf(group.recordsPerSecond, atMs)}
      </Figure>
    </dl>
  );
}

/** Whether what is shown is now, a moment of the past, or all that there will ever be. */
function Freshness(): JSX.Element | null {
  const from = source.value;
  const group = view.value;
  if (from === null) return null;
  const connection = from.connection();
  if (connection.kind === 'lost') {
    return (
      <span class="state state-lost">
        connection lost since {wallTime(connection.sinceEpochMs)}
      </span>
    );
  }
  if (connection.kind === 'failed') {
    return <span class="state state-lost">ended by an error: {connection.message}</span>;
  }
  if (connection.kind === 'opening') return <span class="state">connecting…</span>;
  if (!isLive.value && group !== null) {
    return <span class="state state-past">{moment(group.atMs, group.epochMs)}</span>;
  }
  if (connection.kind === 'complete') return <span class="state">end of the trace</span>;
  const silentMs = group === null ? 0 : group.atMs - (group.heardAtMs ?? 0);
  if (silentMs > QUIET_MS) {
    return <span class="state">nothing heard for {duration(silentMs)}</span>;
  }
  return <span class="state state-live">live</span>;
}

/** What is looked at, how fresh it is, and its figures. */
export function Masthead(): JSX.Element {
  const group = view.value;
  const from = source.value;
  return (
    <header class="masthead">
      <div class="masthead-line">
        <svg class="mark" viewBox="0 0 16 12" aria-hidden="true">
          <rect class="mark-a" x="0" y="0" width="7" height="7" />
          <rect class="mark-b" x="8" y="0" width="3" height="7" />
          <rect class="mark-c" x="12" y="0" width="4" height="7" />
          <rect class="mark-a mark-ghost" x="0" y="9" width="9" height="2" />
          <rect class="mark-c mark-ghost" x="10" y="9" width="6" height="2" />
        </svg>
        <h1>{group === null ? 'kinesumer' : group.app}</h1>
        {group === null ? null : (
          <span class="origin">
            {SOURCES[group.source]}
            {from?.kind === 'file' ? ` · ${shortened(from.name, 28)}` : null}
          </span>
        )}
        <Freshness />
        {group === null || group.violations.length === 0 ? null : (
          <span class="state state-lost">
            {plural(group.violations.length, 'broken invariant')}
          </span>
        )}
        <div class="masthead-tools">
          <BackToFeed />
          <OpenTrace />
          <Simulate />
          <button
            type="button"
            class="quiet"
            onClick={toggleTheme}
            aria-label={theme.value === 'dark' ? 'Light page' : 'Dark page'}
          >
            {theme.value === 'dark' ? '☀' : '☾'}
          </button>
        </div>
      </div>
      {group === null ? null : <Figures group={group} />}
    </header>
  );
}
