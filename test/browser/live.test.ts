/**
 * Live metrics: they move under load, a killed backend shows and comes back, and the page survives a restart of the
 * gateway.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { skip } from '../support/browser.ts';
import { openConsole, reads, sharedConsole, startConsole } from '../support/console.ts';
import { live } from '../support/dashboard.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { httpRequest } from '../support/http-request.ts';
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
  const traffic = page.getByRole('img', { name: /^Traffic/ });
  await reads(page, '[aria-label="First steps"]', /No request yet.*curl.*No client yet.*sluice clients add/s);
  const load = startLoad(`${gateway.trafficUrl}/echo`, { connections: 4, pauseMs: 10 });
  t.after(() => load.stop());
  await reads(page, '[data-figures]', /Requests[1-9][\d.,K]*\/s/);
  await reads(page, '[data-figures]', /p99[\d.]+ ms/);
  await page.getByLabel('First steps').waitFor({ state: 'detached' });
  await page.getByRole('button', { name: '5 min' }).click();
  await eventually('the history', async () => / [1-9]/.test((await traffic.getAttribute('aria-label')) ?? ''));
  // By keyboard, then by dragging; all charts follow, and share the cross-hair.
  await page.getByRole('button', { name: 'Zoom in' }).press('+');
  await reads(page, '[data-zoom]', / to /);
  await page.keyboard.press('0');
  await page.locator('[data-zoom]').waitFor({ state: 'detached' });
  const plot = page.locator('.u-over').first();
  await plot.scrollIntoViewIfNeeded();
  const { x, y, width } = (await plot.boundingBox())!;
  await page.mouse.move(x + width * 0.5, y + 20);
  await eventually(
    'a cross-hair in each chart',
    async () => (await page.locator('.u-cursor-x:not(.u-off)').count()) === 3,
  );
  await page.mouse.down();
  await page.mouse.move(x + width * 0.9, y + 20, { steps: 4 });
  await page.mouse.up();
  await reads(page, '[data-zoom]', / to /);
  await page.getByRole('button', { name: 'Reset the zoom' }).click();
  await page.locator('[data-zoom]').waitFor({ state: 'detached' });
  await page.getByRole('button', { name: '1 h' }).click();
  assert.match((await traffic.getAttribute('aria-label')) ?? '', /Requests/);
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
  await reads(page, '[data-level=unknown]', /No connection since \d/);
  await runGatewayProcess(t, { yaml: consoleYaml(backends), args: ports, dataDir });
  await live(page);
  await page.locator('[data-stale=false]').waitFor();
  await reads(page, '[data-level=ok]', 'All healthy');
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

test(
  'a flood of events is one row, which opens; operators’ calls are apart; both can be saved',
  { skip },
  async (t) => {
    const { gateway } = await shared();
    // By the test above, b2 went down and came back.
    await httpRequest(`${gateway.adminUrl}/v1/api/circuit-breaker/b1/open`, { method: 'POST' });
    const { page, faults } = await openConsole(t, `${gateway.adminUrl}/ui/events`);
    await page.getByRole('button', { name: 'health' }).click();
    await page.getByLabel('Target').selectOption('b2');
    await reads(page, '[aria-label="Timeline"] ol > li', /b2.*\d times/);
    assert.equal(await page.locator('[aria-label="Timeline"] > ol > li').count(), 1);
    await page.locator('details[data-events] > summary').click();
    assert.ok((await page.locator('details[data-events] li').count()) >= 2);
    await page.getByRole('button', { name: 'Audit trail' }).click();
    await reads(page, '[aria-label="Timeline"]', /openCircuit b1/);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'CSV' }).click(),
    ]);
    const csv = readFileSync(await download.path(), 'utf8');
    assert.match(csv, /^\uFEFFat,kind,severity,target,text\r\n\d{4}-.*,openCircuit,info,b1,/);
    await page.goto(`${gateway.adminUrl}/ui/nowhere`);
    await reads(page, 'main', /No view has the address \/ui\/nowhere/);
    await page.getByRole('main').getByRole('link', { name: 'Overview' }).click();
    await reads(page, 'main h1', 'Overview');
    assert.deepEqual(faults, []);
  },
);
