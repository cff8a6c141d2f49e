/** What the transitions of a chart are called in its picture. */
import type { ChartTransition } from '../../src/feed/chart.ts';

/** An event of XState's own, by what follows its prefix. */
const after = (event: string, prefix: string): string | null =>
  event.startsWith(prefix) ? event.slice(prefix.length) : null;

/**
 * The name of an event: a step's is that of the step, a delay's is `after` and its name.
 * `fetch`, `after pace`, `done`, `CLOSE`; '' for none.
 */
function eventName(event: string, stateId: string): string {
  const step = after(event, 'xstate.done.actor.') ?? after(event, 'xstate.error.actor.');
  if (step !== null) return step;
  const delayed = after(event, 'xstate.after.');
  if (delayed !== null) {
    const delay = delayed.endsWith(`.${stateId}`) ? delayed.slice(0, -stateId.length - 1) : delayed;
    if (delay === '0') return 'at once';
    return /^\d+$/.test(delay) ? `after ${delay} ms` : `after ${delay}`;
  }
  return after(event, 'xstate.done.state.') === null ? event : 'done';
}

/**
 * What leads from one state to one other on one event: `fetch: gone, rejected`, `CLOSE [aborts]`, `[hasFailed]`.
 * A guard that is `else` holds where none before it did, one that is null always.
 */
export function transitionText(
  event: string,
  stateId: string,
  guards: readonly (string | null)[],
): string {
  const name = eventName(event, stateId);
  if (event.startsWith('xstate.error.actor.')) return `${name}: threw`;
  if (event.startsWith('xstate.done.actor.'))
    return `${name}: ${guards.map((each) => each ?? 'done').join(', ')}`;
  const conditions = guards.flatMap((each) =>
    each === null ? [] : each === 'else' ? [each] : [`[${each}]`],
  );
  const text = [name, ...conditions].join(' ').trim();
  return text === '' ? 'at once' : text;
}

/** An event where its state is not at hand: `fetch: done`, `after pace`, `CLOSE`. */
export const eventText = (event: string): string =>
  transitionText(event.replace(/^(xstate\.after\.[^.]+)\..*$/, '$1'), '', [null]);

/** The answers of the same step in one text: `fetch: gone` and `fetch: threw` are `fetch: gone, threw`. */
export function joined(texts: readonly string[]): readonly string[] {
  const bySubject = new Map<string, string>();
  for (const text of texts) {
    const [, subject = text, rest = ''] = /^(\w+:) (.*)$/.exec(text) ?? [];
    const same = bySubject.get(subject);
    bySubject.set(subject, same === undefined ? text : `${same}, ${rest}`);
  }
  return [...bySubject.values()];
}

/** The transitions of a state on one event, in the order in which they are tried. */
export const byEvent = (
  transitions: readonly ChartTransition[],
): ReadonlyMap<string, readonly ChartTransition[]> => {
  const events = new Map<string, ChartTransition[]>();
  for (const transition of transitions) {
    const same = events.get(transition.event) ?? [];
    same.push(transition);
    events.set(transition.event, same);
  }
  return events;
};

/** Breaks a text at its blanks into lines of about so many letters. */
export function wrap(text: string, letters: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + word.length + 1 > letters) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
