/**
 * `npm run screenshots`: every view of the dashboard, light and dark, into docs/images. Starts a gateway with two pools
 * and live traffic; one backend is unhealthy, so that the views have something to show.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { launchBrowser, openPage } from '../test/support/browser.ts';
import { live } from '../test/support/console.ts';
import { eventually } from '../test/support/eventually.ts';
import { httpRequest } from '../test/support/http-request.ts';
import { runGatewayProcess } from '../test/support/sluice-process.ts';
import { startSampleBackends } from '../src/cli/sample-backends/sample-backends.ts';

const folder = join(import.meta.dirname, '../docs/images');
const VIEWS = {
  overview: '/',
  backends: '/ui/backends',
  backend: '/ui/backends/web-1',
  clients: '/ui/clients',
  limits: '/ui/limits',
  routes: '/ui/routes',
  certificates: '/ui/certificates',
  events: '/ui/events',
  configuration: '/ui/configuration',
};
/** Duration of live traffic before the first picture: enough for the charts of a minute, ms. */
const WARM_MS = 62_000;

const closing: (() => unknown)[] = [];
const t = { after: (close: () => unknown) => void closing.push(close) };
try {
  await write();
} finally {
  for (const close of closing.reverse()) await close();
}

async function write(): Promise<void> {
  const { backends, close } = await startSampleBackends({
    count: 6,
    behaviour: { delayMs: 4, jitterMs: 12 },
    each: new Map([
      [2, { delayMs: 20, jitterMs: 30 }],
      [4, { errorRate: 0.06 }],
      [6, { delayMs: 40, jitterMs: 60 }],
    ]),
  });
  t.after(close);
  const line = (at: number, id: string, weight = 1): string =>
    `      - { url: "${backends[at]!.url}", id: ${id}, weight: ${weight} }`;
  const gateway = await runGatewayProcess(t, {
    yaml: `log: { access: { enabled: false } }
server: { drain_delay: 0s }
health_check: { interval: 1s, fast_interval: 500ms, timeout: 400ms }
retries: { attempts: 2, budget_ratio: 0.5 }
rate_limit:
  default: { capacity: 200, rate_per_second: 25 }
  global: { capacity: 5000, rate_per_second: 2000 }
pools:
  web:
    algorithm: weighted-round-robin
    backends:
${[line(0, 'web-1', 3), line(1, 'web-2', 2), line(2, 'web-3', 2), line(3, 'web-4')].join('\n')}
  reports:
    algorithm: least-connections
    backends:
${[line(4, 'reports-1'), line(5, 'reports-2')].join('\n')}
routes:
  - { path_prefix: /, pool: web }
  - { path_prefix: /api/v2, methods: [GET, POST], pool: web, timeout: 10s }
  - { path_prefix: /reports, pool: reports, strip_prefix: true }
`,
  });
  const clients = [
    ['mobile-app', 'Mobile app', 400, 60],
    ['partner-acme', 'ACME, partner', 60, 8],
    ['batch-importer', 'Nightly import', 30, 2],
    ['web-shop', 'Web shop', 1000, 200],
  ] as const;
  const headers = { 'content-type': 'application/json' };
  for (const [client_id, name, capacity, rate_per_second] of clients) {
    const body = JSON.stringify({ client_id, name, capacity, rate_per_second, api_key: client_id === 'web-shop' });
    await httpRequest(`${gateway.adminUrl}/v1/api/clients`, { method: 'POST', headers, body });
  }
  const stopTraffic = startTraffic(gateway.trafficUrl);
  t.after(stopTraffic);
  const end = performance.now() + WARM_MS;
  await eventually('the charts are full', () => performance.now() > end, WARM_MS + 5000);
  await backends[2]!.set({ down: true });
  await eventually('a backend is down', async () => {
    const answer = await httpRequest(`${gateway.adminUrl}/v1/api/backends/web-3`);
    return answer.json()['available'] === false;
  });

  mkdirSync(folder, { recursive: true });
  const browser = await launchBrowser(t);
  for (const colorScheme of ['light', 'dark'] as const) {
    const wide = await openPage(browser, { colorScheme, viewport: { width: 1280, height: 860 } });
    for (const [name, path] of Object.entries(VIEWS)) {
      await picture(wide.page, gateway.adminUrl + path, `${name}-${colorScheme}`);
    }
  }
  const phone = await openPage(browser, {
    viewport: { width: 360, height: 740 },
    deviceScaleFactor: 2,
    isMobile: true,
  });
  await picture(phone.page, gateway.adminUrl, 'phone');
}

async function picture(page: Awaited<ReturnType<typeof openPage>>['page'], url: string, name: string): Promise<void> {
  await page.goto(url);
  await live(page);
  // A few frames, for values computed from the difference of two.
  await page.waitForTimeout(4000);
  await page.screenshot({ path: join(folder, `${name}.png`) });
  console.log(`docs/images/${name}.png`);
}

/** Waves of requests by several clients. */
function startTraffic(url: string): () => void {
  const callers = [
    'mobile-app',
    'mobile-app',
    'mobile-app',
    'web-shop',
    'web-shop',
    'partner-acme',
    'batch-importer',
    '',
  ];
  const paths = ['/', '/shop/42', '/api/v2/items', '/api/v2/orders', '/reports/daily'];
  let turn = 0;
  const timer = setInterval(() => {
    const requests = 5 + Math.round(3 * Math.sin(Date.now() / 7000) + Math.random() * 2);
    for (let each = 0; each < requests; each += 1) {
      turn += 1;
      const caller = callers[turn % callers.length]!;
      const headers: Record<string, string> = caller === '' ? {} : { 'x-client-id': caller };
      void httpRequest(url + paths[turn % paths.length], { headers }).catch(() => undefined);
    }
  }, 50);
  return () => clearInterval(timer);
}
