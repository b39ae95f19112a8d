/** Keys from real servers, above all from those that misbehave. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { fetchKeys, type FetchedKeys } from '../../../src/auth/control/fetch-keys.ts';

const KEYS = JSON.stringify({ keys: [{ kty: 'EC', crv: 'P-256', x: 'x', y: 'y', kid: 'a' }] });

async function serve(t: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise((resolve) => server.once('listening', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function fetchFrom(url: string, kind: 'url' | 'discovery' | 'file' = 'url'): Promise<FetchedKeys> {
  return fetchKeys({ id: '', kind, location: url }, tmpdir(), new AbortController().signal);
}

test('keys come with the time to fetch them again', async (t) => {
  const url = await serve(t, (_request, response) => response.setHeader('cache-control', 'max-age=120').end(KEYS));
  const { keys, refreshMs } = await fetchFrom(url);
  assert.deepEqual(
    keys.map(({ kid }) => kid),
    ['a'],
  );
  assert.equal(refreshMs, 120_000);
});

test('an issuer is asked where its keys are', async (t) => {
  const url: string = await serve(t, (request, response) => {
    const document = JSON.stringify({ issuer: url, jwks_uri: `${url}/keys` });
    response.end(request.url === '/.well-known/openid-configuration' ? document : request.url === '/keys' ? KEYS : '');
  });
  assert.equal((await fetchFrom(url, 'discovery')).keys.length, 1);
  await assert.rejects(fetchFrom(`${url}/`, 'discovery'), /names another issuer/);
});

test('a server that misbehaves is a failure with a reason', async (t) => {
  const answers: readonly (readonly [RequestListener, RegExp])[] = [
    [(_request, response) => response.end('<html>'), /it is not JSON/],
    [(_request, response) => response.end('{}'), /"keys" is missing/],
    [(_request, response) => response.writeHead(500).end(KEYS), /it answered 500/],
    [(_request, response) => response.writeHead(302, { location: '/elsewhere' }).end(), /it answered 302/],
    [(request) => request.socket.destroy(), /closed|ECONNRESET|UND_ERR/],
    [
      (_request, response) => response.end(`{"keys":[],"pad":"${'x'.repeat(1024 * 1024)}"}`),
      /larger than 1048576 bytes/,
    ],
  ];
  for (const [listener, reason] of answers) await assert.rejects(fetchFrom(await serve(t, listener)), reason);
});

test('an endless answer is cut, and a server that is gone is a failure', async (t) => {
  const piece = Buffer.alloc(65_536, 32);
  const endless = await serve(t, (_request, response) => {
    const more = (): void => {
      while (response.write(piece) && !response.destroyed);
    };
    response.on('drain', more).on('error', () => {});
    more();
  });
  await assert.rejects(fetchFrom(endless), /larger than 1048576 bytes/);
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  await assert.rejects(fetchFrom(`http://127.0.0.1:${port}`), /ECONNREFUSED/);
});

test('a server that hangs is given up', async (t) => {
  const url = await serve(t, (_request, response) => response.write('{'));
  const { signal } = new AbortController();
  await assert.rejects(fetchKeys({ id: '', kind: 'url', location: url }, '/', signal, 50), /no answer in time/);
});

test('a file has keys, or is a failure with a reason', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-keys-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'keys.json');
  await assert.rejects(fetchFrom(file, 'file'), /not exist|no such file/i);
  writeFileSync(file, KEYS);
  assert.equal((await fetchFrom(file, 'file')).keys.length, 1);
});
