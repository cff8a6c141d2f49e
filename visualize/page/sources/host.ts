import type { GroupAction } from './source.ts';

/** What the server that gave the page says of itself. */
export interface Host {
  readonly source: 'process' | 'table' | 'simulation';
  readonly actions: readonly GroupAction['kind'][];
  /** Whether it has a trace to show, in place of a feed. */
  readonly trace: boolean;
}

const ACTIONS: readonly GroupAction['kind'][] = ['add', 'stop', 'kill', 'pause', 'split', 'merge'];

/** null: the page stands alone, as a file or in the documentation. */
export function readHost(): Host | null {
  const content = document.querySelector('meta[name="kinesumer"]')?.getAttribute('content') ?? '';
  if (content === '') return null;
  try {
    const told = JSON.parse(content) as Partial<Host>;
    const { source = 'process', actions = [], trace = false } = told;
    return { source, actions: ACTIONS.filter((kind) => actions.includes(kind)), trace };
  } catch {
    return null;
  }
}

/**
 * Takes the token out of the address, so that it is in no history, bookmark or picture of the page. This script came by
 * the cookie that has it too, and so does all else.
 */
export function hideToken(): void {
  const address = new URL(location.href);
  if (!address.searchParams.has('token')) return;
  address.searchParams.delete('token');
  history.replaceState(history.state, '', address);
}
