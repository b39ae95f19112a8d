/** Lists of many: layouts, groups, sorting, export, and only what is in view is drawn. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { launchBrowser, skip } from '../support/browser.ts';
import { openPage } from '../support/chromium.ts';
import { openConsole, reads, savedCsv, startConsole } from '../support/console.ts';
import { live } from '../support/dashboard.ts';
import { httpRequest } from '../support/http-request.ts';

const ROUTES = 1000;

const idsOf = (page: Page): Promise<string[]> =>
  page.locator('tr[data-backend]').evaluateAll((rows) => rows.map((row) => row.getAttribute('data-backend') ?? ''));

test('lists of many stay usable, wide and on a phone', { skip, timeout: 240_000 }, async (t) => {
  const bare = createServer((request, response) => {
    if (request.url?.endsWith('/health')) response.statusCode = 404;
    response.end();
  }).listen(0, '127.0.0.1');
  await once(bare, 'listening');
  t.after(() => bare.close());
  const url = `http://127.0.0.1:${(bare.address() as AddressInfo).port}`;
  const more = Array.from({ length: 30 }, (_, at) => `      - { url: "${url}/${at}", id: m${at} }`).join('\n');
  const routes = Array.from({ length: ROUTES }, (_, at) => `  - { path_prefix: /service-${at}, pool: more }`).join(
    '\n',
  );
  const yaml = `  more:
    backends:
${more}
      - { url: "http://127.0.0.1:1", id: dead }
routes:
  - { path_prefix: /, pool: web }
${routes}
`;
  const { gateway } = await startConsole(t, { yaml, backends: 2 });
  const { page, faults } = await openConsole(t, `${gateway.adminUrl}/ui/backends`);

  // Many: a table by itself, in groups, with the dead first.
  await reads(page, 'tr[data-backend=dead]', 'down');
  await reads(page, 'tr[data-backend=m29]', /healthy.*unchecked/);
  await reads(page, 'tr[data-pool=more]', '31 backends, 1 down');
  assert.deepEqual((await idsOf(page)).slice(0, 3), ['dead', 'm0', 'm1']);

  // By keyboard: ascending, descending, and back.
  const head = page.getByRole('columnheader', { name: 'Backend' });
  await head.getByRole('button').focus();
  await page.keyboard.press('Enter');
  assert.equal(await head.getAttribute('aria-sort'), 'ascending');
  assert.deepEqual((await idsOf(page)).slice(0, 4), ['dead', 'm0', 'm1', 'm2']);
  await page.keyboard.press('Enter');
  assert.equal(await head.getAttribute('aria-sort'), 'descending');
  assert.deepEqual((await idsOf(page)).slice(0, 2), ['m29', 'm28'], 'digits are numbers');
  const lines = await savedCsv(page);
  assert.match(lines[0]!, /^\uFEFFBackend,State,Pool,URL,Reason,/);
  assert.match(lines[1]!, /^m29,healthy,more,http:/);
  assert.equal(lines.length, 33 + 2);

  // The choice of a layout is remembered.
  await page.getByRole('button', { name: 'Cards' }).click();
  await reads(page, 'article[data-backend=m0] [data-hint]', 'it has no /health');
  await page.reload();
  await live(page);
  await page.locator('article[data-backend=dead]').waitFor();

  // A thousand routes: what is in view is drawn.
  await page.getByRole('link', { name: 'Routes & pools' }).click();
  await reads(page, '[data-route-count]', `1,001 of 1,001`);
  assert.ok((await page.locator('tr[data-route]').count()) < 100);
  const table = page.getByRole('region', { name: 'Table of routes' });
  await table.evaluate((element) => element.scrollTo(0, 1e9));
  await page.locator(`tr[data-route="/service-${ROUTES - 1}"]`).waitFor();
  await page.getByLabel('Search route, path or pool').fill('service-99');
  await reads(page, '[data-route-count]', '11 of 1,001');
  await page.locator('tr[data-route="/service-99"]').waitFor();
  assert.equal((await savedCsv(page)).length, 11 + 2);

  // Addresses are numbers; a long name does not widen a phone.
  const post = (body: object): Promise<unknown> =>
    httpRequest(`${gateway.adminUrl}/v1/api/clients`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ capacity: 5, rate_per_second: 1, ...body }),
    });
  for (const ip of ['10.0.0.12', '10.0.0.2', '2001:db8::10', '2001:db8::a']) await post({ ip_address: ip });
  await post({ client_id: 'x'.repeat(120), name: `=1+1 ${'🚀'.repeat(20)} عميل` });
  const phone = await openPage(await launchBrowser(t), { viewport: { width: 360, height: 740 }, isMobile: true });
  await phone.page.goto(`${gateway.adminUrl}/ui/clients`);
  await live(phone.page);
  await phone.page.locator('tr[data-client]').nth(4).waitFor();
  await phone.page.getByRole('button', { name: 'Client', exact: true }).click();
  await reads(phone.page, 'th[aria-sort=ascending]', 'Client');
  const keys = await phone.page
    .locator('tr[data-client]')
    .evaluateAll((rows) => rows.map((row) => row.getAttribute('data-client')));
  assert.deepEqual(keys, ['10.0.0.2', '10.0.0.12', '2001:db8::a', '2001:db8::10', 'x'.repeat(120)]);
  for (const view of ['clients', 'limits', 'backends', 'routes']) {
    await phone.page.goto(`${gateway.adminUrl}/ui/${view}`);
    await live(phone.page);
    await phone.page.locator('main table').first().waitFor({ state: 'attached' });
    const wide = await phone.page.evaluate('document.documentElement.scrollWidth');
    assert.equal(wide, 360, view);
  }
  assert.deepEqual([...faults, ...phone.faults], []);
});
