import type { JSX } from 'preact';
import type { ActorView } from '../../model/view.ts';
import { count, plural } from '../text/numbers.ts';
import { byState, stateText } from './by-state.ts';

/** Which machines run, and how many of each. */
export function MachineTabs(properties: {
  readonly machines: ReadonlyMap<string, readonly ActorView[]>;
  readonly shown: string;
  readonly onShow: (machine: string) => void;
}): JSX.Element {
  const { machines, shown, onShow } = properties;
  return (
    <div class="machines" role="group" aria-label="Machines">
      {[...machines].map(([machine, actors]) => (
        <button
          key={machine}
          type="button"
          aria-pressed={machine === shown}
          onClick={() => onShow(machine)}
        >
          {machine} <span class="dim num">{count(actors.length)}</span>
        </button>
      ))}
    </div>
  );
}

/** How many actors are in which state; a state shows those in it. */
export function StateTable(properties: {
  readonly actors: readonly ActorView[];
  readonly onShow: (state: string) => void;
}): JSX.Element {
  const { actors, onShow } = properties;
  return (
    <table class="states">
      <thead>
        <tr>
          <th scope="col">State</th>
          <th scope="col" class="num">
            Actors
          </th>
          <th scope="col" class="num">
            Part
          </th>
        </tr>
      </thead>
      <tbody>
        {byState(actors).map(({ state, actors: same }) => (
          <tr key={state}>
            <th scope="row">
              <button type="button" class="link" onClick={() => onShow(state)}>
                {state}
              </button>
            </th>
            <td class="num">{count(same.length)}</td>
            <td class="num">
              <meter min={0} max={actors.length} value={same.length} />{' '}
              {Math.round((100 * same.length) / actors.length)} %
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** More than these are told in a line: a list of a thousand helps nobody, and is slow to draw. */
const MOST_LISTED = 200;

/** Actors by name, with the state of each. */
export function ActorList(properties: {
  readonly actors: readonly ActorView[];
  readonly chosen: ActorView | null;
  /** All in the state that stands above them. */
  readonly areAlike: boolean;
  readonly onChoose: (actor: ActorView) => void;
}): JSX.Element {
  const { actors, chosen, areAlike, onChoose } = properties;
  const more = actors.length - MOST_LISTED;
  return (
    <ul class="actors">
      {actors.slice(0, MOST_LISTED).map((actor) => (
        <li key={`${actor.process}/${actor.actorId}`}>
          <button
            type="button"
            class="actor-name"
            aria-pressed={actor === chosen}
            onClick={() => onChoose(actor)}
          >
            <b>{actor.name}</b>
            <span class="dim">{actor.process}</span>
            {areAlike ? null : <span class="actor-state">{stateText(actor)}</span>}
          </button>
        </li>
      ))}
      {more > 0 ? <li class="dim">and {plural(more, 'more actor')}</li> : null}
    </ul>
  );
}
