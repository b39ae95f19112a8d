/** The configuration edited: mistakes are marked, differences are shown, then it is written and applied. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { skip } from '../support/browser.ts';
import { eventually } from '../support/eventually.ts';
import { openConsole, reads, startConsole } from '../support/console.ts';
import { startLoad } from '../support/load.ts';
import { cannotMount, withReadOnlyFile } from '../support/read-only-mount.ts';

const SECRET = 'admin-token-of-twenty-characters';

test(
  'the current text is edited: mistakes are marked, differences are shown, then it is written and applied',
  { skip },
  async (t) => {
    const comments = Array.from({ length: 5000 }, (_, at) => `# line ${at}\n`).join('');
    const { gateway } = await startConsole(t, {
      yaml: `${comments}redis: { url: "redis://:${SECRET}@127.0.0.1:9" }\n`,
    });
    const { page, faults } = await openConsole(t, `${gateway.adminUrl}/ui/configuration`);
    const before = readFileSync(gateway.file, 'utf8');
    const text = page.getByLabel('Configuration', { exact: true });
    await eventually('the text', async () => (await text.inputValue()).includes('pools:'));
    const shown = await text.inputValue();
    assert.match(shown, /redis: \{ url: "\*\*\* 1 of [0-9a-f]{8}" \}/);
    // Of thousands of lines, those in view have a number in the page.
    assert.ok((await page.locator('[data-line]').count()) < 60);

    // Playwright's fill takes half a minute for thousands of lines.
    const replace = (from: string, to: string): Promise<unknown> =>
      page.evaluate(`(() => {
        const area = document.querySelector('textarea');
        const at = area.value.indexOf(${JSON.stringify(from)});
        area.setRangeText(${JSON.stringify(to)}, at, at + ${from.length});
        area.dispatchEvent(new Event('input', { bubbles: true }));
      })()`);
    await replace('pools:', 'poolz:');
    await reads(page, '[data-check=invalid]', /mistake/);
    const line = shown.split('\n').indexOf('pools:') + 1;
    await page.locator(`[data-line="${line}"][data-marked]`).waitFor();
    await text.press('Control+End');
    await page
      .getByRole('button', { name: `Line ${line}` })
      .first()
      .click();
    const caret = `(({ value, selectionStart }) => value.slice(0, selectionStart).split('\\n').length)(document.activeElement)`;
    assert.equal(await page.evaluate(caret), line);
    // Tab indents, which can be undone; Escape, then Tab leaves.
    await text.press('Tab');
    assert.match(await text.inputValue(), /^ {2}poolz:/m);
    await text.press('Control+z');
    assert.match(await text.inputValue(), /^poolz:/m);
    await text.press('Escape');
    await text.press('Tab');
    assert.notEqual(await page.evaluate('document.activeElement.tagName'), 'TEXTAREA');

    const after = before.replace('id: b3', 'id: b3, weight: 4');
    await replace('poolz:', 'pools:');
    await replace('id: b3', 'id: b3, weight: 4');
    await reads(page, 'main', /changed\s*backend b3 \(weight\)/);
    await reads(page, '[data-diff=removed]', /removed: .*id: b3 \}/);
    await reads(page, '[data-diff=added]', /added: .*id: b3, weight: 4 \}/);
    assert.equal(readFileSync(gateway.file, 'utf8'), before);

    await page.getByRole('button', { name: 'Write and apply…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Apply' }).click();
    await reads(page, '[role=status] .panel', 'Version 2 applies on every thread');
    assert.equal(readFileSync(gateway.file, 'utf8'), after, 'with its secret and comments');
    assert.equal(readFileSync(`${gateway.file}.bak`, 'utf8'), before);
    await reads(page, '[data-check]', 'As version 2');
    await page.getByRole('link', { name: 'Backends', exact: true }).click();
    await reads(page, '[data-backend=b3]', /Weight4/);
    assert.ok(!(await page.content()).includes(SECRET));
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
    assert.equal(await page.getByLabel('Configuration', { exact: true }).count(), 0);

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

/** Each failure reaches the client. */
const CALM = 'rate_limit: { enabled: false }\nretries: { attempts: 0 }\nreload: { watch: false }\n';

