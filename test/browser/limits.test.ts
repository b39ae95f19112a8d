/** Operators see how gateways share limits, and what a gateway does without Redis. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { skip } from '../support/browser.ts';
import { openConsole, reads, startConsole } from '../support/console.ts';
import { buildDashboardIfOld } from '../support/dashboard.ts';
import { eventually } from '../support/eventually.ts';
import { httpRequest } from '../support/http-request.ts';
import { redisMissing, startRedis } from '../support/redis-server.ts';
import { runGatewayProcess } from '../support/sluice-process.ts';

test('limits are shared, Redis is lost, and comes back', { skip: skip === false ? redisMissing : skip }, async (t) => {
  const redis = await startRedis(t);
  const yaml = `redis: { url: "${redis.url}" }\n`;
  const one = await startConsole(t, { yaml: `fleet: { name: gw-one }\n${yaml}`, backends: 1 });
  await startConsole(t, { yaml: `fleet: { name: gw-two }\n${yaml}`, backends: 1 });
  const { page, faults } = await openConsole(t, one.gateway.adminUrl);
  await page.getByRole('link', { name: 'Limits & circuits' }).click();
  await reads(page, 'main', /Sharingshared among 2 gateways, round trip [\d.]+ (ms|µs)/);
  assert.equal(await page.locator('[data-sharing]').count(), 0);

  await redis.kill();
  await reads(page, '[data-sharing="lost"]', /Redis is lost: this gateway admits its share, 1\/2 of each limit/);
  await reads(page, '[data-sharing="lost"]', /since \d/);
  await page.getByRole('link', { name: 'Fleet' }).click();
  await reads(page, '[data-gateway="gw-one"]', /Redis lostfor \d/);

  await redis.start();
  await reads(page, '[data-gateway="gw-one"]', /shared/);
  await page.getByRole('link', { name: 'Limits & circuits' }).click();
  await reads(page, 'main', 'shared among 2 gateways');
  await eventually('the banner is gone', async () => (await page.locator('[data-sharing]').count()) === 0);
  assert.deepEqual(faults, []);
});

test('another limit is tried on the last hour, for all and for a client that is edited', { skip }, async (t) => {
  const { gateway } = await startConsole(t, { backends: 1 });
  const headers = { 'content-type': 'application/json' };
  const post = async (path: string, body: object): Promise<{ status: number; body: string }> =>
    httpRequest(gateway.adminUrl + path, { method: 'POST', headers, body: JSON.stringify(body) });
  assert.equal((await post('/v1/api/clients', { client_id: 'app', capacity: 50, rate_per_second: 1 })).status, 201);
  for (let sent = 0; sent < 30; sent += 1) await httpRequest(`${gateway.trafficUrl}/echo`);
  for (let sent = 0; sent < 8; sent += 1)
    await httpRequest(`${gateway.trafficUrl}/echo`, { headers: { 'x-client-id': 'app' } });
  await eventually('the threads have reported', async () => {
    const [all, app] = [await post('/v1/api/limits/what-if', {}), await post('/v1/api/clients/app/what-if', {})];
    return /"requests":30\b/.test(all.body) && /"requests":8\b/.test(app.body);
  });

  const { page, faults } = await openConsole(t, `${gateway.adminUrl}/ui/limits`);
  const panel = page.getByRole('region', { name: 'What if' });
  await panel.getByLabel('Capacity').fill('5');
  await panel.getByLabel('Rate per second').fill('0.001');
  await panel.getByRole('button', { name: 'Try on the last hour' }).click();
  await reads(page, '[data-what-if]', /5, then 0.001\/s: would have refused 25 of 30 requests in the last \d+ s/);
  await reads(page, '[data-what-if]', /127.0.0.1: 25 of 30 refused/);

  await page.getByRole('link', { name: 'Clients', exact: true }).click();
  await page.getByRole('button', { name: 'Edit app' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Algorithm').selectOption('sliding-window');
  await dialog.getByLabel('Capacity').fill('6');
  await dialog.getByRole('button', { name: 'Try on the last hour' }).click();
  await reads(page, 'dialog [data-what-if]', /6 in any 60 s: would have refused 2 of 8 requests/);
  await reads(page, 'dialog [data-what-if]', /Now 50, then 1\/s: none refused/);
  assert.deepEqual(faults, []);
});

test('an empty view has a first step to copy at each list', { skip }, async (t) => {
  buildDashboardIfOld();
  const yaml = `log: { access: { enabled: false } }
server: { drain_delay: 0s }
rate_limit: { enabled: false }
pools: { default: { discover: { push: {} } } }
`;
  const gateway = await runGatewayProcess(t, { yaml });
  const { page, faults } = await openConsole(t, `${gateway.adminUrl}/ui/limits`);
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  for (const [name, code] of [
    ['Rate limiter', 'rate_limit:\n  enabled: true'],
    ['Top talkers, last minute', 'curl -i http://127.0.0.1:8080/'],
    ['Circuits', 'sluice backends add http://127.0.0.1:3000 --pool default'],
  ] as const) {
    const part = page.getByRole('region', { name });
    await part.getByRole('button', { name: 'Copy' }).click();
    await part.getByRole('button', { name: 'Copied' }).waitFor();
    assert.equal(await page.evaluate('navigator.clipboard.readText()'), code);
  }
  assert.deepEqual(faults, []);
});
