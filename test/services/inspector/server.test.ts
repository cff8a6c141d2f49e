import { createServer, request, type IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once, type EventEmitter } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import {
  createInspector,
  inspectTable,
  inspectTrace,
  type Inspector,
} from '../../../src/inspector.ts';
import { createKinesumer } from '../../../src/index.ts';
import { MemoryKinesis, MemoryStateStore } from '../../../src/services/memory/index.ts';
import { MemoryStream, MemoryTable } from '../../../src/services/memory/index.ts';
import { systemClock } from '../../../src/services/system/clock.ts';
import { dataIn, messagesOf } from './page-world.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function inspectorOf(options: Parameters<typeof createInspector>[0] = {}) {
  const inspector = await createInspector(options);
  closing.push(inspector.close);
  return inspector;
}

const feedOf = (inspector: { readonly url: string }): string => {
  const url = new URL(inspector.url);
  url.pathname = '/feed';
  return url.href;
};

/** A request whose Host header is not that of its address. */
async function asked(
  url: string,
  headers: Record<string, string>,
): Promise<{ status: number | undefined; headers: IncomingHttpHeaders }> {
  const asking = request(url, { headers });
  asking.end();
  const [response] = (await once(asking, 'response')) as [
    { statusCode?: number; headers: IncomingHttpHeaders; resume(): void },
  ];
  response.resume();
  return { status: response.statusCode, headers: response.headers };
}

function memory() {
  const kinesis = new MemoryKinesis({ clock: systemClock() });
  kinesis.createStream('orders', 2);
  kinesis.putRecord({ stream: 'orders', partitionKey: 'key', data: 'one' });
  return {
    app: 'shop',
    profile: 'fast',
    start: 'TRIM_HORIZON',
    stateStore: new MemoryStateStore({ table: new MemoryTable() }),
    stream: new MemoryStream({ kinesis }),
  } as const;
}

/** The events of a feed until there is one as asked for. */
async function until(url: string, holds: (event: { kind: string }) => boolean): Promise<object[]> {
  const messages = messagesOf(await fetch(url));
  const seen: { kind: string }[] = [];
  let rest = '';
  while (!seen.some(holds)) {
    rest += await messages.next();
    const end = rest.lastIndexOf('\n\n') + 1;
    seen.push(...(dataIn(rest.slice(0, end)).flat() as { kind: string }[]));
    rest = rest.slice(end);
  }
  await messages.leave();
  return seen;
}

