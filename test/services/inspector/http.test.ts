import { describe, expect, it } from 'vitest';
import { MemoryStateStore, MemoryTable } from '../../../src/services/memory/index.ts';
import { dataIn, HOST, messagesOf, pageWorld } from './page-world.ts';

const QUIET = { kind: 'quiet' };
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const json = { 'content-type': 'application/json' };

describe('the page', () => {
  it('is given to whoever knows its token, with a cookie for what it loads', async () => {
    const { ask, token } = await pageWorld({ actions: { stop: () => null } });
    const page = await ask('/');
    expect(page.status).toBe(200);
    const html = await page.text();
    const meta = /<meta name="kinesumer" content="([^"]*)" \/>/.exec(html)?.[1] ?? '';
    expect(JSON.parse(meta.replaceAll('&quot;', '"'))).toEqual({
      source: 'process',
      actions: ['stop'],
      trace: false,
    });
    const [cookie = ''] = page.headers.getSetCookie();
    expect(cookie).toMatch(/^kinesumer-8080=\w+; Path=\/; HttpOnly; SameSite=Strict$/);
    const [pair = ''] = cookie.split(';');
    const asset = await ask('/assets/page.js', { token: null, headers: { cookie: pair } });
    expect([asset.status, await asset.text()]).toEqual([200, 'draw()']);
    // a reload, and a bookmark, have no token
    expect((await ask('/', { token: null, headers: { cookie: pair } })).status).toBe(200);
    const bearer = { authorization: `Bearer ${token}` };
    expect((await ask('/assets/page.js', { token: null, headers: bearer })).status).toBe(200);
  });

  it('says in every answer what a browser may do with it', async () => {
    const { ask } = await pageWorld();
    for (const path of ['/', '/assets/page.js', '/nothing', '/feed', '/stately']) {
      const { headers } = await ask(path);
      const policy = headers.get('content-security-policy') ?? '';
      expect(policy).toContain(`default-src 'none'; script-src 'self' 'wasm-unsafe-eval'`);
      expect(policy).toContain(`frame-ancestors 'none'; base-uri 'none'; form-action 'none'`);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('access-control-allow-origin')).toBeNull();
    }
  });

  it('has its files and no others', async () => {
    const { ask } = await pageWorld();
    for (const path of ['/secret', '/assets/%2e%2e/secret', '/assets/', '/index.html']) {
      expect((await ask(path)).status).toBe(404);
    }
    expect((await ask('/', { method: 'DELETE' })).status).toBe(405);
    expect((await ask('/action')).status).toBe(405);
  });

  it('has a trace where it was given one, line by line to its end', async () => {
    const long = 'x'.repeat(70_000);
    const { ask } = await pageWorld({}, ['{"kind":"trace"}', `{"kind":"${long}"}`, '{}']);
    expect(await (await ask('/')).text()).toContain('&quot;trace&quot;:true');
    const answer = await ask('/trace');
    expect(answer.headers.get('content-type')).toBe('application/x-ndjson');
    expect(await answer.text()).toBe(`{"kind":"trace"}\n{"kind":"${long}"}\n{}\n`);
    expect((await ask('/trace', { token: 'wrong' })).status).toBe(403);
    expect((await (await pageWorld()).ask('/trace')).status).toBe(404);
  });

  it('stands under a path of its own, where it is mounted', async () => {
    const { ask, inspector } = await pageWorld({ basePath: '/live/' });
    expect(inspector.url).toMatch(/^\/live\/\?token=\w{32}$/);
    expect((await ask('/live/')).headers.getSetCookie()[0]).toContain('Path=/live/;');
    expect((await ask('/live/assets/page.js')).status).toBe(200);
    expect((await ask('/')).status).toBe(404);
  });
});

