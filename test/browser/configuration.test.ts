/** A pasted configuration: invalid ones are reported, valid ones show their differences, are written and applied. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { skip } from '../support/browser.ts';
import { openConsole, reads, startConsole } from '../support/console.ts';

test(
  'a new configuration is checked, its differences are shown, then it is written and applied',
  { skip },
  async (t) => {
    const { gateway } = await startConsole(t);
    const { page, faults } = await openConsole(t, `${gateway.adminUrl}/ui/configuration`);
    const before = readFileSync(gateway.file, 'utf8');
    const text = page.getByLabel('New configuration');

    await text.fill(before.replace('pools:', 'poolz:'));
    await page.getByRole('button', { name: 'Check this text' }).click();
    await reads(page, 'main [role=alert]', /poolz/);

    const after = before.replace('id: b3', 'id: b3, weight: 4');
    await text.fill(after);
    await page.getByRole('button', { name: 'Check this text' }).click();
    await reads(page, 'main', /changed\s*backend b3 \(weight\)/);
    assert.equal(readFileSync(gateway.file, 'utf8'), before);

    await page.getByRole('button', { name: 'Write and apply…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Apply' }).click();
    await reads(page, '[role=status] .panel', 'Version 2 applies on every thread');
    assert.equal(readFileSync(gateway.file, 'utf8'), after);
    assert.equal(readFileSync(`${gateway.file}.bak`, 'utf8'), before);
    await page.getByRole('link', { name: 'Backends', exact: true }).click();
    await reads(page, '[data-backend=b3]', /Weight4/);
    assert.deepEqual(faults, []);
  },
);
