import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, describe, test } from 'node:test';
import { promisify } from 'node:util';
import type { HealthCheckSettings, PoolSettings } from '../../../src/config/settings.ts';
import { probe, type ProbeResult } from '../../../src/health/control/probe.ts';
import { HEALTH_CHECK, TLS } from '../../support/pool-settings.ts';
import { selfSigned } from '../../support/self-signed.ts';

describe('a probe', () => {
  const servers: Server[] = [];
  const sockets = new Set<Socket>();

  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
  });

  async function listen(server: Server): Promise<string> {
    servers.push(server);
    server.on('connection', (socket: Socket) => sockets.add(socket.once('close', () => sockets.delete(socket))));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }
  const http = (listener: RequestListener): Promise<string> => listen(createServer(listener));
  const tcp = (onConnection: (socket: Socket) => void): Promise<string> =>
    listen(createTcpServer((socket) => onConnection(socket.on('error', () => {}))));

  test('says ok with the status and the time to the head', async () => {
    const url = await http((_, response) => response.end('fine'));
    const result = await run(url);
    assert.ok(result.ok);
    assert.equal(result.status, 200);
    assert.ok(result.latencyMs > 0 && result.latencyMs < 2000);
  });

  test('asks below the base path, with a name of its own, the Host of the backend, on a connection of its own', async () => {
    const seen: unknown[] = [];
    const url = await http(({ method, url: path, headers }, response) => {
      seen.push([method, path, headers.host, headers.connection, headers['user-agent']?.replace(/\/\d.*/, '')]);
      response.end();
    });
    await run(`${url}/base`, { path: '/health?deep=1' });
    await run(`${url}/`);
    const rest = [new URL(url).host, 'close', 'sluice-health'];
    assert.deepEqual(seen, [
      ['GET', '/base/health?deep=1', ...rest],
      ['GET', '/health', ...rest],
    ]);
  });

  test('takes both ends of the expected range, and nothing beyond', async () => {
    const results: boolean[] = [];
    for (const status of [200, 204, 399, 400, 503]) {
      const url = await http((_, response) => response.writeHead(status).end());
      results.push((await run(url)).ok);
    }
    assert.deepEqual(results, [true, true, true, false, false]);
  });

  test('follows no redirect', async () => {
    let requests = 0;
    const url = await http((_, response) => {
      requests += 1;
      response.writeHead(302, { location: '/elsewhere' }).end();
    });
    assert.equal((await run(url)).ok, true);
    assert.equal(requests, 1);
    assert.deepEqual(await run(url, { expectedStatus: [200, 299] }), { ok: false, error: 'status 302' });
  });

  for (const type of ['http', 'tcp']) {
    test(`by ${type} says that the process itself has no descriptor left`, async () => {
      const url = await http((_, response) => response.end('fine'));
      const script = `
        import { openSync } from 'node:fs';
        import { probe } from './src/health/control/probe.ts';
        import { HEALTH_CHECK, TLS } from './test/support/pool-settings.ts';
        const at = { insecureSkipTlsVerify: false, protocol: 'http1', tls: TLS, address: '127.0.0.1' };
        const run = () => probe('${url}', { ...HEALTH_CHECK, enabled: true, type: '${type}' }, new AbortController().signal, at);
        await run();
        try { for (;;) openSync('/dev/null'); } catch {}
        console.log(JSON.stringify(await run()));`;
      const args = ['-c', 'ulimit -n 100; exec "$0" --input-type=module -e "$1"', process.execPath, script];
      const { stdout } = await promisify(execFile)('sh', args);
      assert.deepEqual(JSON.parse(stdout), { ok: false, error: 'no file descriptor left', isOwn: true });
    });
  }

  test('names a refused connection', async () => {
    const url = await tcp(() => {});
    await new Promise((resolve) => servers.pop()!.close(resolve));
    assert.deepEqual(await run(url), { ok: false, error: 'connect refused' });
  });

  test('names a connection that ends before the head', async () => {
    const url = await tcp((socket) => socket.once('data', () => socket.destroy()));
    assert.deepEqual(await run(url), { ok: false, error: 'connection reset' });
  });

  test('fails on a body that breaks off', async () => {
    const url = await tcp((socket) =>
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc')),
    );
    assert.deepEqual(await run(url), { ok: false, error: 'connection reset' });
  });

  test('fails on what is not HTTP', async () => {
    const url = await tcp((socket) => socket.once('data', () => socket.end('SSH-2.0-OpenSSH_9.2\r\n')));
    assert.deepEqual(await run(url), { ok: false, error: 'invalid response' });
  });

  test('does not read an upgrade as an answer', async () => {
    const head = 'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n';
    const url = await tcp((socket) => socket.once('data', () => socket.write(head)));
    assert.deepEqual(await run(url), { ok: false, error: 'status 101' });
  });

  test('gives up on a head that does not come', async () => {
    const url = await http(() => {});
    assert.deepEqual(await run(url, { timeoutMs: 20 }), { ok: false, error: 'timeout after 20 ms' });
  });

  test('gives up on a body that does not end', async () => {
    const url = await http((_, response) => response.write('…'));
    assert.deepEqual(await run(url, { timeoutMs: 40 }), { ok: false, error: 'timeout after 40 ms' });
  });

  test('reads 64 KiB of a body and hangs up', async () => {
    const closed = Promise.withResolvers<void>();
    const url = await http((_, response) => {
      response.once('close', closed.resolve);
      response.write(Buffer.alloc(1 << 20));
    });
    assert.equal((await run(url)).ok, true);
    await closed.promise;
  });

  test('trusts no unknown certificate unless configured to', async () => {
    const url = (await listen(createHttpsServer(selfSigned, (_, response) => response.end()))).replace(
      'http:',
      'https:',
    );
    assert.deepEqual(await run(url), { ok: false, error: 'depth zero self signed cert' });
    assert.equal((await run(url, {}, { insecureSkipTlsVerify: true })).ok, true);
  });

  test('sends the configured method and headers, Host and User-Agent too', async () => {
    const seen: unknown[] = [];
    const url = await http(({ method, headers }, response) => {
      seen.push(method, headers.host, headers['user-agent'], headers['x-key']);
      response.end();
    });
    const headers = { host: 'shop.example', 'user-agent': 'me', 'x-key': 'k' };
    assert.equal((await run(url, { method: 'HEAD', headers })).ok, true);
    assert.deepEqual(seen, ['HEAD', 'shop.example', 'me', 'k']);
  });

  test('requires the expected text, even if it comes in pieces, and reports the missing one', async () => {
    const url = await http((_, response) => {
      response.write('{"status":');
      setImmediate(() => response.end('"up"}'));
    });
    assert.equal((await run(url, { expectedBody: '"status":"up"' })).ok, true);
    const result = await run(url, { expectedBody: 'ready' });
    assert.deepEqual(result, { ok: false, error: 'body without "ready"' });
  });

  test('looks for the expected text in the first 64 KiB only', async () => {
    const url = await http((_, response) => response.end(`${' '.repeat(64 * 1024 - 2)}ready`));
    assert.deepEqual(await run(url, { expectedBody: 'ready' }), { ok: false, error: 'body without "ready"' });
    assert.equal((await run(url, { expectedBody: ' re' })).ok, true);
  });

  test('requires the expected headers, with their text', async () => {
    const url = await http((_, response) => response.setHeader('x-role', 'primary, writable').end());
    const wants = (expectedHeaders: Record<string, string>) => run(url, { expectedHeaders });
    assert.equal((await wants({ 'x-role': 'primary' })).ok, true);
    assert.equal((await wants({ 'x-role': '' })).ok, true);
    assert.deepEqual(await wants({ 'x-role': 'replica' }), { ok: false, error: 'header x-role without "replica"' });
    assert.deepEqual(await wants({ 'x-ready': '' }), { ok: false, error: 'no header x-ready' });
  });

  test('checks another port of the same host if configured', async () => {
    const url = await http((_, response) => response.end());
    const port = Number(new URL(url).port);
    assert.equal((await run('http://127.0.0.1:1/base', { port })).ok, true);
    assert.equal((await run('http://127.0.0.1:1', { port, type: 'tcp' })).ok, true);
  });

  test('by tcp is content with a connection, and sends nothing', async () => {
    const received: Buffer[] = [];
    const closed = Promise.withResolvers<void>();
    const url = await tcp((socket) =>
      socket.on('data', (chunk) => received.push(chunk)).once('close', () => closed.resolve()),
    );
    const result = await run(url, { type: 'tcp' });
    assert.ok(result.ok && result.status === null && result.latencyMs > 0);
    await closed.promise;
    assert.equal(received.length, 0);
  });

  test('by tcp names a refused connection', async () => {
    const url = await tcp(() => {});
    await new Promise((resolve) => servers.pop()!.close(resolve));
    assert.deepEqual(await run(url, { type: 'tcp' }), { ok: false, error: 'connect refused' });
  });

  test('by tcp makes a TLS connection to an https backend, and verifies it', async () => {
    const url = (await listen(createHttpsServer(selfSigned))).replace('http:', 'https:');
    assert.deepEqual(await run(url, { type: 'tcp' }), { ok: false, error: 'depth zero self signed cert' });
    assert.equal((await run(url, { type: 'tcp' }, { insecureSkipTlsVerify: true })).ok, true);
  });

  test('by tcp gives up on a TLS handshake that does not come', async () => {
    const url = (await tcp(() => {})).replace('http:', 'https:');
    assert.deepEqual(await run(url, { type: 'tcp', timeoutMs: 20 }), { ok: false, error: 'timeout after 20 ms' });
  });

  test('by tcp ends when it is aborted', async () => {
    const stopping = new AbortController();
    const url = (await tcp(() => stopping.abort())).replace('http:', 'https:');
    const result = await run(url, { type: 'tcp' }, { signal: stopping.signal });
    assert.deepEqual(result, { ok: false, error: 'aborted' });
  });

  test('ends when it is aborted', async () => {
    const stopping = new AbortController();
    const url = await http(() => stopping.abort());
    assert.deepEqual(await run(url, {}, { signal: stopping.signal }), { ok: false, error: 'aborted' });
  });
});

function run(
  url: string,
  change: Partial<HealthCheckSettings> = {},
  {
    signal = new AbortController().signal,
    insecureSkipTlsVerify = false,
    protocol = 'http1' as PoolSettings['protocol'],
  } = {},
): Promise<ProbeResult> {
  const check: HealthCheckSettings = { ...HEALTH_CHECK, enabled: true, ...change };
  return probe(url, check, signal, { insecureSkipTlsVerify, protocol, tls: TLS, address: '127.0.0.1' });
}
