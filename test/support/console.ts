/** The dashboard over a gateway process of its own with sample backends, in a browser. */
import { readFileSync } from 'node:fs';
import { after, type TestContext } from 'node:test';
import type { Locator, Page } from 'playwright-core';
import { startSampleBackends } from '../../src/cli/sample-backends/sample-backends.ts';
import type { SampleBackend } from '../../src/cli/sample-backends/sample-backend.ts';
import { launchBrowser } from './browser.ts';
import { openPage, type WatchedPage } from './chromium.ts';
import { buildDashboardIfOld, live } from './dashboard.ts';
import { eventually } from './eventually.ts';
import { runGatewayProcess, type RunningGateway } from './sluice-process.ts';

export interface ConsoleOptions {
  /** Default 3. */
  readonly backends?: number;
  /** More YAML. */
  readonly yaml?: string;
  /** The configuration as code instead, from the URLs of the backends. */
  readonly code?: (urls: readonly string[]) => string;
  readonly args?: readonly string[];
  readonly dataDir?: string;
  /** As in HowToRun. */
  readonly inside?: readonly string[];
}

export interface TestConsole {
  readonly gateway: RunningGateway & { readonly file: string };
  readonly backends: readonly SampleBackend[];
}

/** Backends are b1, b2, … of the pool web; probes are quick, and a killed backend is down after two. */
export async function startConsole(t: Pick<TestContext, 'after'>, options: ConsoleOptions = {}): Promise<TestConsole> {
  buildDashboardIfOld();
  const { backends: count = 3, yaml = '', args = [] } = options;
  const { backends, close } = await startSampleBackends({ count });
  t.after(close);
  const gateway = await runGatewayProcess(t, {
    ...(options.code === undefined
      ? { yaml: consoleYaml(backends) + yaml }
      : { yaml: options.code(backends.map(({ url }) => url)), fileName: 'sluice.config.ts' }),
    args,
    ...(options.dataDir === undefined ? {} : { dataDir: options.dataDir }),
    ...(options.inside === undefined ? {} : { inside: options.inside }),
  });
  return { gateway, backends };
}

/** One for tests of a file that do not disturb each other: a separate gateway costs a second of CPU time. */
export function sharedConsole(options: ConsoleOptions = {}): () => Promise<TestConsole> {
  const ends: Parameters<TestContext['after']>[0][] = [];
  const whole = { after: (end) => void ends.push(end) } as Pick<TestContext, 'after'>;
  let shared: Promise<TestConsole> | undefined;
  after(async () => {
    for (const end of ends.reverse()) await (end as () => unknown)();
  });
  return () => (shared ??= startConsole(whole, options));
}

export function consoleYaml(backends: readonly SampleBackend[]): string {
  const list = backends.map(({ url }, at) => `      - { url: "${url}", id: b${at + 1} }`).join('\n');
  return `log: { access: { enabled: false } }
server: { drain_delay: 0s }
pools:
  web:
    health_check: { interval: 300ms, fast_interval: 200ms, timeout: 200ms, fall: 2 }
    backends:
${list}
`;
}

/** Opens the dashboard and waits for the first data. */
export async function openConsole(t: TestContext, url: string): Promise<WatchedPage> {
  const watched = await openPage(await launchBrowser(t));
  await watched.page.goto(url);
  await live(watched.page);
  return watched;
}

/** Resolves when the element contains `text`. */
export async function reads(page: Page, selector: string, text: string | RegExp, deadlineMs?: number): Promise<void> {
  const has = (seen: string): boolean => (typeof text === 'string' ? seen.includes(text) : text.test(seen));
  let seen = '';
  await eventually(
    `${selector} reads ${text}`,
    async () => {
      seen =
        (await page
          .locator(selector)
          .first()
          .textContent({ timeout: 1000 })
          .catch(() => '')) ?? '';
      return has(seen);
    },
    deadlineMs ?? 15_000,
  ).catch((error: unknown) => {
    throw new Error(`${String(error)}; it reads: ${seen}`);
  });
}

/** The lines of what the first button CSV saves, of the view or of a part of it; the last one is empty. */
export async function savedCsv(page: Page, part: Page | Locator = page): Promise<readonly string[]> {
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    part.getByRole('button', { name: 'CSV' }).first().click(),
  ]);
  return readFileSync(await file.path(), 'utf8').split('\r\n');
}
