/** A pasted configuration: invalid ones are reported, valid ones show their differences, are written and applied. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
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

test(
  'a configuration in code is shown as YAML, read-only and why; a change of it is checked and applied',
  { skip },
  async (t) => {
    const code = (weight: number) => (urls: readonly string[]) =>
      `export default {
  admin: { allowed_hosts: ['ops.test'] },
  health_check: { enabled: false },
  reload: { watch: false },
  pools: { web: { backends: [{ url: '${urls[0]}', id: 'b1', weight: ${weight} }] } },
};\n`;
    const { gateway, backends } = await startConsole(t, { backends: 1, code: code(1) });
    const { page, faults } = await openConsole(t, `${gateway.adminUrl}/ui/configuration`);
    await reads(page, 'main', /sluice\.config\.ts is code, which the API neither writes nor runs: edit the file\./);
    await reads(page, 'main pre', /allowed_hosts:\s+- ops\.test/);
    assert.equal(await page.getByLabel('New configuration').count(), 0);
    assert.equal(await page.getByRole('button', { name: 'Check this text' }).count(), 0);

    writeFileSync(gateway.file, code(7)(backends.map(({ url }) => url)));
    await page.getByRole('button', { name: 'Check the file again' }).click();
    await reads(page, 'main', /changed\s*backend b1 \(weight\)/);
    await page.getByRole('button', { name: 'Apply…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Apply' }).click();
    await reads(page, '[role=status] .panel', 'Version 2 applies on every thread');
    await reads(page, 'main', /weight: 7/);
    assert.deepEqual(faults, []);
  },
);
