/** An inspector whose page is asked without a server, in time that a test moves. */
import { parseInspectorOptions, type InspectorOptions } from '../../../src/options.ts';
import type { Asset } from '../../../src/services/inspector/http.ts';
import { openInspector, type OpenInspector } from '../../../src/services/inspector/inspector.ts';
import { ManualClock, SeededRandom } from '../../../src/services/memory/index.ts';

export const HOST = 'ops.example:8080';

const encoded = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

const FILES: Readonly<Record<string, Asset>> = {
  'index.html': {
    type: 'text/html; charset=utf-8',
    body: encoded('<head><meta name="kinesumer" content="" /></head>'),
  },
  'assets/page.js': { type: 'text/javascript', body: encoded('draw()') },
  secret: { type: 'text/plain', body: encoded('no asset') },
};

export interface PageWorld {
  readonly clock: ManualClock;
  readonly inspector: OpenInspector;
  readonly token: string;
  /** A request as the page itself would send it, but for what is given. */
  ask(path: string, init?: RequestInit & { readonly token?: string | null }): Promise<Response>;
}

/** @param trace its lines, where the page shows one in place of a feed */
export async function pageWorld(
  options: InspectorOptions = {},
  trace: readonly string[] | null = null,
): Promise<PageWorld> {
  const clock = new ManualClock();
  const inspector = await openInspector({
    source: 'process',
    options: parseInspectorOptions({ listen: false, hosts: [HOST], ...options }),
    clock,
    random: new SeededRandom(1),
    asset: (path) => Promise.resolve(FILES[path] ?? null),
    trace: trace === null ? null : () => trace,
    serve: () => Promise.reject(new Error('no server here')),
    readGroup: () => () => {},
  });
  const token = new URL(inspector.url, 'http://any').searchParams.get('token') ?? '';
  return {
    clock,
    inspector,
    token,
    ask: (path, { token: given = token, headers = {}, ...init } = {}) => {
      const url = new URL(path, `http://${HOST}`);
      if (given !== null) url.searchParams.set('token', given);
      return inspector.fetch(new Request(url, { ...init, headers }));
    },
  };
}

/** Reads the messages of an event stream as they come. */
export function messagesOf(response: Response) {
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const decoder = new TextDecoder();
  return {
    /** What one message, or comment, says. */
    next: async (): Promise<string> => decoder.decode((await reader.read()).value),
    leave: () => reader.cancel(),
  };
}

/** The data of messages. */
export const dataIn = (text: string): unknown[] =>
  [...text.matchAll(/^data: (.*)$/gm)].map(([, data = '']) => JSON.parse(data) as unknown);
