import type { ComponentChildren, JSX } from 'preact';
import type { GroupView, Measured, ShardView } from '../../model/view.ts';
import { MemberName } from '../members/chip.tsx';
import { ActButton } from '../sources/act-button.tsx';
import { goTo, selection } from '../state/shown.ts';
import { age, duration, UNKNOWN } from '../text/durations.ts';
import { count, rate, readable, shardNumber } from '../text/numbers.ts';

function Fact(properties: {
  readonly name: string;
  readonly children: ComponentChildren;
}): JSX.Element {
  return (
    <>
      <dt>{properties.name}</dt>
      <dd>{properties.children}</dd>
    </>
  );
}

function Figure(properties: {
  readonly measured: Measured | null;
  readonly atMs: number;
  readonly text: (value: number | null) => string;
}): JSX.Element {
  const { measured, atMs, text } = properties;
  return (
    <>
      {text(measured?.value ?? null)}
      {measured === null ? null : <small class="dim"> {age(atMs - measured.atMs)}</small>}
    </>
  );
}

const Owner = ({ clientId }: { readonly clientId: string | null }): JSX.Element =>
  clientId === null ? <>{UNKNOWN}</> : <MemberName clientId={clientId} longest={24} />;

function Key({ hash }: { readonly hash: string | null }): JSX.Element {
  if (hash === null) return <>{UNKNOWN}</>;
  // 128 bits; the first four are enough to find one's way.
  const hex = /^\d+$/.test(hash) ? BigInt(hash).toString(16).padStart(32, '0') : hash;
  return (
    <code title={hash}>
      {hex.slice(0, 4)}
      <span class="dim">…</span>
    </code>
  );
}

/** A shard: why it is read or not, the way out, and all that is known of it. */
export function ShardDetails(properties: {
  readonly shard: ShardView;
  readonly group: GroupView;
}): JSX.Element {
  const { shard, group } = properties;
  const { atMs } = group;
  const moves = shard.target !== shard.owner;
  return (
    <section class="details" aria-label={`Shard ${shard.shardId}`}>
      <header class="details-head">
        <h2>
          {shard.stream} <b>{shardNumber(shard.shardId)}</b>
        </h2>
        <button
          type="button"
          class="quiet"
          aria-label="Close"
          onClick={() => {
            selection.value = { kind: 'nothing' };
          }}
        >
          ✕
        </button>
      </header>
      <div class={`why-card why-${shard.why.kind}`}>
        <p class="why">{readable(shard.why.sentence)}</p>
        {shard.why.wayOut === null ? null : <p class="way-out">{readable(shard.why.wayOut)}</p>}
      </div>
      <p class="shard-actions">
        {shard.reader === null ? null : (
          <button
            type="button"
            class="act"
            onClick={() => {
              if (shard.reader !== null) selection.value = { kind: 'actor', ...shard.reader };
              document.querySelector('.panel-actors')?.scrollIntoView({ block: 'start' });
            }}
          >
            Its statechart
          </button>
        )}
        {shard.closed === true || shard.state === 'ended' ? null : (
          <>
            <ActButton
              action={{ kind: 'split', stream: shard.stream, shardId: shard.shardId }}
              title="It ends, and two children take its keys"
            >
              Split
            </ActButton>
            <ActButton
              action={{ kind: 'merge', stream: shard.stream, shardId: shard.shardId }}
              title="It ends with its right neighbour, and one child takes their keys"
            >
              Merge with the next
            </ActButton>
          </>
        )}
      </p>
      <dl class="facts">
        <Fact name="Owner">
          {shard.ownerKnown && shard.owner === null ? 'nobody' : <Owner clientId={shard.owner} />}
          {shard.ownerLives === false ? <span class="bad"> its session is gone</span> : null}
        </Fact>
        {shard.otherReaders.length === 0 ? null : (
          <Fact name="Also read by">
            {shard.otherReaders.map((clientId) => (
              <Owner key={clientId} clientId={clientId} />
            ))}
          </Fact>
        )}
        <Fact name="By the plan">
          {moves ? <Owner clientId={shard.target} /> : <span class="dim">the same</span>}
        </Fact>
        <Fact name="Before">
          <Owner clientId={shard.targetBefore} />
        </Fact>
        <Fact name="Owned for">
          {shard.ownedSinceMs === null ? (
            UNKNOWN
          ) : (
            <button
              type="button"
              class="link"
              title="Show that moment"
              onClick={() => goTo(shard.ownedSinceMs ?? 0)}
            >
              {duration(atMs - shard.ownedSinceMs)}
            </button>
          )}
        </Fact>
        <Fact name="Fence">{shard.fence === null ? UNKNOWN : count(shard.fence)}</Fact>
        <Fact name="Behind">
          <Figure measured={shard.behindMs} atMs={atMs} text={duration} />
        </Fact>
        <Fact name="Backlog">
          <Figure measured={shard.backlogRecords} atMs={atMs} text={count} />
        </Fact>
        <Fact name="Records/s">
          <Figure measured={shard.recordsPerSecond} atMs={atMs} text={rate} />
        </Fact>
        <Fact name="Committed">
          {shard.position === null ? UNKNOWN : <code class="position">{shard.position}</code>}
          {shard.positionAtMs === null ? null : (
            <small class="dim"> {age(atMs - shard.positionAtMs)}</small>
          )}
        </Fact>
        <Fact name="Keys">
          <Key hash={shard.startHash} /> – <Key hash={shard.endHash} />
          {shard.from === null || shard.to === null ? null : (
            <small class="dim"> {((shard.to - shard.from) * 100).toPrecision(3)} %</small>
          )}
        </Fact>
        <Fact name="Parents">
          {shard.parents.length === 0 ? 'none' : shard.parents.map(shardNumber).join(', ')}
        </Fact>
        <Fact name="Id">
          <code>{shard.shardId}</code>
        </Fact>
      </dl>
    </section>
  );
}
