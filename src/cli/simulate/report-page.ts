/** The same as a page: no script, no request, readable in both colour schemes. */
import { binsOf, type Bin } from './histogram.ts';
import { durationText } from './progress.ts';
import { caveatOf, fateText, gapRows, headText, replayCommand, type Result } from './report.ts';

const BAR_WIDTH = 46;
const CHART_HEIGHT = 180;
const LABEL_HEIGHT = 34;

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const label = (seconds: number): string =>
  seconds < 1 ? `${Math.round(seconds * 1_000)} ms` : `${seconds} s`;

/** Bars for bins, each with its count above and its lower end below. */
function histogramSvg(bins: readonly Bin[]): string {
  const largest = Math.max(1, ...bins.map(({ count }) => count));
  const width = Math.max(1, bins.length) * BAR_WIDTH + 60;
  const bars = bins.map(({ fromS, count }, index) => {
    const x = index * BAR_WIDTH + 10;
    const height = Math.round((count / largest) * CHART_HEIGHT);
    const y = 20 + CHART_HEIGHT - height;
    const middle = x + BAR_WIDTH / 2 - 2;
    return (
      `<rect class="bar" x="${x}" y="${y}" width="${BAR_WIDTH - 4}" height="${height}"/>` +
      `<text x="${middle}" y="${y - 5}">${count}</text>` +
      `<text x="${middle}" y="${CHART_HEIGHT + LABEL_HEIGHT}">${label(fromS)}</text>`
    );
  });
  const height = CHART_HEIGHT + LABEL_HEIGHT + 12;
  return (
    `<svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" ` +
    `aria-label="Histogram of unread times">${bars.join('')}</svg>`
  );
}

export function htmlReport(result: Result): string {
  const { options, tally, counterexample } = result;
  const head = escaped(headText(options, tally));
  const seconds = (value: number): string => value.toFixed(2);
  const rows = gapRows(tally)
    .map(
      ({ cause, count, meanS, p50S, p99S, maxS }) =>
        `<tr><th>${cause}</th><td>${count}</td><td>${seconds(meanS)}</td><td>${seconds(p50S)}</td>` +
        `<td>${seconds(p99S)}</td><td>${seconds(maxS)}</td></tr>`,
    )
    .join('\n');
  const caveat = caveatOf(options);
  const verdict =
    counterexample === null
      ? '<p>No invariant was broken.</p>'
      : `<h2>${tally.broken} of ${tally.runs} runs broke an invariant</h2>
${caveat === null ? '' : `<p>${caveat}</p>\n`}<h2>Seed ${counterexample.seed} broke ${counterexample.violations.length} times</h2>
<ul>${counterexample.violations
          .slice(0, 10)
          .map(({ invariant, message }) => `<li>${invariant}: ${escaped(message)}</li>`)
          .join('\n')}</ul>
<p>Play it again: <code>${escaped(replayCommand(counterexample))}</code></p>`;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>kinesumer simulate: ${head}</title>
<style>
:root { color-scheme: light dark; --bar: #2a6f97; }
@media (prefers-color-scheme: dark) { :root { --bar: #7fc8f8; } }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; } th, td { padding: 0.2rem 0.8rem; text-align: right; }
th:first-child { text-align: left; }
svg { max-width: 100%; } svg text { font: 12px system-ui, sans-serif; fill: currentColor; text-anchor: middle; }
.bar { fill: var(--bar); }
</style>
<h1>How long is a shard unread?</h1>
<p>${head}. ${(tally.virtualS / 3_600).toFixed(2)} cluster-hours in ${durationText(tally.hostS)}.
Records: ${fateText(tally)}.</p>
${histogramSvg(binsOf(tally.allGapsS()))}
<p>Each bar counts the times from its label up to the next one, for which nobody read a shard.</p>
<table>
<tr><th>taken from its reader by</th><th>gaps</th><th>mean s</th><th>p50</th><th>p99</th><th>longest</th></tr>
${rows}
</table>
${verdict}
</html>
`;
}
