/** Swagger UI at /docs/: what it fills in can be sent as it stands. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { launchBrowser, skip } from '../support/browser.ts';
import { openPage } from '../support/chromium.ts';
import { startConsole } from '../support/console.ts';

test('a client is created and read by the examples that Swagger UI offers', { skip }, async (t) => {
  const { gateway } = await startConsole(t, { backends: 1 });
  const { page, faults } = await openPage(await launchBrowser(t));
  // Swagger UI reads half a megabyte, and renders all of it.
  page.setDefaultTimeout(90_000);
  await page.goto(`${gateway.adminUrl}/docs/#/clients/createClient`);
  const create = page.locator('#operations-clients-createClient');
  await create.getByRole('button', { name: 'Execute' }).waitFor();
  const examples = create.locator('.examples-select').first().getByRole('combobox');
  assert.deepEqual(
    await examples.locator('option').evaluateAll((options) => options.map((option) => option.textContent)),
    [
      'By the id that it sends in X-Client-ID',
      'By its IP address',
      'All addresses of a CIDR block together',
      'By an API key, which the answer shows once',
      'At most 600 requests in any minute',
      'With quotas for a day and a month',
    ],
  );
  await examples.selectOption({ label: 'All addresses of a CIDR block together' });
  await create.getByRole('button', { name: 'Execute' }).click();
  assert.match((await create.locator('.live-responses-table tbody .response-col_status').textContent()) ?? '', /201/);

  // The slash of a block is percent-encoded by Swagger UI, not by its reader.
  await page.goto(`${gateway.adminUrl}/docs/#/clients/readClient`);
  const read = page.locator('#operations-clients-readClient');
  await read.locator('.opblock-summary-control').click();
  await read.locator('.examples-select').first().getByRole('combobox').selectOption({ label: 'A CIDR block' });
  await read.getByRole('button', { name: 'Execute' }).click();
  const answer = read.locator('.live-responses-table');
  assert.match((await answer.locator('tbody .response-col_status').textContent()) ?? '', /200/);
  assert.match((await answer.textContent()) ?? '', /10\.0\.0\.0\/8/);
  // An error shows the body that it really has.
  assert.match((await read.locator('.responses-table').last().textContent()) ?? '', /"error": "GW_CLIENT_NOT_FOUND"/);
  assert.deepEqual(faults, []);
});
