import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { ChartState } from '../../../src/feed/chart.ts';
import { eventText } from '../../chart/words.ts';
import type { ActorView } from '../../model/view.ts';
import { Panel } from '../frame/panel.tsx';
import { past, selectedShard, selection, shownAtMs, type Selection } from '../state/shown.ts';
import { age, UNKNOWN } from '../text/durations.ts';
import { count } from '../text/numbers.ts';
import { ActorList, MachineTabs, StateTable } from './actor-lists.tsx';
import { byMachine, stateText } from './by-state.ts';
import { ChartView } from './chart-view.tsx';
import { JsonTree } from './json-tree.tsx';

/** So many actors are told by their names at once; of more, their states are counted first. */
const FEW = 12;

/** An actor: its chart, where it is in it, how it got there, and what it knows. */
function Actor(properties: {
  readonly actor: ActorView;
  readonly chart: ChartState | undefined;
}): JSX.Element {
  const { actor, chart } = properties;
  const size = useSignal<'full' | 'fit'>('full');
  const { last, status } = actor;
  return (
    <article class="actor" aria-label={actor.name}>
      <header class="actor-head">
        <h3>{actor.name}</h3>
        <span class="dim">in {actor.process}</span>
        <span class={`status status-${status}`}>{status === 'unknown' ? UNKNOWN : status}</span>
        <button
          type="button"
          class="quiet"
          aria-pressed={size.value === 'fit'}
          onClick={() => {
            size.value = size.value === 'fit' ? 'full' : 'fit';
          }}
        >
          {size.value === 'fit' ? 'full size' : 'fit'}
        </button>
      </header>
      <p class="actor-line">
        <b>{stateText(actor)}</b>
        {last === null || last.event === '' ? null : (
          <>
            {' '}
            <span class="dim">last event</span> <code>{eventText(last.event)}</code>
          </>
        )}{' '}
        <small class="dim">{age(shownAtMs.value - actor.atMs)}</small>
      </p>
      {chart === undefined ? (
        <p class="empty">The chart of {actor.machine} was not told.</p>
      ) : (
        <ChartView
          chart={chart}
          standing={actor}
          actor={`${actor.process}/${actor.actorId}`}
          size={size.value}
        />
      )}
      <details class="context">
        <summary>Context</summary>
        {actor.context === null ? (
          <p class="empty">{UNKNOWN}</p>
        ) : (
          <JsonTree value={actor.context} />
        )}
      </details>
    </article>
  );
}

/** The running statecharts: which there are, in which states, and the chart of the chosen one. */
export function ActorPane(): JSX.Element | null {
  // each counts only under what it was chosen for: another choice on the page begins anew
  const picked = useSignal<{ readonly machine: string; readonly under: Selection } | null>(null);
  const narrowed = useSignal<{ readonly machine: string; readonly state: string } | null>(null);
  const machines = byMachine(past.value?.actors() ?? []);
  const [first] = machines.keys();
  if (first === undefined) return null;

  const choice = selection.value;
  // of a chosen shard its reader
  const wish = choice.kind === 'actor' ? choice : (selectedShard.value?.reader ?? null);
  const found = [...machines.values()]
    .flat()
    .find(({ process, actorId }) => process === wish?.process && actorId === wish.actorId);
  const own = picked.value?.under === choice ? picked.value.machine : null;
  const wanted = own ?? found?.machine ?? first;
  const machine = machines.has(wanted) ? wanted : first;
  const actors = machines.get(machine) ?? [];
  const state = narrowed.value?.machine === machine ? narrowed.value.state : null;
  const isCounted = actors.length > FEW && state === null;
  const listed = state === null ? actors : actors.filter((actor) => stateText(actor) === state);
  const chosen = found?.machine === machine ? found : isCounted ? undefined : listed[0];

  return (
    <Panel
      class="panel-actors"
      title="Statecharts"
      note={`${count(actors.length)} × ${machine}`}
      tools={
        <MachineTabs
          machines={machines}
          shown={machine}
          onShow={(each) => {
            picked.value = { machine: each, under: choice };
            narrowed.value = null;
          }}
        />
      }
    >
      <div class="actor-room">
        <div class="actor-choice">
          {state === null ? null : (
            <p class="actor-line">
              <button
                type="button"
                class="link"
                onClick={() => {
                  narrowed.value = null;
                }}
              >
                all states
              </button>{' '}
              › {state}
            </p>
          )}
          {isCounted ? (
            <StateTable
              actors={actors}
              onShow={(each) => {
                narrowed.value = { machine, state: each };
              }}
            />
          ) : (
            <ActorList
              actors={listed}
              chosen={chosen ?? null}
              areAlike={state !== null}
              onChoose={({ process, actorId }) => {
                selection.value = { kind: 'actor', process, actorId };
              }}
            />
          )}
        </div>
        {chosen === undefined ? null : (
          <Actor actor={chosen} chart={past.value?.charts().get(machine)} />
        )}
      </div>
    </Panel>
  );
}
