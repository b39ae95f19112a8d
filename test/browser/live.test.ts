/**
 * Live metrics: they move under load, a killed backend shows and comes back, and the page survives a restart of the
 * gateway.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { skip } from '../support/browser.ts';
import { openConsole, reads, sharedConsole, startConsole } from '../support/console.ts';
import { live } from '../support/dashboard.ts';
import { freePort } from '../support/free-port.ts';
import { startLoad } from '../support/load.ts';
import { runGatewayProcess, temporaryFolder } from '../support/sluice-process.ts';
import { consoleYaml } from '../support/console.ts';

const freely = 'rate_limit: { default: { capacity: 1000000, rate_per_second: 100000 } }\n';
const shared = sharedConsole({ yaml: freely });

test('figures and charts move under load, from no other host, within the policy', { skip }, async (t) => {
  const { gateway } = await shared();
  const { page, faults, hosts } = await openConsole(t, gateway.adminUrl);
  await reads(page, '[data-level]', 'All healthy');
  await reads(page, '[data-figures]', '3 / 3');
  const load = startLoad(`${gateway.trafficUrl}/echo`, { connections: 4, pauseMs: 10 });
  t.after(() => load.stop());
  await reads(page, '[data-figures]', /Requests[1-9][\d.,K]*\/s/);
  await reads(page, '[data-figures]', /p99[\d.]+ ms/);
  await page.getByRole('button', { name: '1 h' }).click();
  assert.match((await page.getByRole('img', { name: /^Traffic/ }).getAttribute('aria-label')) ?? '', /Requests/);
  assert.deepEqual(faults, []);
  assert.deepEqual([...hosts], [new URL(gateway.adminUrl).host]);
});

test('a killed backend turns red with its reason, is named in the overview, and comes back', { skip }, async (t) => {
  const { gateway, backends } = await shared();
  const { page, faults } = await openConsole(t, gateway.adminUrl);
  await page.getByRole('link', { name: 'Backends', exact: true }).click();
  await reads(page, '[data-backend=b2]', 'healthy');
  await backends[1]!.set({ down: true });
  await reads(page, '[data-backend=b2]', 'down');
  await reads(page, '[data-backend=b2] [data-reason]', /connect/);
  await page.getByRole('link', { name: 'Overview' }).click();
  await reads(page, '[data-level=degraded]', /Degraded.*backend b2 down.*connect/);
  await backends[1]!.set({ down: false });
  await reads(page, '[data-level=ok]', 'All healthy');
  assert.deepEqual(faults, []);
});

test('the page shows stale data during a restart of the gateway, and survives it', { skip }, async (t) => {
  const ports = ['--port', String(await freePort()), '--admin-port', String(await freePort())];
  const dataDir = temporaryFolder(t);
  const { gateway, backends } = await startConsole(t, { args: ports, dataDir });
  const { page, faults } = await openConsole(t, gateway.adminUrl);
  gateway.child.kill('SIGKILL');
  await gateway.exit;
  await reads(page, '[data-link=waiting]', /Stale: .* old · next try in \d+ s/);
  await page.locator('[data-stale=true]').waitFor();
  await runGatewayProcess(t, { yaml: consoleYaml(backends), args: ports, dataDir });
  await live(page);
  await page.locator('[data-stale=false]').waitFor();
  assert.deepEqual(faults, []);
});

test('a silent connection is closed, as after a sleep', { skip }, async (t) => {
  const { gateway } = await shared();
  const { page } = await openConsole(t, gateway.adminUrl);
  gateway.child.kill('SIGSTOP');
  t.after(() => gateway.child.kill('SIGCONT'));
  await reads(page, '[data-link]', /Stale/);
  gateway.child.kill('SIGCONT');
  await live(page);
  await page.locator('[data-stale=false]').waitFor();
});
