import type { JSX } from 'preact';
import type { GroupView } from '../../model/view.ts';
import { goTo } from '../state/shown.ts';
import { moment } from '../text/durations.ts';

/** What must not have happened, and did. */
export function Violations({ group }: { readonly group: GroupView }): JSX.Element | null {
  const { violations, epochMs, droppedEvents } = group;
  if (violations.length === 0 && droppedEvents === 0) return null;
  return (
    <section class="details" aria-label="Broken invariants">
      {violations.length === 0 ? null : (
        <header class="details-head">
          <h2 class="bad">Broken invariants</h2>
        </header>
      )}
      <ul>
        {violations.toReversed().map(({ atMs, invariant, message }) => (
          <li class="reason why-stopped" key={`${atMs} ${invariant} ${message}`}>
            <p class="reason-shards">
              <span class="tag">{invariant}</span>
              <button type="button" class="link" onClick={() => goTo(atMs)}>
                {moment(atMs, epochMs)}
              </button>
            </p>
            <p>{message}</p>
          </li>
        ))}
      </ul>
      {droppedEvents === 0 ? null : (
        <p class="footnote">
          This page was too slow for {droppedEvents} events: what it shows may lack something.
        </p>
      )}
    </section>
  );
}
