import type { JSX } from 'preact';
import type { GroupView, ShardView, Why } from '../../model/view.ts';
import { selectShard } from '../state/shown.ts';
import { plural, readable, shardNumber } from '../text/numbers.ts';

/** What is worst stands first. */
const ORDER: Readonly<Record<Why['kind'], number>> = {
  stopped: 0,
  slow: 1,
  waiting: 2,
  unknown: 3,
  read: 4,
  ended: 5,
};

const TITLES: Readonly<Record<Why['kind'], string>> = {
  stopped: 'Not read',
  slow: 'Slow',
  waiting: 'Waiting',
  unknown: 'Not known',
  read: 'Read',
  ended: 'Ended',
};

/** Rows, and shards in a row, as many as can be read. */
const MOST_ROWS = 40;
const MOST_SHARDS = 24;

/** Shards of a stream that are not read for one reason. */
interface Reason {
  readonly stream: string;
  readonly why: Why;
  readonly shards: readonly ShardView[];
}

function reasonsOf(shards: readonly ShardView[]): readonly Reason[] {
  const reasons = new Map<string, Reason & { readonly shards: ShardView[] }>();
  for (const shard of shards) {
    const { stream, why } = shard;
    const name = JSON.stringify([why.kind, stream, why.sentence]);
    const same = reasons.get(name);
    if (same === undefined) reasons.set(name, { stream, why, shards: [shard] });
    else same.shards.push(shard);
  }
  return [...reasons.values()].sort((a, b) => ORDER[a.why.kind] - ORDER[b.why.kind]);
}

function ReasonRow(properties: {
  readonly reason: Reason;
  readonly showStream: boolean;
}): JSX.Element {
  const { stream, why, shards } = properties.reason;
  return (
    <li class={`reason why-${why.kind}`}>
      <p class="reason-shards">
        <span class="tag">{TITLES[why.kind]}</span>
        {properties.showStream ? <small class="dim">{stream}</small> : null}
        {shards.slice(0, MOST_SHARDS).map((shard) => (
          <button
            type="button"
            class="shard"
            key={shard.shardId}
            title={shard.shardId}
            onClick={() => selectShard(shard)}
          >
            {shardNumber(shard.shardId)}
          </button>
        ))}
        {shards.length > MOST_SHARDS ? (
          <small class="dim">and {shards.length - MOST_SHARDS} more</small>
        ) : null}
      </p>
      <p>{readable(why.sentence)}</p>
      {why.wayOut === null ? null : <p class="way-out">{readable(why.wayOut)}</p>}
    </li>
  );
}

/** The shards that are not simply read, and why. */
export function Attention({ group }: { readonly group: GroupView }): JSX.Element {
  const open = group.streams.flatMap((stream) =>
    stream.shards.filter((shard) => shard.state !== 'ended'),
  );
  const odd = open.filter((shard) => shard.why.kind !== 'read');
  const reasons = reasonsOf(odd);
  return (
    <section class="details" aria-label="What is not read, and why">
      <header class="details-head">
        <h2>Why is it not read?</h2>
      </header>
      {odd.length > 0 ? null : (
        <p class="all-well">
          {open.length === 0
            ? 'No shard is known yet.'
            : `Each of ${plural(open.length, 'shard')} is read by its owner.`}
        </p>
      )}
      <ul>
        {reasons.slice(0, MOST_ROWS).map((reason) => (
          <ReasonRow
            key={`${reason.why.kind} ${reason.stream} ${reason.shards[0]?.shardId ?? ''}`}
            reason={reason}
            showStream={group.streams.length > 1}
          />
        ))}
      </ul>
      {reasons.length > MOST_ROWS ? (
        <p class="footnote">and {reasons.length - MOST_ROWS} more reasons</p>
      ) : null}
      <p class="footnote">Choose a shard in a strip to see all that is known of it.</p>
    </section>
  );
}
