import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { networkInterfaces } from 'node:os';
import { describe, expect, it } from 'vitest';
import { startLocalDynamo } from '../../dev/local-servers/dynamo.ts';
import { startFaultyProxy } from '../../dev/local-servers/faulty-proxy.ts';
import { startLocalKinesis } from '../../dev/local-servers/kinesis.ts';

const call = (endpoint: string, target: string): Promise<Response> =>
  fetch(endpoint, {
    method: 'POST',
    headers: {
      'x-amz-target': target,
      'content-type': target.startsWith('Kinesis')
        ? 'application/x-amz-json-1.1'
        : 'application/x-amz-json-1.0',
      authorization:
        'AWS4-HMAC-SHA256 Credential=a/20250101/us-east-1/x/aws4_request, SignedHeaders=host, Signature=0',
      'x-amz-date': '20250101T000000Z',
    },
    body: '{}',
  });

const SERVERS = [
  { name: 'kinesis-local', start: startLocalKinesis, target: 'Kinesis_20131202.ListStreams' },
  { name: 'dynalite', start: startLocalDynamo, target: 'DynamoDB_20120810.ListTables' },
] as const;

describe.each(SERVERS)('$name in its own process', ({ start, target }) => {
  it('answers on 127.0.0.1 and on no other address, and is gone after stop()', async () => {
    const server = await start();
    try {
      expect((await call(server.endpoint, target)).status).toBe(200);
      const others = Object.values(networkInterfaces())
        .flatMap((addresses) => addresses ?? [])
        .filter(({ internal, family }) => !internal && family === 'IPv4');
      for (const { address } of others) {
        await expect(call(`http://${address}:${server.port}`, target)).rejects.toThrow();
      }
      // Answered by a server that listens on all addresses, on hosts where the whole of 127/8 is local.
      for (const host of ['[::1]', '127.0.0.2']) {
        await expect(call(`http://${host}:${server.port}`, target)).rejects.toThrow();
      }
    } finally {
      await server.stop();
    }
    await expect(call(server.endpoint, target)).rejects.toThrow();
    await server.stop();
  });

  it('can be stopped while it is frozen', async () => {
    const server = await start();
    server.freeze();
    await server.stop();
    await expect(call(server.endpoint, target)).rejects.toThrow();
  });
});

describe('a child server', () => {
  it('ends when its parent is gone', async () => {
    const child = fork(new URL('../../dev/local-servers/dynamo-child.mjs', import.meta.url), {
      execArgv: [],
      env: { LOCAL_SERVER_OPTIONS: '{"createTableMs":0}' },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    await once(child, 'message');
    const exited = once(child, 'exit');
    child.disconnect();
    const [code] = await exited;
    expect(code).toBe(0);
    expect(() => execFileSync('kill', ['-0', String(child.pid)], { stdio: 'ignore' })).toThrow();
  });
});

describe('the faulty proxy', () => {
  it('passes requests, refuses them while cut, holds them while stalled, and recovers', async () => {
    const server = createServer((_, response) => response.end('here'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no TCP address');
    const proxy = await startFaultyProxy(`http://127.0.0.1:${address.port}`);
    const get = async (): Promise<string> => (await fetch(proxy.endpoint)).text();
    try {
      expect(await get()).toBe('here');
      proxy.cut();
      await expect(get()).rejects.toThrow();
      proxy.restore();
      expect(await get()).toBe('here');
      proxy.stall();
      const seen: string[] = [];
      const held = get().then((text) => seen.push(text));
      // The request has reached the proxy once a connection is there; no answer can have come.
      while (proxy.connections() === 0) await new Promise((resolve) => setImmediate(resolve));
      expect(seen).toEqual([]);
      proxy.restore();
      await held;
      expect(seen).toEqual(['here']);
      proxy.delay(5);
      expect(await get()).toBe('here');
    } finally {
      await proxy.stop();
      server.close();
    }
    await expect(get()).rejects.toThrow();
  });
});
