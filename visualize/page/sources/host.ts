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

/** An address of that server. The token that opened the page opens these too. */
export function addressOf(path: string): string {
  const token = new URLSearchParams(location.search).get('token');
  return token === null ? path : `${path}?token=${encodeURIComponent(token)}`;
}
