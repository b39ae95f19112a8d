/**
 * `npm run screenshots`: every view of the dashboard, light and dark, into docs/images. Starts three gateways that share
 * PostgreSQL and Redis, with two pools, certificates and live traffic; one backend is unhealthy, so that the views have
 * something to show.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { openPage, startChromium } from '../test/support/chromium.ts';
import { buildDashboardIfOld, live } from '../test/support/dashboard.ts';
import { eventually } from '../test/support/eventually.ts';
import { httpRequest } from '../test/support/http-request.ts';
import { authority } from '../test/support/issued.ts';
import { startIssuingAcme } from '../test/support/issuing-acme.ts';
import { pemFolder } from '../test/support/pem-folder.ts';
import { startPostgresServer } from '../test/support/postgres-server.ts';
import { startRedis } from '../test/support/redis-server.ts';
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
  fleet: '/ui/fleet',
  events: '/ui/events',
  configuration: '/ui/configuration',
};
const DAY_MS = 86_400_000;
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
  buildDashboardIfOld();
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
  const { tls, uploaded } = await certificates();
  const postgres = await startPostgresServer();
  t.after(() => postgres.destroy());
  const url = await postgres.createDatabase();
  const redis = await startRedis(t);
  const yamlOf = (name: string): string => `log: { access: { enabled: false } }
server: { drain_delay: 0s }
fleet: { name: ${name} }
database: { url: "${url}" }
redis: { url: "${redis.url}" }
health_check: { interval: 1s, fast_interval: 500ms, timeout: 400ms }
retries: { attempts: 2, budget_ratio: 0.5 }
rate_limit:
  default: { capacity: 200, rate_per_second: 25 }
  global: { capacity: 5000, rate_per_second: 2000 }
  # On a busy machine, Redis would seem slow.
  shared: { wait: 500ms, lost_after: 2s }
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
tls: ${JSON.stringify(tls)}
`;
  const gateways: Awaited<ReturnType<typeof runGatewayProcess>>[] = [];
  for (const name of ['edge-1', 'edge-2', 'edge-3']) gateways.push(await runGatewayProcess(t, { yaml: yamlOf(name) }));
  const gateway = gateways[0]!;
  const clients = [
    ['mobile-app', 'Mobile app', 400, 60],
    ['partner-acme', 'ACME, partner', 60, 8],
    ['batch-importer', 'Nightly import', 30, 2],
    ['web-shop', 'Web shop', 1000, 200],
  ] as const;
  const headers = { 'content-type': 'application/json' };
  const callers = new Map<string, Readonly<Record<string, string>>>();
  for (const [client_id, name, capacity, rate_per_second] of clients) {
    const body = JSON.stringify({ client_id, name, capacity, rate_per_second, api_key: client_id === 'web-shop' });
    const created = await httpRequest(`${gateway.adminUrl}/v1/api/clients`, { method: 'POST', headers, body });
    const { api_key: key } = created.json();
    callers.set(client_id, key === undefined ? { 'x-client-id': client_id } : { 'x-api-key': key as string });
  }
  await httpRequest(`${gateway.adminUrl}/v1/api/certificates`, { method: 'POST', headers, body: uploaded });
  const stopTraffic = startTraffic(
    gateways.map(({ trafficUrl }) => trafficUrl),
    callers,
  );
  t.after(stopTraffic);
  const end = performance.now() + WARM_MS;
  await eventually('the charts are full', () => performance.now() > end, WARM_MS + 5000);
  await backends[2]!.set({ down: true });
  await eventually('a backend is down', async () => {
    const answer = await httpRequest(`${gateway.adminUrl}/v1/api/backends/web-3`);
    return answer.json()['available'] === false;
  });

  mkdirSync(folder, { recursive: true });
  const browser = await startChromium();
  t.after(() => browser.close());
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

/** One of each kind; one expires soon. */
async function certificates() {
  const root = authority('Example CA');
  const write = pemFolder(t);
  const issue = (hosts: readonly string[], daysLeft: number) => {
    const notAfterMs = Date.now() + (daysLeft + 0.5) * DAY_MS;
    return root.issue(hosts, { notBeforeMs: notAfterMs - 90 * DAY_MS, notAfterMs });
  };
  const files = (name: string, hosts: readonly string[], daysLeft: number) => {
    const { cert, key } = issue(hosts, daysLeft);
    return { cert_file: write(`${name}.pem`, cert + root.cert), key_file: write(`${name}.key`, key) };
  };
  const acme = await startIssuingAcme(t, Date.now);
  const { cert, key } = issue(['partner.example.org'], 48);
  return {
    tls: {
      port: 0,
      storage_key: randomBytes(32).toString('hex'),
      acme_email: 'ops@example.com',
      acme: { 'example-ca': { directory: acme.directory, agree: true, ca_file: write('acme.pem', acme.caPem) } },
      certificates: [
        { hosts: ['shop.example.com', 'www.shop.example.com'], acme: 'example-ca' },
        files('api', ['*.api.example.com'], 71),
        files('legacy', ['legacy.example.com'], 6),
        { hosts: ['localhost', '*.dev.test'], internal: true },
      ],
    },
    uploaded: JSON.stringify({ cert_pem: cert, key_pem: key }),
  };
}

async function picture(page: Awaited<ReturnType<typeof openPage>>['page'], url: string, name: string): Promise<void> {
  await page.goto(url);
  await live(page);
  // A few frames, for values computed from the difference of two.
  await page.waitForTimeout(4000);
  await page.screenshot({ path: join(folder, `${name}.png`) });
  console.log(`docs/images/${name}.png`);
}

/** Waves of requests by several clients. @param callers the fields that identify each */
function startTraffic(
  urls: readonly string[],
  callers: ReadonlyMap<string, Readonly<Record<string, string>>>,
): () => void {
  const turns = [
    'mobile-app',
    'web-shop',
    'mobile-app',
    'web-shop',
    'web-shop',
    'partner-acme',
    'mobile-app',
    'web-shop',
    'batch-importer',
    'web-shop',
    '',
  ];
  const paths = ['/', '/shop/42', '/api/v2/items', '/api/v2/orders', '/reports/daily'];
  let turn = 0;
  const timer = setInterval(() => {
    const requests = 5 + Math.round(3 * Math.sin(Date.now() / 7000) + Math.random() * 2);
    for (let each = 0; each < requests; each += 1) {
      turn += 1;
      const headers = callers.get(turns[turn % turns.length]!) ?? {};
      // The first gateway, which the pictures show, gets the most.
      const url = urls[[0, 1, 0, 2][turn % 4]!]!;
      void httpRequest(url + paths[turn % paths.length], { headers }).catch(() => undefined);
    }
  }, 50);
  return () => clearInterval(timer);
}
