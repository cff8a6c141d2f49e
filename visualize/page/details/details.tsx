import type { JSX } from 'preact';
import { selectedShard, selection, view } from '../state/shown.ts';
import { Attention } from './attention.tsx';
import { Recently } from './recently.tsx';
import { ShardDetails } from './shard-details.tsx';
import { Violations } from './violations.tsx';

/** The chosen shard; while none is chosen, those that are not read. */
export function Details(): JSX.Element | null {
  const group = view.value;
  if (group === null) return null;
  const shard = selectedShard.value;
  if (shard !== null) return <ShardDetails shard={shard} group={group} />;
  const chosen = selection.value;
  return (
    <>
      {chosen.kind === 'shard' ? (
        <p class="empty">
          {chosen.shardId} of {chosen.stream} is not known at this moment.
        </p>
      ) : null}
      <Attention group={group} />
      <Violations group={group} />
      <Recently />
    </>
  );
}
