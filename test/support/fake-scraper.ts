/** A scrape without a gateway: the data of FakeTelemetry, and matching metrics. */
import { fakeScaling } from './fake-scaling.ts';
import type { ScaleReport } from '../../src/scaling/scale-report.ts';
import { loneFleet } from './lone-fleet.ts';
import type { GatewayReport } from '../../src/telemetry/control/reports.ts';
import type { HistogramReport, ScrapeReport, ScrapeSource } from '../../src/telemetry/control/scrape-report.ts';
import { FakeTelemetry, STARTED_AT } from './fake-telemetry.ts';

const histogram: HistogramReport = { bounds: [0.001, 0.5, 10], counts: [1, 3, 4, 4], sum: 1.25 };

export function fakeScrape(report: GatewayReport = new FakeTelemetry().report()): ScrapeReport {
  return {
    report,
    routes: report.routes.map(({ name, pool, statuses }) => ({
      name,
      pool,
      statuses,
      inFlight: 3,
      forwardedDuration: histogram,
      ownDuration: histogram,
      calls: [3, ...Array.from({ length: 16 }, () => 0)],
    })),
    backends: report.backends.map(() => ({
      statuses: { '1xx': 0, '2xx': 890, '3xx': 0, '4xx': 1, '5xx': 9 },
      response: histogram,
    })),
    threads: report.threads.map(({ restarts }) => ({
      restartsTotal: restarts,
      droppedLogLines: 7,
      sheddingLevel: 2.5,
      isStuck: false,
      stallsTotal: 2,
      loop: { active: 12.5, idle: 87.5 },
    })),
    overflowTotal: 0,
    plugins: [
      { plugin: 'tenant', counter: '.errors', value: 2 },
      { plugin: 'tenant', counter: 'seen', value: 7 },
    ],
    caches: [
      {
        route: 'api',
        hits: 80,
        revalidated: 7,
        stale: 2,
        misses: 40,
        bypasses: 3,
        stores: 30,
        evictions: 5,
        bytes: 65_536,
      },
    ],
    mirrored: { answered: 5, failed: 1, dropped: 2 },
    authFailures: { missing: 4, invalid: 2, expired: 0, scope: 0, keys: 0, service: 0, attempts: 0 },
    control: {
      loop: { active: 1, idle: 99 },
      delay: { quantiles: [{ quantile: 0.99, delay: 0.002 }], sum: 0.5, count: 1000 },
      droppedLogLines: 0,
      refusedConnections: 5,
    },
    configuration: { appliedAt: STARTED_AT, isLastReloadGood: true, reverts: 2 },
    keySources: [
      { source: 'https://id.test/keys', keys: 2, fetchedTotal: 5, failedTotal: 1, ageMs: 60_000 },
      { source: 'keys.json', keys: 0, fetchedTotal: 0, failedTotal: 3, ageMs: null },
    ],
    nameLookups: { lookups: 12, failures: 3 },
    certificates: {
      expiries: [{ host: 'shop.example.com', atSeconds: STARTED_AT / 1000 + 86_400, left: 0.5 }],
      replacedTotal: 4,
      refusedTotal: 1,
      issuedTotal: 2,
      failedTotal: 3,
      onDemand: {
        states: { pending: 1, ok: 6, expiring: 0, expired: 0, not_yet_valid: 0 },
        servedTotal: 7,
        refusedTotal: 8,
        limitedTotal: 9,
        failedTotal: 1,
        asks: { yes: 11, no: 12, failed: 13 },
        orders: { issuedTotal: 5, failedTotal: 2 },
      },
    },
    discovery: [{ pool: 'web', source: 'dns', listed: 3, held: 1, unproven: 0, ageMs: 2500, failures: 4, changes: 7 }],
    routeProviders: [
      {
        provider: 'kubernetes',
        routes: ['a@kubernetes', 'b@kubernetes'],
        problems: [{}],
        ageMs: 1500,
        failures: 2,
        changes: 5,
      },
    ],
    fleet: loneFleet.report(),
    sharing: {
      mode: 'lost',
      since: null,
      gateways: 3,
      rttMs: 0.5,
      limits: 7,
      waitedMs: 12.5,
      decisions: { lease: 9, far: 8, asked: 7, known_empty: 6, slow: 5, share: 4, late: 3 },
    },
    scale: withGateways(fakeScaling.report()),
    process: {
      cpuSeconds: 12,
      residentBytes: 1e8,
      openFds: 50,
      maxFds: 1024,
      startTimeSeconds: STARTED_AT / 1000,
      nodeVersion: 'v24.0.0',
      heapUsedBytes: 2e7,
      heapTotalBytes: 4e7,
      externalBytes: 1e6,
    },
  };
}

export class FakeScraper implements ScrapeSource {
  async scrape(): Promise<ScrapeReport> {
    return fakeScrape();
  }
}

/** Gateways are scaled too, or their metric would be missing. */
function withGateways(report: ScaleReport): ScaleReport {
  return { ...report, gateway: { ...report.pools[0]!, name: '' } };
}
