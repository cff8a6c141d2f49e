/** Serves a page that a test wrote, under the policy of the live page. */
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll } from 'vitest';

const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; " +
  "connect-src 'self'; worker-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
};

/**
 * Call in the body of the test file (`await` at the top level), not inside a test.
 *
 * @param files by their path, such as `/index.html`
 * @returns where it listens, as `http://127.0.0.1:<port>`
 */
export async function useFixture(files: Readonly<Record<string, string>>): Promise<string> {
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    const text = files[path];
    const extension = path.slice(path.lastIndexOf('.') + 1);
    response.writeHead(text === undefined ? 404 : 200, {
      'content-type': TYPES[extension] ?? 'text/plain',
      'content-security-policy': POLICY,
    });
    response.end(text);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
