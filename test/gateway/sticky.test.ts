/** Sticky sessions in a whole gateway: the threads share the key, and operators can map sessions but see no secret. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startSampleBackends } from '../../src/cli/sample-backends/sample-backends.ts';
import { startTestGateway } from '../support/gateway.ts';
import { httpRequest } from '../support/http-request.ts';
import { poolYaml } from '../support/pool-yaml.ts';

const SECRET = 'long-enough-to-be-a-secret-of-a-gateway';

test('a session is the same on every thread and over a reload, and its backend can be found by its opaque id', async (t) => {
  const { backends, close } = await startSampleBackends({ count: 3 });
  t.after(close);
  const yaml = (sticky: string): string =>
    poolYaml(
      backends.map(({ url }) => ({ url })),
      ['algorithm: round-robin', 'expose_backend: true', `sticky: { enabled: true${sticky} }`],
    );
  const gateway = await startTestGateway(t, yaml(''));
  const ask = (cookie: string) => httpRequest(gateway.trafficUrl, { headers: { cookie } });
  const first = await httpRequest(gateway.trafficUrl);
  const [cookie] = first.headers['set-cookie']![0]!.split(';') as [string];
  // Each on a connection of its own: both threads get some.
  const sameBackend = async (): Promise<void> => {
    const answers = await Promise.all(Array.from({ length: 24 }, () => ask(cookie)));
    for (const { headers } of answers) assert.equal(headers['x-backend'], first.headers['x-backend']);
  };
  await sameBackend();

  const list = (await gateway.admin('/v1/api/backends')).json<{ url: string; opaque_id: string }[]>();
  const named = list.find(({ opaque_id }) => opaque_id === first.headers['x-sluice-backend']);
  assert.equal(named!.url, backends.find(({ id }) => id === first.headers['x-backend'])!.url);

  gateway.write(yaml(', idle: 1h'));
  assert.equal((await gateway.admin('/v1/api/config/reload', { method: 'POST' })).status, 200);
  await sameBackend();

  gateway.write(yaml(`, keys: [{ id: k1, secret: ${SECRET} }]`));
  assert.equal((await gateway.admin('/v1/api/config/reload', { method: 'POST' })).status, 200);
  const config = await gateway.admin('/v1/api/config');
  assert.match(config.body, /"k1"/);
  assert.doesNotMatch(config.body + JSON.stringify(gateway.log), new RegExp(SECRET));
  assert.match((await ask(cookie)).headers['set-cookie']![0]!, /=v1\.k1\./);
});
