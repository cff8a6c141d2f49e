import { computed } from '@preact/signals';
import type { JSX } from 'preact';
import type { TimelineMark } from '../../model/view.ts';
import { Chip } from '../members/chip.tsx';
import { charted, goTo, isLive, memberOf, shownAtMs } from '../state/shown.ts';
import { epochMs } from '../timeline/lanes.ts';
import { LOOKS } from '../timeline/mark-shapes.ts';
import { moment } from '../text/durations.ts';
import { readable, shardNumber } from '../text/numbers.ts';

const MOST = 24;
const WITHIN_MS = 600_000;
/** What one client does to many shards at once is one line. */
const TOGETHER_MS = 2_000;

interface Line {
  readonly mark: TimelineMark;
  readonly shards: readonly string[];
}

/** The newest events up to the shown moment, the newest first; commits are too many to be told. */
const newest = computed<readonly Line[]>(() => {
  const all = charted.value;
  if (all === null) return [];
  const toMs = isLive.value ? all.toMs : shownAtMs.value;
  const marks = all.whole.marks(toMs - WITHIN_MS, toMs);
  const lines: (Line & { readonly shards: string[] })[] = [];
  for (let index = marks.length - 1; index >= 0 && lines.length < MOST; index -= 1) {
    const mark = marks[index];
    if (mark === undefined || mark.kind === 'commit') continue;
    const { shardId } = mark;
    const same = lines.find((line) => isSame(line.mark, mark));
    if (same === undefined || shardId === null) {
      lines.push({ mark, shards: shardId === null ? [] : [shardId] });
    } else {
      same.shards.push(shardId);
    }
  }
  return lines;
});

const isSame = (newer: TimelineMark, mark: TimelineMark): boolean =>
  (mark.kind === 'acquire' || mark.kind === 'release') &&
  newer.kind === mark.kind &&
  newer.lane === mark.lane &&
  newer.stream === mark.stream &&
  newer.atMs - mark.atMs < TOGETHER_MS;

const MOST_NAMES = 6;

function wordsOf({ mark, shards }: Line): string {
  if (shards.length < 2) return readable(mark.text);
  const names = shards.map(shardNumber).toReversed();
  const some = names.slice(0, MOST_NAMES).join(', ');
  const which = names.length > MOST_NAMES ? `${names.length} shards: ${some}, …` : `shards ${some}`;
  return `${mark.lane ?? ''} ${mark.kind === 'acquire' ? 'takes' : 'gives back'} ${which}`;
}

/** The timeline in words. */
export function Recently(): JSX.Element | null {
  const lines = newest.value;
  if (lines.length === 0) return null;
  return (
    <section class="details" aria-label="What happened">
      <header class="details-head">
        <h2>What happened</h2>
      </header>
      <ol class="recently">
        {lines.map((line) => {
          const { mark } = line;
          return (
            <li key={`${mark.atMs} ${mark.kind} ${mark.lane ?? ''} ${mark.shardId ?? mark.text}`}>
              <button type="button" class="link num" onClick={() => goTo(mark.atMs)}>
                {moment(mark.atMs, epochMs.value)}
              </button>
              <span>
                {mark.lane === null ? null : <Chip colour={memberOf(mark.lane)?.colour ?? null} />}{' '}
                <span class={`mark-${LOOKS[mark.kind].tone}`}>{wordsOf(line)}</span>
                {mark.count > 1 ? <small class="dim"> × {mark.count}</small> : null}
              </span>
            </li>
          );
        })}
      </ol>
    </section>
  );
}
