/** The build of the server, as users start it: everything that a bundle could have left behind. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { isBuildCurrent } from '../../scripts/built.js';
import { startSampleBackend } from '../../src/cli/sample-backends/sample-backend.ts';
import { httpRequest } from '../support/http-request.ts';
import { startPostgresServer } from '../support/postgres-server.ts';
import { runGatewayProcess, spawnSluice } from '../support/sluice-process.ts';
import { upgrade } from '../support/websocket-client.ts';

const root = join(import.meta.dirname, '../..');
const program = 'bin/sluice.js';

/** Each thread tells at its end whether it has loaded Node's own HTTP client, which takes 40 ms and 4 MiB. */
const REPORT = `import { isMainThread, threadName } from 'node:worker_threads';
const isLoaded = () => process.moduleLoadList.some((name) => name.includes('undici/undici'));
process.on('exit', () => process._rawDebug('client loaded in ' + (isMainThread ? 'main' : threadName) + ': ' + isLoaded()));`;

describe('the built server', { timeout: 120_000 }, () => {
  // If it is stale: others run it now.
  before(() => {
    if (isBuildCurrent()) return;
    const { status, stderr } = spawnSync(process.execPath, ['scripts/build.js', '--quiet'], { cwd: root });
    assert.equal(status, 0, stderr.toString());
  });

  it('is what bin/sluice.js runs, and does all that the sources do', async (t) => {
    const backend = await startSampleBackend({
      host: '127.0.0.1',
      port: 0,
      replica: 1,
      behaviour: {},
      random: Math.random,
    });
    t.after(() => backend.close());
    const yaml = `pools: { default: { backends: [{ url: '${backend.url}' }] } }\nrate_limit: { default: { capacity: 2, rate_per_second: 0.001 } }\n`;
    const report = `--import=data:text/javascript,${encodeURIComponent(REPORT)}`;
    const env = { NODE_DEBUG: 'worker', NODE_OPTIONS: report };
    const gateway = await runGatewayProcess(t, { yaml, program, env });
    const statuses: number[] = [];
    for (let at = 0; at < 3; at += 1) statuses.push((await httpRequest(gateway.trafficUrl)).status);
    assert.deepEqual(statuses, [200, 200, 429]);

    const admin = (path: string, body?: object) =>
      httpRequest(gateway.adminUrl + path, {
        method: body === undefined ? 'GET' : 'POST',
        headers: { 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    for (const path of [
      '/',
      '/docs/',
      '/docs/static/swagger-ui-bundle.js',
      '/v1/api/backends',
      '/metrics',
      '/readyz',
    ]) {
      assert.equal((await admin(path)).status, 200, path);
    }
    assert.match((await admin('/')).body, /<script type="module"/);
    assert.equal((await admin('/v1/api/clients', { client_id: 'one', capacity: 5, rate_per_second: 1 })).status, 201);
    // In a worker of its own.
    const checked = await admin('/v1/api/config/check', { config: 'pools: { default: { backend: [] } }' });
    assert.match(checked.body, /did you mean/);
    const { client } = await upgrade(Number(new URL(gateway.adminUrl).port), '/ws/metrics');
    assert.equal((await client.next()).total.requests_total, 3);
    client.socket.destroy();
    assert.equal((await httpRequest(`${gateway.adminUrl}/v1/api/clients/one`)).status, 200);
    gateway.child.kill('SIGTERM');
    assert.equal(await gateway.exit, 0, gateway.stderr());
    assert.match(gateway.stderr(), /dist\/gateway-traffic-worker\.js/);
    const reports = [...gateway.stderr().matchAll(/client loaded in (.*): (.*)/g)].map(
      ([, name, is]) => `${name} ${is}`,
    );
    assert.deepEqual(reports.sort(), ['main false', 'traffic-0 false', 'traffic-1 false']);
  });

  it('keeps its clients in PostgreSQL', async (t) => {
    const server = await startPostgresServer();
    t.after(() => server.destroy());
    const yaml = `database: { url: '${await server.createDatabase()}' }\npools: { default: { backends: [{ url: 'http://127.0.0.1:9' }] } }\n`;
    const gateway = await runGatewayProcess(t, { yaml, program });
    const body = JSON.stringify({ client_id: 'one', capacity: 5, rate_per_second: 1 });
    const headers = { 'content-type': 'application/json' };
    const url = `${gateway.adminUrl}/v1/api/clients`;
    assert.equal((await httpRequest(url, { method: 'POST', headers, body })).status, 201);
    gateway.child.kill('SIGTERM');
    assert.equal(await gateway.exit, 0, gateway.stderr());
  });

  it('has the commands', async (t) => {
    const run = async (...args: string[]): Promise<string> => {
      const { exit, stdout, stderr } = spawnSluice(t, [program, ...args], { FORCE_COLOR: '0' });
      assert.equal(await exit, 0, stderr());
      return stdout();
    };
    assert.match(await run('--version'), /^sluice \d/);
    assert.match(await run('check', 'sluice.example.yaml'), /: valid/);
    // A gateway and backends in processes of their own, and autocannon.
    assert.match(await run('load', 'basic', '--lab', '-n', '20'), /PASSED/);
  });
});
