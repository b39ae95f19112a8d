/** Operators drain, disable, reweight, add and remove backends. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { launchBrowser, skip } from '../support/browser.ts';
import { openPage } from '../support/chromium.ts';
import { openConsole, reads, sharedConsole } from '../support/console.ts';
import { live } from '../support/dashboard.ts';
import { httpRequest } from '../support/http-request.ts';
import { startSampleBackends } from '../../src/cli/sample-backends/sample-backends.ts';

const shared = sharedConsole();

const card = (page: Page, id: string) => page.locator(`[data-backend=${id}]`);

async function confirm(page: Page, action: string): Promise<void> {
  await page.getByRole('dialog').getByRole('button', { name: action }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
}

test('a drain empties a backend, and can be undone', { skip }, async (t) => {
  const { gateway } = await shared();
  const { page, faults } = await openConsole(t, `${gateway.adminUrl}/ui/backends`);
  await reads(page, '[data-backend=b2]', 'healthy');
  // Of two backends, an idle one is chosen: so many that b2 gets some.
  const uploads = Array.from({ length: 12 }, () =>
    request(`${gateway.trafficUrl}/echo`, { method: 'POST', agent: false }),
  );
  const answers = Promise.all(uploads.map((upload) => once(upload, 'response')));
  for (const upload of uploads) upload.write('half');
  await reads(page, '[data-backend=b2]', /In flight[1-9]/);
  await card(page, 'b2').getByRole('button', { name: 'Drain' }).click();
  await confirm(page, 'Drain');
  await reads(page, '[data-backend=b2]', 'draining');
  await reads(page, '[data-backend=b2]', /In flight[1-9]/);
  for (const upload of uploads) upload.end('whole');
  for (const [answer] of (await answers) as [IncomingMessage][]) assert.equal(answer.resume().statusCode, 200);
  await reads(page, '[data-backend=b2]', 'In flight0');
  await reads(page, '[data-backend=b2]', 'drained');
  for (let turn = 0; turn < 12; turn += 1) {
    const { headers } = await httpRequest(`${gateway.trafficUrl}/echo`);
    assert.notEqual(headers['x-backend'], 'replica-2');
  }
  await page.getByRole('button', { name: 'Undo' }).click();
  await reads(page, '[data-backend=b2]', 'healthy');
  assert.deepEqual(faults, []);
});

test('a backend is disabled and enabled, and its weight changed and put back', { skip }, async (t) => {
  const { gateway } = await shared();
  const { page, faults } = await openConsole(t, `${gateway.adminUrl}/ui/backends`);
  await card(page, 'b1').getByRole('button', { name: 'Disable' }).click();
  await confirm(page, 'Disable');
  await reads(page, '[data-backend=b1]', 'disabled');
  await card(page, 'b1').getByRole('button', { name: 'Enable' }).click();
  await reads(page, '[data-backend=b1]', 'healthy');
  await card(page, 'b1').getByRole('button', { name: 'Weight' }).click();
  await page.getByLabel('Weight', { exact: true }).fill('5');
  await confirm(page, 'Set weight');
  await reads(page, '[data-backend=b1]', /Weight5/);
  await reads(page, '[data-backend=b1]', /changed: .*weight/);
  await card(page, 'b1').getByRole('button', { name: 'As in the file' }).click();
  await confirm(page, 'Take back');
  await reads(page, '[data-backend=b1]', /Weight1/);
  assert.deepEqual(faults, []);
});

test('a backend is added, its circuit opened and reset, and removed', { skip }, async (t) => {
  const { gateway } = await shared();
  const more = await startSampleBackends({ count: 1 });
  t.after(more.close);
  const { page, faults } = await openConsole(t, `${gateway.adminUrl}/ui/backends`);
  await page.getByRole('button', { name: 'Add backend' }).click();
  await page.getByLabel('URL', { exact: true }).fill(more.backends[0]!.url);
  await page.getByLabel('Id', { exact: true }).fill('b9');
  await confirm(page, 'Add');
  await reads(page, '[data-backend=b9]', /healthy.*added by the API/);

  await page.getByRole('link', { name: 'Limits & circuits' }).click();
  await page.getByRole('button', { name: 'Open the circuit of b9' }).click();
  await confirm(page, 'Open');
  await page.getByRole('button', { name: 'Reset the circuit of b9' }).click();
  await page.getByRole('button', { name: 'Open the circuit of b9' }).waitFor();

  await page.getByRole('link', { name: 'Events' }).click();
  await page.getByRole('button', { name: 'Audit trail' }).click();
  await reads(page, 'main ol', /createBackend.*b9/);

  await page.getByRole('link', { name: 'Backends', exact: true }).click();
  await card(page, 'b9').getByRole('button', { name: 'Remove' }).click();
  await confirm(page, 'Remove');
  await card(page, 'b9').waitFor({ state: 'detached' });
  assert.deepEqual(faults, []);
});

test('the rows of the table have the same actions, by keyboard alone on 360 px', { skip }, async (t) => {
  const { gateway } = await shared();
  const { page, faults } = await openPage(await launchBrowser(t), { viewport: { width: 360, height: 740 } });
  await page.goto(`${gateway.adminUrl}/ui/backends`);
  await live(page);
  await page.getByRole('button', { name: 'Table' }).click();
  const toggle = page.getByRole('button', { name: 'Actions of b3' });
  await toggle.focus();
  await page.keyboard.press('Enter');
  const actions = page.getByRole('group', { name: 'Actions of b3' });
  assert.deepEqual(await actions.getByRole('button').allTextContents(), ['Drain', 'Disable', 'Weight']);
  for (const button of [toggle, ...(await actions.getByRole('button').all())]) {
    const { x, width } = (await button.boundingBox())!;
    assert.ok(x >= 0 && x + width <= 360, `${x} + ${width}`);
  }

  const focused = (): Promise<unknown> => page.evaluate('document.activeElement.textContent');
  const press = async (...keys: string[]): Promise<void> => {
    for (const key of keys) await page.keyboard.press(key);
  };
  await press('Tab');
  assert.equal(await focused(), 'Drain');
  await press('Enter', 'Tab', 'Enter');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await reads(page, 'tr[data-backend=b3]', 'draining');
  // Drained backends come first: the row has moved, with the focus on it.
  await reads(page, 'tr[data-backend]', 'b3');
  assert.equal(await focused(), 'End drain');
  await press('Enter');
  await reads(page, 'tr[data-backend=b3]', 'healthy');
  await reads(page, 'tr[data-backend]', 'b1');
  assert.equal(await focused(), 'Drain');
  await press('Shift+Tab', 'Enter');
  await actions.waitFor({ state: 'detached' });
  assert.deepEqual(faults, []);
});
