/** The demo as users start it, and its promise: no request fails, whatever happens to one backend. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { httpRequest } from '../support/http-request.ts';
import { startLoad } from '../support/load.ts';
import { spawnSluice, temporaryFolder } from '../support/sluice-process.ts';

test('10,000 requests while a backend is killed: all are answered 200, and SIGTERM ends it with 0', async (t) => {
  const ports = ['--port', '0', '--admin-port', '0', '--backend-port', '0'];
  // Less slow than by default: when the others are out, all requests go there.
  const more = ['--threads', '2', '--slow', '30ms', '--data-dir', temporaryFolder(t)];
  const demo = spawnSluice(t, ['tools/demo.ts', ...ports, ...more]);
  const [, gateway] = await demo.printed(/gateway +(http:\S+)/);
  const [, admin] = await demo.printed(/Swagger UI +(http:\S+)\/docs/);
  const [, pid] = await demo.printed(/pid (\d+) +healthy/);

  const tell = (url: string, method: string, body: object) =>
    httpRequest(url, { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  const limit = { ip_address: '127.0.0.1', capacity: 1e6, rate_per_second: 1e5 };
  const created = await tell(`${admin}/v1/api/clients`, 'POST', limit);
  assert.equal(created.status, 201, created.body);

  // A text can be tried, although the demo's own file must not be written.
  const text = 'rate_limit: { default: { capacity: 5, rate_per_second: 1 } }';
  const checked = await tell(`${admin}/v1/api/config/check`, 'POST', { config: text });
  assert.equal(checked.status, 200, checked.body);
  const replaced = await tell(`${admin}/v1/api/config`, 'PUT', { config: text });
  assert.equal(replaced.status, 409, replaced.body);

  const load = startLoad(gateway!, { connections: 32, max: 10_000 });
  await load.reached(3000);
  process.kill(Number(pid), 'SIGKILL');
  const { statuses, errors } = await load.done;
  assert.deepEqual(statuses, { 200: 10_000 }, errors.join());

  const began = performance.now();
  demo.child.kill('SIGTERM');
  assert.equal(await demo.exit, 0);
  assert.ok(performance.now() - began < 10_000);
});

test('wrong flags are explained in a line each, without a stack', async (t) => {
  const ports = ['--port', '0', '--admin-port', '0', '--backend-port', '0', '--data-dir', temporaryFolder(t)];
  for (const [args, message] of [
    [['--bogus'], /^unknown flag --bogus\nFlags: --port, .*\n$/],
    [['--threads', 'abc'], /^--threads: server\.threads: found "abc"; .*\n1 problem found; nothing was started\n$/],
    [['--error-rate', '7'], /^--error-rate: found '7', allowed is a share from 0 to 1\n.*\n$/],
  ] as const) {
    const demo = spawnSluice(t, ['tools/demo.ts', ...ports, ...args]);
    assert.equal(await demo.exit, 1);
    assert.match(demo.stderr(), message);
  }
});
