/** Every view: on a phone, by keyboard, for screen readers, light and dark. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { launchBrowser, skip } from '../support/browser.ts';
import { openPage } from '../support/chromium.ts';
import { openConsole, reads, sharedConsole } from '../support/console.ts';
import { live } from '../support/dashboard.ts';
import { httpRequest } from '../support/http-request.ts';
import { startLoad } from '../support/load.ts';

const VIEWS = [
  '/',
  '/ui/backends',
  '/ui/backends/b1',
  '/ui/clients',
  '/ui/limits',
  '/ui/routes',
  '/ui/certificates',
  '/ui/fleet',
  '/ui/events',
  '/ui/configuration',
  '/ui/nowhere',
];

/** One certificate that is served, and one whose authority cannot be reached. */
const shared = sharedConsole({
  yaml: `tls:
  port: 0
  certificates: [{ hosts: [localhost, '*.dev.test'], internal: true }]
`,
});

async function settle(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await live(page);
  await page.locator('main h1').waitFor();
}

test('no view is wider than a phone of 360 px', { skip }, async (t) => {
  const { gateway } = await shared();
  const phone = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };
  const { page, faults } = await openPage(await launchBrowser(t), phone);
  for (const view of VIEWS) {
    await settle(page, gateway.adminUrl + view);
    const [wide, screen] = (await page.evaluate('[document.documentElement.scrollWidth, innerWidth]')) as [
      number,
      number,
    ];
    assert.ok(wide <= screen && screen === 360, `${view}: ${wide} of ${screen} px`);
  }
  assert.deepEqual(faults, []);
});

interface Finding {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

for (const [colorScheme, options] of [
  ['light', '{}'],
  // The rest does not depend on colours.
  ['dark', "{ runOnly: { type: 'rule', values: ['color-contrast', 'link-in-text-block'] } }"],
] as const) {
  test(`axe-core has no serious finding in any view, ${colorScheme}`, { skip, timeout: 300_000 }, async (t) => {
    const { gateway, backends } = await shared();
    const load = startLoad(`${gateway.trafficUrl}/echo`, { connections: 1, pauseMs: 20 });
    t.after(() => load.stop());
    await flap(gateway.adminUrl);
    // A colour in transition is not a finding.
    const { page } = await openPage(await launchBrowser(t), { colorScheme, reducedMotion: 'reduce' });
    for (const view of VIEWS) {
      // One unhealthy backend, so that every colour is seen.
      await backends[1]!.set({ down: true });
      await settle(page, gateway.adminUrl + view);
      await page.evaluate(axe.source);
      const { violations } = (await page.evaluate(`axe.run(${options})`)) as { violations: Finding[] };
      const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
      const described = serious.map(({ id, nodes }) => `${id}: ${nodes[0]?.html} ${nodes[0]?.failureSummary}`);
      assert.deepEqual(described, [], view);
    }
  });
}

/** Enough changes of b1 that its list has to be scrolled. */
async function flap(adminUrl: string): Promise<void> {
  for (let change = 0; change < 30; change += 1) {
    const action = change % 2 === 0 ? 'drain' : 'undrain';
    await httpRequest(`${adminUrl}/v1/api/backends/b1/${action}`, { method: 'POST' });
  }
}

test('the keyboard alone goes everywhere: shortcuts, help, skip link, dialogs', { skip }, async (t) => {
  const { gateway } = await shared();
  const { page } = await openConsole(t, gateway.adminUrl);
  for (const [letter, name] of [
    ['b', 'Backends'],
    ['c', 'Clients'],
    ['f', 'Configuration'],
    ['o', 'Overview'],
  ] as const) {
    await page.keyboard.press('g');
    await page.keyboard.press(letter);
    await reads(page, 'main h1', name);
  }
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.reload();
  await live(page);
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate('document.activeElement.id'), 'main');
});

test('with reduced motion nothing moves, and the colours can be chosen', { skip }, async (t) => {
  const { gateway } = await shared();
  const { page } = await openPage(await launchBrowser(t), { reducedMotion: 'reduce' });
  await settle(page, gateway.adminUrl);
  const moving = `[...document.querySelectorAll('*')].filter((e) => getComputedStyle(e).transitionDuration.split(',').some((d) => parseFloat(d) > 0)).length`;
  assert.equal(await page.evaluate(moving), 0);
  await page.getByRole('button', { name: /^Colours: system/ }).click();
  await page.getByRole('button', { name: /^Colours: light/ }).click();
  assert.equal(await page.evaluate('document.documentElement.dataset.theme'), 'dark');
  await page.reload();
  await live(page);
  assert.equal(await page.evaluate('document.documentElement.dataset.theme'), 'dark');
});
