/** The browser of the dashboard's tests. */
import { after, type TestContext } from 'node:test';
import type { Browser } from 'playwright-core';
import { chromiumPath, startChromium } from './chromium.ts';

/** For `test(name, { skip }, …)`. In CI a missing browser is a failure, not a skip. */
export const skip =
  chromiumPath === undefined && process.env['CI'] !== 'true'
    ? 'no Chromium: install the package `chromium`, or name one in CHROMIUM'
    : false;

/** One for all tests of a file: its start costs more than most of them. */
let shared: Promise<Browser> | undefined;
after(async () => (await shared)?.close());

/** The test's pages are closed after it. */
export async function launchBrowser(t: Pick<TestContext, 'after'>): Promise<Browser> {
  shared ??= startChromium();
  const browser = await shared;
  t.after(async () => {
    for (const context of browser.contexts()) await context.close();
  });
  return browser;
}