describe('a request that is refused', () => {
  const paths = ['/', '/feed', '/stately', '/assets/page.js'];

  it.each(paths)('has no token, or a wrong one: %s', async (path) => {
    const { ask, token } = await pageWorld();
    const wrong = [null, '', 'x', `${token}x`, token.slice(1), token.toUpperCase()];
    for (const given of wrong) expect((await ask(path, { token: given })).status).toBe(403);
    const cookie = `kinesumer-00000000=${token}; token=${token}`;
    expect((await ask(path, { token: null, headers: { cookie } })).status).toBe(403);
  });

  it.each(paths)('asks for it under a name that is not its own: %s', async (path) => {
    const { ask } = await pageWorld();
    for (const host of ['evil.example', '127.0.0.1:8080', 'ops.example', 'ops.example:80']) {
      expect((await ask(path, { headers: { host } })).status).toBe(403);
    }
    expect((await ask(path, { headers: { host: HOST.toUpperCase() } })).status).toBe(200);
  });

  it.each(paths)('comes from the page of another site: %s', async (path) => {
    const { ask } = await pageWorld();
    for (const origin of ['http://evil.example', 'null', 'http://ops.example', 'garbage']) {
      expect((await ask(path, { headers: { origin } })).status).toBe(403);
    }
    expect((await ask(path, { headers: { origin: `http://${HOST}` } })).status).toBe(200);
    const headers = { 'sec-fetch-site': 'same-site' };
    // a link to the page itself may be followed from anywhere
    expect((await ask(path, { headers })).status).toBe(path === '/' ? 200 : 403);
  });
});

describe('an action', () => {
  it('is done where its host allows it, and only there', async () => {
    const done: unknown[] = [];
    const actions = {
      stop: (action: object) => void done.push(action),
      split: () => Promise.reject(new Error('there is no such shard')),
    };
    const { ask } = await pageWorld({ actions });
    const post = async (body: unknown, headers: Record<string, string> = json) => {
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      return ask('/action', { method: 'POST', body: text, headers });
    };
    expect((await post({ kind: 'stop', client: 'a' })).status).toBe(204);
    expect(done).toEqual([{ kind: 'stop', client: 'a' }]);
    const refused = await post({ kind: 'split' });
    expect([refused.status, await refused.text()]).toEqual([422, 'there is no such shard\n']);
    for (const kind of ['kill', 'toString', '__proto__']) {
      expect((await post({ kind })).status).toBe(404);
    }
    for (const body of ['', '[]', '{"kind":1}', 'null']) {
      expect((await post(body)).status).toBe(400);
    }
    // what a form of another site can send
    expect((await post({ kind: 'stop' }, { 'content-type': 'text/plain' })).status).toBe(415);
    const evil = { ...json, origin: 'http://evil.example' };
    expect((await post({ kind: 'stop' }, evil)).status).toBe(403);
    expect(done).toHaveLength(1);
  });
});

describe('the body of an action', () => {
  /** One that comes in pieces of 1 KiB for as long as somebody takes them. */
  const endless = () => {
    const seen = { pieces: 0, cancelled: false };
    const body = new ReadableStream<Uint8Array>(
      {
        pull: (controller) => {
          seen.pieces += 1;
          controller.enqueue(new Uint8Array(1_024).fill(0x20));
        },
        cancel: () => void (seen.cancelled = true),
      },
      { highWaterMark: 0 },
    );
    return { seen, body };
  };

  const post = async (body: string | ReadableStream, headers: Record<string, string> = json) => {
    const { ask } = await pageWorld({ actions: { stop: () => null } });
    const duplex = { duplex: 'half' } as object;
    return ask('/action', { method: 'POST', body, headers, ...duplex });
  };

  it('is read no further than its limit, in any server', async () => {
    const { seen, body } = endless();
    expect((await post(body)).status).toBe(413);
    expect(seen).toEqual({ pieces: 5, cancelled: true });
  });

  it('is not read at all where it says itself that it is too large', async () => {
    const { seen, body } = endless();
    expect((await post(body, { ...json, 'content-length': '4097' })).status).toBe(413);
    expect(seen).toEqual({ pieces: 0, cancelled: true });
  });

  it('may be as large as its limit, in bytes, and comes in any pieces', async () => {
    const text = JSON.stringify({ kind: 'stop', why: 'ü'.repeat(30) }).padEnd(4_096 - 30);
    const bytes = new TextEncoder().encode(text);
    expect(bytes).toHaveLength(4_096);
    const inPieces = new ReadableStream<Uint8Array>({
      start: (controller) => {
        for (let at = 0; at < bytes.length; at += 7) controller.enqueue(bytes.slice(at, at + 7));
        controller.close();
      },
    });
    expect((await post(inPieces)).status).toBe(204);
    expect((await post(`${text} `)).status).toBe(413);
  });
});

