/** Commands for operators against a real gateway: each changes what traffic meets. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BackendView } from '../../src/backends/api/backend-view.ts';
import { startSampleBackends } from '../../src/cli/sample-backends/sample-backends.ts';
import { command } from '../support/admin-server.ts';
import { eventually } from '../support/eventually.ts';
import { gatewayYaml, startTestGateway } from '../support/gateway.ts';
import { httpRequest } from '../support/http-request.ts';

test('sluice backends adds, weighs, drains and removes a backend, and traffic follows', async (t) => {
  const { backends, close } = await startSampleBackends({ count: 2 });
  t.after(close);
  const gateway = await startTestGateway(t, gatewayYaml([backends[0]!.url], 'rate_limit: { enabled: false }\n'), {
    threads: 1,
  });
  const admin = ['--json', '--admin', gateway.adminUrl];
  const run = async (...words: readonly string[]): Promise<BackendView> => {
    const { code, out, err } = await command(['backends', ...words, ...admin]);
    assert.equal(code, 0, err);
    return JSON.parse(out) as BackendView;
  };
  const served = async (): Promise<unknown> =>
    (await httpRequest(`${gateway.trafficUrl}/`)).headers['x-backend'] ?? 'none';
  const added = await run('add', backends[1]!.url, '--id', 'second', '--weight', '2');
  assert.deepEqual([added.pool, added.id, added.weight, added.source], ['default', 'second', 2, 'api']);
  const [first] = (await run('list')) as unknown as readonly BackendView[];
  const drained = await run('drain', first!.id, '--wait', '10s');
  assert.ok(drained.drained);
  assert.equal(await served(), 'replica-2');
  assert.equal((await run('weight', first!.id, '7')).weight, 7);
  assert.equal((await run('undrain', first!.id)).available, true);
  assert.deepEqual(await run('remove', 'second'), { removed: 'second' });
  assert.equal(await served(), 'replica-1');
  const kept = await command(['backends', 'remove', first!.id, '--admin', gateway.adminUrl]);
  assert.equal(kept.out, `${first!.id} has its values of the file again; it is not removed\n`);
  assert.equal((await run('show', first!.id)).weight, 1);
  const inFile = await command(['backends', 'remove', first!.id, '--admin', gateway.adminUrl]);
  assert.equal(inFile.code, 1);
  assert.match(inFile.err, /409 GW_BACKEND_IN_FILE: .*remove it there, or disable it/);
  const twice = await command(['backends', 'add', backends[0]!.url, '--id', first!.id, '--admin', gateway.adminUrl]);
  assert.match(twice.err, /409 GW_BACKEND_EXISTS/);
});

test('sluice routes, reload, config plan and status speak of the same configuration', async (t) => {
  const { backends, close } = await startSampleBackends({ count: 1 });
  t.after(close);
  const routes = `routes:
  - { name: api, host: api.test, path_prefix: /v1, methods: [GET, POST], pool: default }
  - { name: all, path_prefix: /, pool: default }
`;
  const gateway = await startTestGateway(t, gatewayYaml([backends[0]!.url], routes), { threads: 1 });
  const admin = ['--admin', gateway.adminUrl];
  await httpRequest(`${gateway.trafficUrl}/`);
  const listed = await command(['routes', ...admin]);
  assert.deepEqual(
    listed.out.split('\n').map((line) => line.split(/ {2,}/).slice(0, 5)),
    [
      ['ROUTE', 'HOST', 'PATH', 'METHODS', 'TO'],
      ['api', 'api.test', '/v1…', 'GET POST', 'default'],
      ['all', '*', '/…', '*', 'default'],
      [''],
    ],
  );
  const one = JSON.parse((await command(['routes', 'all', '--json', ...admin])).out) as readonly {
    requests_total: number;
    settings: { path_prefix: string };
  }[];
  assert.deepEqual([one.length, one[0]?.requests_total, one[0]?.settings.path_prefix], [1, 1, '/']);
  const none = await command(['routes', 'al', ...admin]);
  assert.deepEqual(
    [none.code, none.err],
    [1, 'sluice routes: no route "al"; did you mean "all"?; there are: api, all\n'],
  );

  gateway.write(gatewayYaml([backends[0]!.url]));
  const plan = await command(['config', 'plan', ...admin]);
  assert.match(plan.out, /^\d changes:\n( .*\n)* {2}removed {2}route api\n/, plan.err);
  assert.match((await command(['routes', ...admin])).out, /^api /m, 'a plan changes nothing');
  const reloaded = await command(['reload', ...admin]);
  assert.equal(reloaded.code, 0, reloaded.err);
  assert.match(reloaded.out, /^\d changes:\n[^]*^applied as version 2\n$/m);
  assert.doesNotMatch((await command(['routes', ...admin])).out, /^api /m);
  assert.match((await command(['reload', ...admin])).out, /nothing to apply: these settings are current\n$/);

  gateway.write('pools: 3\n');
  const refused = await command(['reload', ...admin]);
  assert.equal(refused.code, 1);
  assert.match(
    refused.err,
    /^sluice reload: 400 GW_VALIDATION: .*\n.*sluice\.yaml:\d+:8: pools: found a number; allowed: a mapping/,
  );
  const status = await command(['status', ...admin]);
  assert.equal(status.code, 0, status.out);
  assert.match(status.out, /^ {2}configuration {2}\S+sluice\.yaml, version 2, applied /m);
  assert.match(status.out, /^warnings\n {2}the last reload was refused: /m);
});

test('sluice circuits and limits act on, and show, what traffic meets', async (t) => {
  const { backends, close } = await startSampleBackends({ count: 1 });
  t.after(close);
  const limit = 'rate_limit: { default: { capacity: 1, rate_per_second: 0.001 } }\n';
  const gateway = await startTestGateway(t, gatewayYaml([backends[0]!.url], limit), { threads: 1 });
  const admin = ['--admin', gateway.adminUrl];
  const ask = async (): Promise<number> => (await httpRequest(`${gateway.trafficUrl}/`)).status;
  assert.deepEqual([await ask(), await ask()], [200, 429]);
  const { out } = await command(['limits', 'client', '127.0.0.1', '--json', ...admin]);
  assert.equal((JSON.parse(out) as { capacity: number }).capacity, 1);
  const top = await command(['limits', 'top', ...admin]);
  assert.match(top.out, /^127\.0\.0\.1 +ip +default +2 +1$/m);
  const open = await command(['circuits', 'open', backends[0]!.url, '--for', '1m', ...admin]);
  assert.match(open.out, / open .* opened by an operator until /, open.err);
  const status = await command(['status', ...admin]);
  assert.deepEqual([status.code, /^ {2}default {2}0 of 1 available/m.test(status.out)], [3, true], status.out);
  await command(['circuits', 'close', backends[0]!.url, ...admin]);
  // The state of a backend is looked at once a second.
  await eventually('the status is healthy', async () => (await command(['status', ...admin])).code === 0);
});
