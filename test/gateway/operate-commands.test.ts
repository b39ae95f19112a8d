/** Commands for operators against a real gateway: each changes what traffic meets. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BackendView } from '../../src/backends/api/backend-view.ts';
import { startSampleBackends } from '../../src/cli/sample-backends/sample-backends.ts';
import { command } from '../support/admin-server.ts';
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