describe('the feed over HTTP', () => {
  it('begins with the header and what stands, and goes on ten times a second at most', async () => {
    const { ask, inspector, clock } = await pageWorld({ app: 'shop' });
    inspector.publish({ kind: 'process', process: 'p', clientId: 'a', what: 'started' });
    const response = await ask('/feed');
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const messages = messagesOf(response);
    const [first] = dataIn(await messages.next());
    expect(first).toMatchObject([{ kind: 'trace', app: 'shop' }, { kind: 'process' }]);
    inspector.publish({ kind: 'quiet' });
    const next = messages.next();
    await turn();
    inspector.publish({ kind: 'quiet' });
    clock.advance(99);
    await turn();
    inspector.publish({ kind: 'quiet' });
    clock.advance(1);
    expect(dataIn(await next)).toMatchObject([[QUIET, QUIET, QUIET]]);
    await messages.leave();
    expect(inspector.hub.watched).toBe(false);
  });

  it('says something now and then, so that a dead connection is found', async () => {
    const { ask, clock } = await pageWorld();
    const messages = messagesOf(await ask('/feed'));
    await messages.next();
    const next = messages.next();
    await turn();
    clock.advance(15_000);
    expect(await next).toBe(':\n\n');
    await messages.leave();
  });

  it('is ended with the inspector, and leaves no timer behind', async () => {
    const { ask, inspector, clock } = await pageWorld();
    const reader = ((await ask('/feed')).body as ReadableStream<Uint8Array>).getReader();
    await reader.read();
    const last = reader.read();
    await turn();
    await inspector.close();
    expect((await last).done).toBe(true);
    expect(clock.pending()).toBe(0);
  });

  it('looks at no client and answers no page any more once the inspector is closed', async () => {
    const { ask, inspector, clock } = await pageWorld();
    const watched = new Set<string>();
    const opened: string[] = [];
    const clientOf = (clientId: string) => ({
      app: 'shop',
      clientId,
      snapshot: () => ({ session: null, generation: null, shards: [] }),
      inside: () => ({
        store: new MemoryStateStore({ table: new MemoryTable() }),
        clock,
        watch: () => {
          watched.add(clientId);
          return () => void watched.delete(clientId);
        },
      }),
    });
    inspector.attach(clientOf('one'));
    const off = inspector.attach(clientOf('two'));
    off();
    const again = inspector.attach(clientOf('two'));
    // nothing is to be taken off any more: the other one keeps its name
    off();
    inspector.attach(clientOf('two'))();
    const names = inspector.hub.subscribe();
    const told = names.take().flatMap((line) => (line.kind === 'process' ? [line.process] : []));
    expect(told.at(-1)).toBe('two~2');
    names.close();
    again();
    inspector.source({
      open: () => {
        opened.push('source');
        return () => {};
      },
    });
    expect([...watched]).toEqual(['one']);
    await inspector.close();
    await inspector.close();
    expect(watched.size).toBe(0);
    // a page tries again by itself, in a server that goes on
    expect((await ask('/feed')).status).toBe(503);
    inspector.attach(clientOf('three'));
    expect([watched.size, opened]).toEqual([0, []]);
  });

  it('is open to so many pages and no more', async () => {
    const { ask } = await pageWorld();
    const open = await Promise.all(Array.from({ length: 32 }, () => ask('/feed')));
    expect(open.every(({ status }) => status === 200)).toBe(true);
    expect((await ask('/stately')).status).toBe(503);
    await open[0]?.body?.cancel();
    await open[0]?.body?.cancel();
    expect((await ask('/feed')).status).toBe(200);
    expect((await ask('/feed')).status).toBe(503);
  });
});
