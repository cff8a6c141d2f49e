import type { JSX } from 'preact';
import type { GroupView, MemberView } from '../../model/view.ts';
import { Panel } from '../frame/panel.tsx';
import { source, view } from '../state/shown.ts';
import { age, duration, UNKNOWN } from '../text/durations.ts';
import { byName, count, rate, shortened } from '../text/numbers.ts';
import { ActButton } from '../sources/act-button.tsx';
import { Heartbeat } from './heartbeat.tsx';
import { MemberName } from './chip.tsx';

/** A figure younger than this needs no age beside it: it is as good as now. */
const FRESH_MS = 3_000;

function Generation(properties: {
  readonly member: MemberView;
  readonly newest: number | null;
}): JSX.Element {
  const { member, newest } = properties;
  if (member.generation === null) return <span class="dim">{UNKNOWN}</span>;
  if (newest === null || member.generation === newest || member.state === 'gone') {
    return <>{member.generation}</>;
  }
  return (
    <span class="warn" title={`works on ${member.generation}, the newest is ${newest}`}>
      {member.generation} → {newest}
    </span>
  );
}

/** What the table says, and what is known besides of its process. */
function Standing({ member }: { readonly member: MemberView }): JSX.Element {
  const { state, life } = member;
  const besides = life === 'paused' || (life === 'ended' && state !== 'gone') ? life : null;
  return (
    <span class={`standing standing-${besides === null ? state : 'besides'}`}>
      {state === 'unknown' ? UNKNOWN : state}
      {besides === null ? null : (
        <span class="badge badge-bad">{besides === 'paused' ? 'stands still' : 'has ended'}</span>
      )}
    </span>
  );
}

function Shards({ member }: { readonly member: MemberView }): JSX.Element {
  const { ownedShards: owned, plannedShards: planned } = member;
  if (owned === null || planned === null || owned === planned) return <>{count(owned)}</>;
  return (
    <span title={`owns ${owned}, shall own ${planned}`}>
      {count(owned)} <span class="warn">→ {count(planned)}</span>
    </span>
  );
}

/** A paused client goes on when it is told to, or by itself: then the button says so. */
function Pause({ member }: { readonly member: MemberView }): JSX.Element {
  const { clientId, life } = member;
  const isPaused = life === 'paused';
  const pauseMs = source.value?.pauseMs ?? null;
  const title =
    pauseMs === null
      ? 'Its process stands still until it is told to go on'
      : `Its process stands still for ${duration(pauseMs)} of the group's time, then it goes on by itself`;
  const word = isPaused && pauseMs === null ? 'go on' : 'pause';
  return (
    <ActButton
      action={{ kind: 'pause', clientId }}
      title={title}
      disabled={isPaused && pauseMs !== null}
    >
      {pauseMs === null ? word : `${word} ${duration(pauseMs)}`}
    </ActButton>
  );
}

function MemberActions({ member }: { readonly member: MemberView }): JSX.Element {
  const { clientId } = member;
  return (
    <>
      <ActButton action={{ kind: 'stop', clientId }} title="Closes the client, in peace">
        stop
      </ActButton>
      <Pause member={member} />
      <ActButton action={{ kind: 'kill', clientId }} title="Its process ends at once">
        kill
      </ActButton>
    </>
  );
}

function Row({
  member,
  group,
}: {
  readonly member: MemberView;
  readonly group: GroupView;
}): JSX.Element {
  const { atMs } = group;
  const { recordsPerSecond: speed, lastError } = member;
  return (
    <tr class={member.state === 'gone' ? 'is-gone' : ''}>
      <th scope="row">
        <MemberName clientId={member.clientId} longest={20} />
        {member.isLeader ? <span class="badge">leader</span> : null}
      </th>
      <td data-name="State">
        <Standing member={member} />
      </td>
      <td data-name="Heartbeat">
        <Heartbeat member={member} atMs={atMs} />
      </td>
      <td class="num" data-name="Generation">
        <Generation member={member} newest={group.generation?.number ?? null} />
      </td>
      <td class="num" data-name="Shards">
        <Shards member={member} />
      </td>
      <td class="num" data-name="Records/s">
        {rate(speed?.value ?? null)}
        {speed !== null && atMs - speed.atMs > FRESH_MS ? (
          <small class="dim"> {age(atMs - speed.atMs)}</small>
        ) : null}
      </td>
      <td class={lastError === null ? 'last-error is-empty' : 'last-error'} data-name="Last error">
        {lastError === null ? (
          <span class="dim">{UNKNOWN}</span>
        ) : (
          <span title={lastError.text}>
            {shortened(lastError.text, 48)} <small class="dim">{age(atMs - lastError.atMs)}</small>
          </span>
        )}
      </td>
      <td class="member-actions">
        {member.state === 'gone' ? null : <MemberActions member={member} />}
      </td>
    </tr>
  );
}

/** Those that are gone stand last. */
const inOrder = (members: readonly MemberView[]): readonly MemberView[] =>
  members.toSorted(
    (a, b) =>
      Number(a.state === 'gone') - Number(b.state === 'gone') || byName(a.clientId, b.clientId),
  );

/** Who is in the group, and how each stands. */
export function MembersPanel(): JSX.Element | null {
  const group = view.value;
  if (group === null) return null;
  return (
    <Panel
      title="Members"
      note={
        group.tableKnown
          ? 'heartbeats count down to expulsion'
          : 'those of this process: the state table is not read'
      }
      tools={
        <ActButton action={{ kind: 'add' }} title="One more client joins">
          + client
        </ActButton>
      }
    >
      {group.members.length === 0 ? (
        <p class="empty">No member is known yet.</p>
      ) : (
        <div class="scroll">
          <table class="members">
            <thead>
              <tr>
                <th scope="col">Client</th>
                <th scope="col">State</th>
                <th scope="col">Heartbeat</th>
                <th scope="col" class="num">
                  Generation
                </th>
                <th scope="col" class="num">
                  Shards
                </th>
                <th scope="col" class="num">
                  Records/s
                </th>
                <th scope="col">Last error</th>
                <th />
              </tr>
            </thead>
            <tbody>
              {inOrder(group.members).map((member) => (
                <Row key={member.clientId} member={member} group={group} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}
