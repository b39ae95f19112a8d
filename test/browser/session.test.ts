/** Login by token, what each role is offered, and the way back to the login. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { launchBrowser, skip } from '../support/browser.ts';
import { openPage } from '../support/chromium.ts';
import { reads, sharedConsole } from '../support/console.ts';
import { live } from '../support/dashboard.ts';
import { httpRequest } from '../support/http-request.ts';

const hash = (token: string): string => `sha256:${createHash('sha256').update(token).digest('hex')}`;
const line = (role: string): string =>
  `    - { name: ${role}-1, role: ${role}, hash: "${hash(`token-of-${role}`)}" }\n`;
const tokens = `admin:\n  tokens:\n${['viewer', 'operator', 'admin'].map(line).join('')}`;

const shared = sharedConsole({ yaml: tokens });

async function logIn(page: Page, token: string): Promise<void> {
  await page.getByLabel('Token').fill(token);
  await page.getByRole('button', { name: 'Log in' }).click();
}

test('a wrong token is refused, a valid one accepted, logging out ends it', { skip }, async (t) => {
  const { gateway } = await shared();
  const { page, faults } = await openPage(await launchBrowser(t));
  await page.goto(`${gateway.adminUrl}/ui/clients`);
  await logIn(page, 'wrong');
  await reads(page, '[role=alert]', 'does not know this token');
  await logIn(page, 'token-of-admin');
  await live(page);
  await reads(page, 'main h1', 'Clients');
  await reads(page, 'aside', 'admin-1 (admin)');
  await page.reload();
  await live(page);
  assert.equal(await page.evaluate('document.cookie + JSON.stringify(localStorage)'), '{}');
  await page.getByRole('button', { name: 'Log out' }).click();
  await page.getByLabel('Token').waitFor();
  assert.deepEqual(faults, []);
});

test('a viewer sees everything and no action; an operator acts, but applies no configuration', { skip }, async (t) => {
  const { gateway } = await shared();
  const authorization = 'Bearer token-of-operator';
  const body = JSON.stringify({ client_id: 'app', capacity: 5, rate_per_second: 1 });
  const headers = { authorization, 'content-type': 'application/json' };
  await httpRequest(`${gateway.adminUrl}/v1/api/clients`, { method: 'POST', headers, body });
  const browser = await launchBrowser(t);
  const actions: Record<string, number[]> = {};
  for (const role of ['viewer', 'operator', 'admin']) {
    const { page } = await openPage(browser);
    await page.goto(gateway.adminUrl);
    await logIn(page, `token-of-${role}`);
    await live(page);
    const counted: number[] = [];
    for (const [view, seen, action] of [
      ['Backends', '[data-backend=b1] h2', /^(Drain|Disable|Weight|Add backend)$/],
      ['Clients', '[data-client=app]', /^(New client|Edit|Delete)/],
      ['Limits & circuits', 'tbody tr', /^(Open|Reset) the circuit/],
      ['Configuration', 'main details', /^Check/],
    ] as const) {
      await page.getByRole('link', { name: view, exact: true }).click();
      await page.locator(seen).first().waitFor();
      counted.push(await page.getByRole('button', { name: action }).count());
    }
    actions[role] = counted;
  }
  assert.deepEqual(actions['viewer'], [0, 0, 0, 0]);
  assert.deepEqual(actions['operator'], [10, 3, 3, 0]);
  assert.deepEqual(actions['admin'], [10, 3, 3, 1]);
});

test('a removed token leads back to the login', { skip }, async (t) => {
  const { gateway } = await shared();
  const { page } = await openPage(await launchBrowser(t));
  await page.goto(`${gateway.adminUrl}/ui/clients`);
  await logIn(page, 'token-of-viewer');
  await live(page);
  writeFileSync(gateway.file, readFileSync(gateway.file, 'utf8').replace(line('viewer'), ''));
  gateway.child.kill('SIGHUP');
  await page.getByLabel('Token').waitFor();
});
