import type { JSX } from 'preact';
import type { StreamView } from '../../model/view.ts';
import { Panel } from '../frame/panel.tsx';
import { streams, view } from '../state/shown.ts';
import { plural } from '../text/numbers.ts';
import { layOut, standingOf } from './layout.ts';
import { Strip } from './strip.tsx';
import { StripFoot, ZoomTools } from './zoom-tools.tsx';

/** What the strip of a stream shows, in words. */
function summary(stream: StreamView): JSX.Element {
  const open = stream.shards.filter((shard) => shard.state !== 'ended');
  const by = (standing: string): number =>
    open.filter((shard) => standingOf(shard) === standing).length;
  const layout = layOut(stream);
  const gaps = by('gap') + layout.holes.length;
  const unplaced = open.length - layout.blocks.length;
  const doubles = by('double');
  const waiting = by('waiting');
  const ended = stream.shards.length - open.length;
  return (
    <span class="strip-summary">
      <span>{plural(open.length - waiting, 'shard')} to read</span>
      {waiting === 0 ? null : <span>{plural(waiting, 'child', 'children')} waiting</span>}
      {ended === 0 ? null : <span>{ended} ended</span>}
      {gaps === 0 ? null : <span class="bad">{plural(gaps, 'gap')}</span>}
      {doubles === 0 ? null : <span class="bad">{doubles} read twice</span>}
      {unplaced === 0 ? null : <span>{unplaced} of unknown keys</span>}
      {layout.scale === 'keys' || open.length === 0 ? null : <span>keys not known</span>}
      {stream.subscribed === false ? <span class="warn">nobody subscribes</span> : null}
    </span>
  );
}

function Legend(): JSX.Element {
  return (
    <span class="legend" aria-hidden="true">
      <i class="swatch swatch-gap" /> no reader
      <i class="swatch swatch-waiting" /> waits for its parent
      <i class="swatch swatch-double" /> two readers
      <i class="swatch swatch-moving" /> moves
    </span>
  );
}

/** Who reads which part of the keys of each stream. */
export function StripsPanel(): JSX.Element {
  const before = view.value?.generation?.number;
  return (
    <Panel
      class="panel-strips"
      title="Assignment"
      note="hash-key space, by owner"
      tools={<Legend />}
    >
      {streams.value.length === 0 ? <p class="empty">No stream is known yet.</p> : null}
      {streams.value.map((stream) => (
        <div class="stream" key={stream.stream}>
          <div class="stream-head">
            <h3>{stream.stream}</h3>
            {summary(stream)}
            <ZoomTools stream={stream.stream} />
          </div>
          <Strip stream={stream} />
          <StripFoot stream={stream.stream} />
        </div>
      ))}
      {before === undefined || before < 2 || streams.value.length === 0 ? null : (
        <p class="footnote">The thin line below a strip is generation {before - 1}.</p>
      )}
    </Panel>
  );
}
