/**
 * The live page over HTTP, as one function from a Request to a Response: the page and its assets, the feed as
 * server-sent events, and the actions that its host allows. Runs in any server that speaks the web's own types.
 */
import type { FeedHeader, FeedLine } from '../../feed/events.ts';
import type { Clock } from '../../machines/ports.ts';
import { eventStream, message, type Taker } from './event-stream.ts';
import { cookieName, judge } from './guard.ts';
import { smallBody } from './small-body.ts';
import { textStream, type Lines } from './text-stream.ts';

/** A file of the built page. */
export interface Asset {
  readonly type: string;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** What the page may ask its host to do, by the kind of the action. What it throws is told to the page. */
export type Actions = Readonly<
  Record<string, (action: Readonly<Record<string, unknown>>) => unknown>
>;

export interface PageHandlerOptions {
  readonly source: FeedHeader['source'];
  readonly subscribe: () => Taker<FeedLine>;
  /** The same actors in the protocol of @statelyai/inspect. */
  readonly subscribeStately: () => Taker<object>;
  /** Nothing is answered any more. */
  readonly isClosed: () => boolean;
  /** null: there is no such file. */
  readonly asset: (path: string) => Promise<Asset | null>;
  /** The lines of a trace that the page shows in place of the feed; null: there is none. */
  readonly trace: (() => Lines) | null;
  readonly actions: Actions;
  readonly clock: Clock;
  readonly token: string;
  readonly hosts: ReadonlySet<string>;
  /** Where it stands in its server; begins and ends with a slash. */
  readonly basePath: string;
}

/** Pages that are open at once; each costs a little of the process that it shows. */
const MAX_READERS = 32;
const MAX_ACTION_BYTES = 4_096;

const CONTENT_SECURITY_POLICY = [
  `default-src 'none'`,
  `script-src 'self' 'wasm-unsafe-eval'`,
  `style-src 'self'`,
  `img-src 'self' data:`,
  `connect-src 'self'`,
  `worker-src 'self'`,
  `frame-ancestors 'none'`,
  `base-uri 'none'`,
  `form-action 'none'`,
].join('; ');

const HEADERS = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
} as const;

const plain = (status: number, text: string, headers: Record<string, string> = {}): Response =>
  new Response(`${text}\n`, {
    status,
    headers: { ...HEADERS, 'content-type': 'text/plain; charset=utf-8', ...headers },
  });

/** @returns answers every request, and never rejects */
export function pageHandler(options: PageHandlerOptions): (request: Request) => Promise<Response> {
  const handler = new PageHandler(options);
  return (request) => handler.answer(request);
}

class PageHandler {
  readonly #options: PageHandlerOptions;
  #readers = 0;

  constructor(options: PageHandlerOptions) {
    this.#options = options;
  }

  async answer(request: Request): Promise<Response> {
    try {
      return await this.#routed(request);
    } catch (error) {
      return plain(500, `The inspector failed: ${error instanceof Error ? error.name : 'error'}`);
    }
  }

  #routed(request: Request): Response | Promise<Response> {
    const { pathname } = new URL(request.url);
    const { basePath } = this.#options;
    if (!pathname.startsWith(basePath)) return plain(404, 'There is nothing here.');
    const path = pathname.slice(basePath.length);
    const verdict = judge(request, path === '', this.#options);
    if (verdict.kind === 'refused') {
      return plain(403, `Refused: ${verdict.why}. Open the address as it was printed, in full.`);
    }
    if (this.#options.isClosed()) return plain(503, 'The inspector is closed.');
    const method = path === 'action' ? 'POST' : 'GET';
    if (request.method !== method) {
      return plain(405, `Only ${method} is answered here.`, { allow: method });
    }
    switch (path) {
      case '':
        return this.#page(request);
      case 'feed':
        return this.#stream(this.#options.subscribe, (lines) => message(JSON.stringify(lines)));
      case 'trace':
        return this.#trace();
      case 'stately':
        return this.#stream(this.#options.subscribeStately, (events) =>
          events.map((event) => message(JSON.stringify(event))).join(''),
        );
      case 'action':
        return this.#action(request);
      default:
        return this.#asset(path);
    }
  }

  async #page(request: Request): Promise<Response> {
    const { asset, source, actions, trace, token, basePath } = this.#options;
    const page = await asset('index.html');
    if (page === null) return plain(503, 'The page is not built. The feed is at feed.');
    const told = { source, actions: Object.keys(actions), trace: trace !== null };
    const html = new TextDecoder().decode(page.body);
    return new Response(withMeta(html, JSON.stringify(told)), {
      headers: {
        ...HEADERS,
        'content-type': page.type,
        // what the page loads, and a reload of it, comes by this: it takes the token out of its address
        'set-cookie': `${cookieName(request)}=${token}; Path=${basePath}; HttpOnly; SameSite=Strict`,
      },
    });
  }

  async #asset(path: string): Promise<Response> {
    const asset = path.startsWith('assets/') ? await this.#options.asset(path) : null;
    if (asset === null) return plain(404, 'There is nothing here.');
    return new Response(asset.body, { headers: { ...HEADERS, 'content-type': asset.type } });
  }

  #trace(): Response {
    const { trace } = this.#options;
    if (trace === null) return plain(404, 'There is no trace here.');
    const headers = { ...HEADERS, 'content-type': 'application/x-ndjson' };
    return new Response(textStream(trace()), { headers });
  }

  #stream<Line>(subscribe: () => Taker<Line>, write: (lines: readonly Line[]) => string): Response {
    if (this.#readers >= MAX_READERS) {
      return plain(503, `There are ${MAX_READERS} pages open already.`);
    }
    this.#readers += 1;
    const taker = subscribe();
    const counted: Taker<Line> = {
      get closed() {
        return taker.closed;
      },
      get pending() {
        return taker.pending;
      },
      take: () => taker.take(),
      ready: () => taker.ready(),
      close: () => {
        if (!taker.closed) this.#readers -= 1;
        taker.close();
      },
    };
    return new Response(eventStream(counted, this.#options.clock, write), {
      headers: { ...HEADERS, 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' },
    });
  }

  async #action(request: Request): Promise<Response> {
    const { actions } = this.#options;
    // a form of another site can send neither: the browser would ask us first
    if (request.headers.get('content-type') !== 'application/json') {
      return plain(415, 'An action is JSON.');
    }
    const text = await smallBody(request, MAX_ACTION_BYTES);
    if (text === null) return plain(413, `An action has ${MAX_ACTION_BYTES} bytes at most.`);
    const action = actionIn(text);
    if (action === null) return plain(400, 'An action is a small JSON object with a kind.');
    const act = Object.hasOwn(actions, action.kind) ? actions[action.kind] : undefined;
    if (act === undefined) return plain(404, 'There is no such action here.');
    try {
      await act(action);
      return new Response(null, { status: 204, headers: HEADERS });
    } catch (error) {
      return plain(422, error instanceof Error ? error.message : String(error));
    }
  }
}

function actionIn(text: string): (Readonly<Record<string, unknown>> & { kind: string }) | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('kind' in value)) return null;
    return typeof value.kind === 'string' ? { ...value, kind: value.kind } : null;
  } catch {
    return null;
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};

/** Tells the page what it shows and what it may do. */
const withMeta = (html: string, content: string): string => {
  const escaped = content.replace(/[&<>"]/g, (character) => ESCAPES[character] ?? character);
  return html.replace(
    /<meta name="kinesumer"[^>]*>/,
    () => `<meta name="kinesumer" content="${escaped}" />`,
  );
};
