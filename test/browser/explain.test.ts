/** Operators ask why a request takes its route. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { skip } from '../support/browser.ts';
import { openConsole, reads, startConsole } from '../support/console.ts';

test('a request is explained: its route and the others, its limits and backends', { skip }, async (t) => {
  const { gateway } = await startConsole(t, { backends: 2 });
  const { page, faults } = await openConsole(t, `${gateway.adminUrl}/ui/routes`);
  const panel = page.getByRole('region', { name: 'Explain a request' });
  await panel.getByLabel('URL').fill('http://shop.example/echo?x=1');
  await panel.getByRole('button', { name: 'Explain' }).click();
  await reads(page, '[data-explanation]', /Takes the route \//);
  await reads(page, '[data-explanation]', /matches any host, the prefix \//);
  await reads(page, '[data-explanation]', /Client 127\.0\.0\.1, counted as 127\.0\.0\.1/);
  await reads(page, '[data-explanation]', /client\s*\d+ of \d+ left\s*costs 1/);
  await reads(page, '[data-decides="true"]', /backends\s*2 of 2 backends of \w+ are available\s*answers/);
  await reads(page, '[data-explanation]', /Pool \w+, [\w-]+: \S+, \S+/);

  await panel.getByLabel('Header fields').fill('no colon');
  await panel.getByRole('button', { name: 'Explain' }).click();
  await reads(page, '[role="alert"]', /header: found "no colon"; allowed: name: value/);
  assert.deepEqual(
    faults.filter((fault) => !/400/.test(fault)),
    [],
  );
});
