/** The build of the dashboard, and when its page is ready. */
import { spawnSync } from 'node:child_process';
import { globSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';

const root = join(import.meta.dirname, '../..');

/** Resolves when it is connected and shows data. */
export async function live(page: Page): Promise<void> {
  await page.locator('[data-link=live]').first().waitFor({ state: 'attached' });
}

/** The build of `npm ci`; repeated if a source is newer, so that no test and no picture shows an old one. */
export function buildDashboardIfOld(): void {
  const built = statSync(join(root, 'dashboard/dist/index.html'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const sources = globSync(['dashboard/{src,public}/**/*.*', 'dashboard/*.*', 'openapi/client.ts'], { cwd: root });
  if (sources.every((file) => statSync(join(root, file)).mtimeMs <= built)) return;
  const { status, stderr } = spawnSync(process.execPath, ['scripts/build.js', '--quiet'], { cwd: root });
  if (status !== 0) throw new Error(`the dashboard cannot be built: ${stderr.toString()}`);
}
