/** A short form of `npm run fuzz:http2`, in one thread. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { badClients, startBadBackend } from '../../../tools/fuzz/http2/campaign.ts';
import { eventually } from '../../support/eventually.ts';
import { httpRequest } from '../../support/http-request.ts';
import { rawResponse, startRawBackend } from '../../support/raw-socket.ts';
import { startTraffic } from '../../support/traffic.ts';

const COUNT = 150;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

test('damaged, broken-off and disordered HTTP/2 on both sides leaves nothing behind', async (t) => {
  const bad = await startBadBackend(1);
  t.after(() => bad.close());
  const good = await startRawBackend(rawResponse('ok'));
  t.after(() => good.close());
  const limits = 'head_timeout: 100ms, write_timeout: 100ms, keep_alive: 100ms';
  const traffic = await startTraffic(`
pools:
  bad: { protocol: h2c, backends: [{ url: "${bad.url}" }] }
  good: { backends: [{ url: "${good.url}" }] }
routes: [{ path_prefix: /good, pool: good }, { pool: bad }]
passive_health: { enabled: false }
circuit_breaker: { enabled: false }
rate_limit: { enabled: false }
server: { http2: { h2c: true }, ${limits} }
`);
  t.after(() => traffic.close());
  const timer = setInterval(collect, 500);
  t.after(() => clearInterval(timer));
  await badClients({ port: traffic.port, seed: 1, count: COUNT, concurrency: 16 });
  assert.ok(bad.count() > 0, 'backends were asked');
  await eventually('nothing runs', () => [0, 1].every((slot) => traffic.tables.backends.inFlight(slot) === 0));
  assert.equal((await httpRequest(`${traffic.url}/good`)).body, 'ok');
  assert.deepEqual(
    traffic.log.filter(({ level }) => Number(level) >= 50),
    [],
  );
});