test(
  'a change that makes requests fail is watched live and returns by itself; versions come back by number',
  { skip },
  async (t) => {
    const { gateway } = await startConsole(t, { backends: 1, yaml: CALM });
    const load = startLoad(gateway.trafficUrl, { connections: 4, pauseMs: 2 });
    t.after(() => load.stop());
    await load.reached(100);
    const { page, faults } = await openConsole(t, `${gateway.adminUrl}/ui/configuration`);
    const before = readFileSync(gateway.file, 'utf8');
    const away = before.replace(/url: "[^"]+"/, 'url: "http://127.0.0.1:9"');
    await page.getByLabel('Configuration', { exact: true }).fill(away);
    await page.getByRole('button', { name: 'Write and apply…' }).click();
    assert.equal(await page.getByLabel('Watch it').inputValue(), '60');
    await page.getByRole('dialog').getByRole('button', { name: 'Apply' }).click();
    await reads(page, '[data-watch]', /Look \d+ of 12 in 60 s\. If it becomes worse, version 1 returns\./);
    await reads(page, '[data-watch=reverted]', /errors of route \/ rose from .* the text of version 1 is back/, 60_000);
    await reads(page, '[data-watch=reverted] tbody tr', /\/errors.*worse/);
    assert.equal(readFileSync(gateway.file, 'utf8'), before);
    await reads(page, '[data-version="3"]', /returned by itself.*current/);

    // The operator knows better.
    await page.getByRole('button', { name: 'Roll back… to version 2' }).click();
    await reads(page, 'dialog', /changed\s*backend b1 \(url\)/);
    await page.getByLabel('Watch it').selectOption('0');
    await page.getByRole('dialog').getByRole('button', { name: 'Roll back' }).click();
    await reads(page, '[data-version="4"]', /rolled back by anonymous.*current/);
    assert.equal(readFileSync(gateway.file, 'utf8'), away);
    assert.deepEqual(faults, []);
  },
);

test('a watch is ended on the page, and the version is kept', { skip }, async (t) => {
  const { gateway } = await startConsole(t, { backends: 1, yaml: CALM });
  const { page, faults } = await openConsole(t, `${gateway.adminUrl}/ui/configuration`);
  const after = readFileSync(gateway.file, 'utf8').replace('id: b1', 'id: b1, weight: 4');
  await page.getByLabel('Configuration', { exact: true }).fill(after);
  await page.getByRole('button', { name: 'Write and apply…' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Apply' }).click();
  await page.getByRole('button', { name: 'Keep it now' }).click();
  await reads(page, '[data-watch=kept]', 'ended by anonymous');
  assert.equal(readFileSync(gateway.file, 'utf8'), after);
  assert.deepEqual(faults, []);
});

test(
  'an editor over a read-only file says so when it opens; its text is checked and copied',
  { skip: skip === false ? cannotMount() : skip },
  async (t) => {
    const { gateway } = await startConsole(t, { backends: 1, yaml: CALM, inside: withReadOnlyFile });
    const { page, faults } = await openConsole(t, `${gateway.adminUrl}/ui/configuration`);
    await reads(page, '[data-read-only]', /sluice\.yaml cannot be written: the file system is read-only\./);
    const text = page.getByLabel('Configuration', { exact: true });
    const before = readFileSync(gateway.file, 'utf8');
    await text.fill(before.replace('pools:', 'poolz:'));
    await reads(page, '[data-check=invalid]', /mistake/);
    const after = before.replace('id: b1', 'id: b1, weight: 4');
    await text.fill(after);
    await reads(page, 'main', /changed\s*backend b1 \(weight\)/);
    assert.equal(await page.getByRole('button', { name: 'Write and apply…' }).count(), 0);
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.getByRole('button', { name: 'Copy the text' }).click();
    await page.getByRole('button', { name: 'Copied' }).waitFor();
    assert.equal(await page.evaluate('navigator.clipboard.readText()'), after);
    assert.deepEqual(faults, []);
  },
);
