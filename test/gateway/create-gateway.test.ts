/** A gateway in the process of a program. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { it, type TestContext } from 'node:test';
import { type Config, ConfigError, createGateway, type CreateGatewayOptions } from '../../src/sluice.ts';
import { startEchoBackend } from '../support/echo-backend.ts';
import { httpRequest } from '../support/http-request.ts';

async function backendUrl(t: TestContext): Promise<string> {
  const backend = await startEchoBackend();
  t.after(() => backend.close());
  return backend.url;
}

const configOf = (url: string, more: Partial<Config> = {}): Config => ({
  health_check: { enabled: false },
  pools: { web: { backends: [{ url, id: 'b0' }] } },
  ...more,
});

async function open(t: TestContext, options: CreateGatewayOptions) {
  const gateway = await createGateway({ host: '127.0.0.1', port: 0, adminPort: 0, threads: 1, ...options });
  t.after(() => gateway.close());
  return gateway;
}

it('a gateway in a program forwards, is asked without a connection, and reloads another object', async (t) => {
  const url = await backendUrl(t);
  const gateway = await open(t, { config: configOf(url) });
  assert.equal(gateway.ready, true);
  assert.equal((await httpRequest(`${gateway.url}/`)).status, 200);
  const created = await gateway.admin('/v1/api/clients', {
    body: { client_id: 'app', capacity: 1, rate_per_second: 0.001 },
  });
  assert.equal(created.status, 201, created.body);
  const ask = () => httpRequest(`${gateway.url}/`, { headers: { 'x-client-id': 'app' } });
  assert.equal((await ask()).status, 200);
  assert.equal((await ask()).status, 429);

  const events: string[] = [];
  const end = gateway.onEvent(({ kind }) => void events.push(kind));
  const route = { path_prefix: '/api', pool: 'web' };
  const report = await gateway.reload(configOf(url, { routes: [route] }));
  assert.equal(report.result, 'applied');
  assert.equal((await httpRequest(`${gateway.url}/`)).status, 404);
  assert.equal((await httpRequest(`${gateway.url}/api`)).status, 200);
  assert.deepEqual(events, ['configuration']);
  end();

  const wrong = configOf(url, { routes: [{ path_prefix: '/', pool: 'wbe' }] });
  await assert.rejects(gateway.reload(wrong), (error: unknown) => {
    assert.ok(error instanceof ConfigError);
    assert.equal(error.problems[0]?.path, 'routes.0.pool');
    return true;
  });
  // A reload by the API reads the last valid object, too.
  const again = await gateway.admin('/v1/api/config/reload', { method: 'POST' });
  assert.equal(again.json<{ result: string }>().result, 'unchanged', again.body);
  await assert.rejects(gateway.reload(), TypeError);
});

it('two gateways in one process share neither clients nor configuration', async (t) => {
  const url = await backendUrl(t);
  const rate_limit = { default: { capacity: 1, rate_per_second: 0.001 } };
  const one = await open(t, { config: configOf(url, { rate_limit }) });
  const other = await open(t, { config: configOf(url, { rate_limit }) });
  for (const gateway of [one, other]) {
    assert.equal((await httpRequest(`${gateway.url}/`)).status, 200);
    assert.equal((await httpRequest(`${gateway.url}/`)).status, 429);
  }
  await one.close();
  assert.equal(one.ready, false);
  assert.deepEqual(one.notReadyReasons, ['stopping']);
  assert.equal((await httpRequest(`${other.url}/`)).status, 429);
});

it('an invalid configuration rejects with every problem, and an invalid file with their lines', async (t) => {
  const config = { pools: { web: { backends: [{ url: 'ftp://x' }], algorithm: 'roundrobin' } } } as unknown as Config;
  await assert.rejects(open(t, { config }), (error: unknown) => {
    assert.ok(error instanceof ConfigError);
    assert.deepEqual(error.problems.map(({ path }) => path).toSorted(), [
      'pools.web.algorithm',
      'pools.web.backends.0.url',
    ]);
    return true;
  });
  const withCode = { pools: () => ({}) } as unknown as Config;
  await assert.rejects(open(t, { config: withCode }), ConfigError);
  await assert.rejects(open(t, { config: null as unknown as Config }), ConfigError);
  await assert.rejects(open(t, {}), TypeError);

  const folder = mkdtempSync(join(tmpdir(), 'sluice-library-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'gateway.yaml'), 'pools:\n  web:\n    backends: []\n    algorithm: roundrobin\n');
  await assert.rejects(open(t, { file: 'gateway.yaml', cwd: folder }), (error: unknown) => {
    assert.ok(error instanceof ConfigError);
    const { source, line } = error.problems.find(({ path }) => path === 'pools.web.algorithm')!;
    assert.deepEqual({ source, line }, { source: 'gateway.yaml', line: 4 });
    return true;
  });
});

it(
  'a program ends by itself after a failed start and a closed gateway, and keeps its listeners',
  { timeout: 120_000 },
  async (t) => {
    const url = await backendUrl(t);
    const temporary = mkdtempSync(join(tmpdir(), 'sluice-library-'));
    t.after(() => rmSync(temporary, { recursive: true, force: true }));
    // Handles that are left would keep it alive, and the test would time out.
    const program = `
        import { createServer } from 'node:net';
        import { createGateway } from ${JSON.stringify(new URL('../../src/sluice.ts', import.meta.url).href)};
    const config = ${JSON.stringify(configOf(url))};
    const listeners = () => JSON.stringify(process.eventNames().map((name) => [String(name), process.listenerCount(name)]));
    const before = listeners();
    const taken = createServer();
    await new Promise((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address();
    const codes = [];
    for (const ports of [{ port, adminPort: 0 }, { port: 0, adminPort: port }]) {
      await createGateway({ config, host: '127.0.0.1', threads: 1, ...ports }).catch(({ name, code }) => codes.push(name, code));
    }
    taken.close();
    const gateway = await createGateway({ config, host: '127.0.0.1', port: 0, adminPort: 0, threads: 2 });
    const { status } = await fetch(gateway.url, { headers: { connection: 'close' } });
    const during = listeners();
    const closing = gateway.close();
    const isSame = gateway.close() === closing;
    await closing;
    console.log(JSON.stringify({ codes, status, isSame, hasListeners: during !== before || listeners() !== before }));`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
      env: { PATH: process.env['PATH'], TMPDIR: temporary },
      cwd: temporary,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    t.after(() => child.kill('SIGKILL'));
    const exited = once(child, 'exit');
    const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
    assert.deepEqual(await exited, [0, null], errors);
    assert.equal(errors, '');
    const failure = ['GatewayStartError', 'port_in_use'];
    assert.deepEqual(JSON.parse(output), {
      codes: [...failure, ...failure],
      status: 200,
      isSame: true,
      hasListeners: false,
    });
    assert.deepEqual(readdirSync(temporary), []);
  },
);

it('lines of both planes reach the logger of the program, which decides their format', async (t) => {
  const url = await backendUrl(t);
  const lines: { fields: Record<string, unknown>; message: string }[] = [];
  const take = (fields: object, message: string) => void lines.push({ fields: { ...fields }, message });
  const gateway = await createGateway({
    config: configOf(url, { log: { level: 'info', format: 'pretty' } }),
    host: '127.0.0.1',
    port: 0,
    adminPort: 0,
    threads: 1,
    logger: { debug: take, info: take, warn: take, error: take },
  });
  t.after(() => gateway.close());
  assert.equal((await httpRequest(`${gateway.url}/some/path`)).status, 200);
  await gateway.close();
  assert.ok(lines.some(({ fields, message }) => fields['name'] === 'control' && message === 'sluice runs'));
  const access = lines.find(({ fields }) => fields['name'] === 'traffic' && fields['path'] === '/some/path');
  assert.equal(access?.fields['status'], 200, JSON.stringify(lines));
});
