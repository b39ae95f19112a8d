/** Operators see how gateways share limits, and what a gateway does without Redis. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { skip } from '../support/browser.ts';
import { openConsole, reads, startConsole } from '../support/console.ts';
import { eventually } from '../support/eventually.ts';
import { redisMissing, startRedis } from '../support/redis-server.ts';

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