describe('the server of the page', () => {
  it('listens on this machine only, under names of this machine', async () => {
    const { url, close } = await inspectorOf();
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\?token=[0-9a-f]{32}$/);
    const { port, search } = new URL(url);
    const root = `http://127.0.0.1:${port}/nothing${search}`;
    expect((await asked(root, {})).status).toBe(404);
    expect((await asked(root, { host: `localhost:${port}` })).status).toBe(404);
    for (const host of ['evil.example', `evil.example:${port}`, '127.0.0.1', `0.0.0.0:${port}`]) {
      expect((await asked(root, { host })).status).toBe(403);
    }
    expect((await asked(root, { host: 'no host' })).status).toBe(400);
    expect((await asked(root, { origin: 'http://evil.example' })).status).toBe(403);
    expect((await asked(`http://127.0.0.1:${port}/`, {})).status).toBe(403);
    await close();
    await expect(fetch(root)).rejects.toThrow('fetch failed');
  });

  it('says that its port is taken, and refuses options that are wrong', async () => {
    const taken = createServer();
    taken.listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as { port: number };
    await expect(createInspector({ port })).rejects.toMatchObject({ code: 'PortUnavailable' });
    taken.close();
    const wrong = [
      { port: -1 },
      { port: 65_536 },
      { port: 1.5 },
      { port: '80' },
      { host: 'a b' },
      { host: '0.0.0.0' },
      { listen: false },
      { basePath: 'live' },
      { hosts: 'ops' },
      { app: '' },
      { actions: { stop: 'now' } },
      { prot: 1 },
    ];
    for (const options of wrong) {
      const opening = createInspector(options as object);
      await expect(opening).rejects.toMatchObject({ code: 'InvalidOption' });
    }
    const table = inspectTable({ app: 'shop', table: 't', stateStore: memory().stateStore });
    await expect(table).rejects.toMatchObject({ code: 'InvalidOption' });
    await expect(inspectTable({} as never)).rejects.toMatchObject({ code: 'InvalidOption' });
  });

  it('holds little for a page that is frozen, which is told what it missed when it thaws', async () => {
    const inspector = await inspectorOf({ app: 'shop' });
    const { port, search } = new URL(inspector.url);
    const page = connect(Number(port), '127.0.0.1');
    page.write(`GET /feed${search} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
    await once(page, 'data');
    page.pause();
    const where = { process: 'p', name: 'commit', shard: 'orders/s', fence: 1 } as const;
    for (let n = 0; n < 100_000; n += 1) {
      inspector.publish({ kind: 'notice', ...where, detail: String(n).padStart(500, '0') });
      if (n % 1_000 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    let [text, received] = ['', 0];
    const last = String(99_999).padStart(500, '0');
    page.setEncoding('utf8').on('data', (chunk: string) => {
      received += chunk.split('"commit"').length - 1;
      text = text.slice(-1_000) + chunk;
    });
    page.resume();
    while (!text.includes('"kind":"dropped"')) await once(page, 'data');
    while (!text.includes(last)) await once(page, 'data');
    // what the connection held, and what is kept of the past for anybody
    expect(received).toBeLessThan(40_000);
    page.destroy();
  });

  it('cuts off a page that it cannot tell what happened, and looks no more for it', async () => {
    const inspector = await inspectorOf({ app: 'shop' });
    let open = 0;
    inspector.source({
      open: () => {
        open += 1;
        return () => void (open -= 1);
      },
    });
    const messages = messagesOf(await fetch(feedOf(inspector)));
    await messages.next();
    expect(open).toBe(1);
    inspector.publish({ kind: 'notice', process: 'p', name: 'error', detail: 1n as never });
    await expect(messages.next()).rejects.toThrow('terminated');
    // what is not caught by now would fail this file
    await new Promise((resolve) => setImmediate(resolve));
    expect(open).toBe(0);
  });

  it('outlives a trace that cannot be read to its end', async () => {
    const { url, close } = await inspectTrace({
      app: 'shop',
      lines: async function* () {
        yield 'x'.repeat(100_000);
        await Promise.resolve();
        throw new Error('the disk is gone');
      },
    });
    closing.push(close);
    const address = new URL(url);
    address.pathname = '/trace';
    const answer = await fetch(address);
    await expect(answer.text()).rejects.toThrow('terminated');
    await new Promise((resolve) => setImmediate(resolve));
    expect((await fetch(url)).status).not.toBe(500);
  });

  it('outlives a connection that the machine cannot take', async () => {
    const inspector = await inspectorOf({ app: 'shop' });
    const servers: EventEmitter[] = [];
    const seen = (message: unknown): void =>
      void servers.push((message as { server: EventEmitter }).server);
    subscribe('http.server.request.start', seen);
    closing.push(() => Promise.resolve(unsubscribe('http.server.request.start', seen)));
    await (await fetch(inspector.url)).text();
    // as node:net tells it where no file descriptor is left
    expect(() => servers[0]?.emit('error', new Error('accept EMFILE'))).not.toThrow();
    expect(servers).toHaveLength(1);
  });
});

describe('a client that is inspected', () => {
  it('is shown with its group by the inspector that it was given', async () => {
    const inspector = await inspectorOf();
    const client = await createKinesumer({ ...memory(), clientId: 'one', inspect: inspector });
    closing.push(() => client.close());
    const running = client.run({ streams: ['orders'], eachRecord: () => {} });
    const seen = await until(feedOf(inspector), ({ kind }) => kind === 'map');
    expect(seen[0]).toMatchObject({ kind: 'trace', source: 'process', app: 'shop' });
    expect(seen[0]).toHaveProperty('epochMs');
    const kinds = new Set(seen.map((event) => (event as { kind: string }).kind));
    for (const kind of ['chart', 'actor', 'state', 'process', 'notice', 'member', 'generation']) {
      expect(kinds).toContain(kind);
    }
    const url = new URL(inspector.url);
    url.pathname = '/stately';
    const stately = await until(url.href, () => true);
    expect(stately[0]).toMatchObject({ type: '@xstate.actor', _version: '0.7.2' });
    await client.close();
    await running;
  });

  it('tells nothing of what it stands on, such as the credentials of its connections', async () => {
    const inspector = await inspectorOf();
    const { stateStore, stream, ...rest } = memory();
    const secret = { config: { credentials: { secretAccessKey: 'hush-hush' } } };
    Object.assign(stateStore, secret);
    Object.assign(stream, secret);
    const client = await createKinesumer({ ...rest, stateStore, stream, inspect: inspector });
    closing.push(() => client.close());
    const url = new URL(inspector.url);
    url.pathname = '/stately';
    const told = Promise.all([
      until(feedOf(inspector), ({ kind }) => kind === 'flow'),
      until(url.href, (event) => JSON.stringify(event).includes('emptyReads":3')),
    ]);
    const running = client.run({ streams: ['orders'], eachRecord: () => {} });
    const text = JSON.stringify(await told);
    // what promises were made of is told too
    expect(text).toContain('"input":{');
    expect(text).not.toContain('hush-hush');
    await client.close();
    await running;
  });

  it('opens a page of its own, one, which is closed with it', async () => {
    const client = await createKinesumer(memory());
    const running = client.run({ streams: ['orders'], eachRecord: () => {} });
    const { url, close } = await client.inspect();
    expect((await client.inspect()).url).toBe(url);
    await until(feedOf({ url }), ({ kind }) => kind === 'generation');
    await close();
    await expect(fetch(url)).rejects.toThrow('fetch failed');
    const again = await client.inspect({ port: 0 });
    expect(again.url).not.toBe(url);
    await client.close();
    await running;
    await expect(fetch(again.url)).rejects.toThrow('fetch failed');
    await expect(client.inspect()).rejects.toMatchObject({ code: 'ClientClosed' });
  });

  it('closes the page that is open now with it, also where an earlier one was closed twice', async () => {
    const client = await createKinesumer(memory());
    const first = await client.inspect();
    await first.close();
    const second = await client.inspect();
    await first.close();
    expect((await client.inspect()).url).toBe(second.url);
    await client.close();
    await expect(fetch(second.url)).rejects.toThrow('fetch failed');
  });

  it('opens no page where its options are wrong, and one when they are right', async () => {
    const client = await createKinesumer(memory());
    closing.push(() => client.close());
    const wrong = client.inspect({ port: -1 });
    await expect(wrong).rejects.toMatchObject({ code: 'InvalidOption' });
    expect((await client.inspect()).url).toContain('token=');
  });

  it('may be one of several of an application, and of no other', async () => {
    const inspector: Inspector = await inspectorOf({ group: false });
    const shop = memory();
    for (const clientId of ['one', 'two']) {
      const client = await createKinesumer({ ...shop, clientId, inspect: inspector });
      closing.push(() => client.close());
    }
    const seen = await until(feedOf(inspector), () => true);
    const names = seen.flatMap((event) => ('process' in event ? [event.process] : []));
    expect(names).toEqual(['one', 'two']);
    const other = createKinesumer({ ...memory(), app: 'other', inspect: inspector });
    await expect(other).rejects.toMatchObject({ code: 'InvalidOption' });
  });
});

describe('a table that is inspected', () => {
  it('shows its group without a client in the process', async () => {
    const shop = memory();
    const client = await createKinesumer({ ...shop, clientId: 'one' });
    closing.push(() => client.close());
    const running = client.run({ streams: ['orders'], eachRecord: () => {} });
    const { stateStore } = shop;
    const inspector = await inspectTable({ app: 'shop', stateStore });
    closing.push(inspector.close);
    const seen = await until(feedOf(inspector), ({ kind }) => kind === 'shard');
    expect(seen[0]).toMatchObject({ kind: 'trace', source: 'table', app: 'shop' });
    expect(seen).toContainEqual(expect.objectContaining({ kind: 'member', clientId: 'one' }));
    await client.close();
    await running;
  });
});
