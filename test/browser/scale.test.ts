/** Operators see how many replicas a pool has, and how many it should have. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { skip } from '../support/browser.ts';
import { openConsole, reads, startConsole } from '../support/console.ts';

test(
  'a pool with scale shows its replicas and those that are wanted, with the reason; others show none',
  { skip },
  async (t) => {
    const yaml = '  default:\n    scale: { min: 3, rps: 100 }\n    backends: [{ url: "http://127.0.0.1:1" }]\n';
    const { gateway } = await startConsole(t, { yaml, backends: 1 });
    const { page, faults } = await openConsole(t, `${gateway.adminUrl}/ui/routes`);
    await reads(page, '[data-scale="default"]', '1 replicas, 3 wanted');
    assert.equal(await page.locator('[data-scale="default"]').getAttribute('title'), 'rps 0, target 100: 0; min is 3');
    assert.equal(await page.locator('[data-scale]').count(), 1);
    assert.deepEqual(faults, []);
  },
);
