/** Telemetry without a gateway: a realistic report that increases each time it is requested. */
import { EventEmitter, once } from 'node:events';
import type { LimiterReport } from '../../src/limits/limit-reports.ts';
import type { BackendReport, CircuitReport, GatewayReport, Telemetry } from '../../src/telemetry/control/reports.ts';

/** 2026-01-02T03:04:05.000Z */
export const STARTED_AT = Date.UTC(2026, 0, 2, 3, 4, 5);

export function fakeCircuit(changes: Partial<CircuitReport> = {}): CircuitReport {
  return {
    enabled: true,
    state: 'closed',
    consecutiveFailures: 0,
    windowRequests: 200,
    windowFailures: 2,
    trials: 0,
    trialSuccesses: 0,
    trips: 0,
    retryAt: null,
    forcedUntil: null,
    lastFailureAt: STARTED_AT - 60_000,
    ...changes,
  };
}

export function fakeBackend(changes: Partial<BackendReport> = {}): BackendReport {
  return {
    id: 'api-1',
    origin: { source: 'file', overrides: [], file: null, version: 0 },
    opaqueId: 'q3Zk9XbW1mT0uYcA',
    url: 'http://10.0.0.1:8081',
    addresses: ['10.0.0.1'],
    addressesDown: [],
    resolution: null,
    pool: 'api',
    weight: 1,
    effectiveWeight: 1,
    enabled: true,
    backup: false,
    region: null,
    zone: null,
    maxInFlight: null,
    draining: false,
    healthy: true,
    probes: 'up',
    hint: null,
    lastError: null,
    available: true,
    reason: null,
    circuit: fakeCircuit(),
    inFlight: 3,
    requestsTotal: 900,
    failuresTotal: 9,
    emaMs: 12.5,
    p50: 10,
    p95: 25.5,
    p99: 80,
    errorRate: 0.01,
    lastCheckedAt: STARTED_AT - 1000,
    state: 'healthy',
    stateReason: null,
    stateSince: STARTED_AT - 5000,
    slowStart: null,
    adaptive: null,
    ...changes,
  };
}

/** One backend in every interesting state: serving, tripped, and new without a single sample. */
export const FAKE_BACKENDS: readonly BackendReport[] = [
  fakeBackend(),
  fakeBackend({
    id: 'http://10.0.0.2:8081/base',
    url: 'http://10.0.0.2:8081/base',
    addresses: ['10.0.0.2'],
    healthy: false,
    probes: 'down',
    hint: null,
    lastError: 'connect refused',
    available: false,
    reason: 'unhealthy',
    circuit: fakeCircuit({ state: 'open', windowFailures: 100, trips: 1, retryAt: STARTED_AT + 10_000 }),
    inFlight: 0,
    requestsTotal: 100,
    failuresTotal: 60,
    emaMs: 112.5,
    errorRate: 0.5,
    state: 'down',
    stateReason: '3 failed probes: connect refused',
  }),
  fakeBackend({
    id: 'web-1',
    origin: {
      source: 'file',
      overrides: ['weight', 'maxInFlight'],
      file: { weight: 3, maxInFlight: null },
      version: 2,
    },
    url: 'https://web.internal',
    addresses: ['10.0.0.3', '10.0.0.4'],
    addressesDown: ['10.0.0.5'],
    resolution: {
      host: 'web.internal',
      since: STARTED_AT - 5000,
      checkedAt: STARTED_AT - 1000,
      error: 'no DNS server answers',
    },
    pool: 'web',
    slowStart: { share: 0.4, endsAt: STARTED_AT + 20_000 },
    adaptive: { latencyMs: 20, targetLatencyMs: 10, errorRate: 0, samples: 50, share: 0.5, waiting: null },
    healthy: null,
    probes: 'unchecked',
    hint: null,
    circuit: fakeCircuit({ windowRequests: 0, windowFailures: 0, lastFailureAt: null }),
    inFlight: 0,
    requestsTotal: 0,
    failuresTotal: 0,
    emaMs: null,
    p50: null,
    p95: null,
    p99: null,
    errorRate: 0,
    lastCheckedAt: null,
  }),
];

export class FakeTelemetry implements Telemetry {
  /** Reports made so far; requestsTotal is 1000 more. */
  reports = 0;
  readonly #asked = new EventEmitter();

  report(): GatewayReport {
    this.reports += 1;
    this.#asked.emit('report');
    const statuses = { '1xx': 0, '2xx': 930, '3xx': 0, '4xx': 9, '5xx': 60, aborted: 1 };
    const duration = { p50: 11, p95: 30, p99: 95.5 };
    const requestsTotal = 1000 + this.reports;
    return {
      at: STARTED_AT + this.reports,
      uptimeSeconds: 3600.5,
      version: '0.1.0',
      snapshot: 7,
      requestsTotal,
      ownAnswersTotal: 17,
      requestsPerSecond: 25.5,
      requestsPerMinute: 1530,
      inFlight: 3,
      statuses,
      duration,
      retriesTotal: 4,
      cache: { hits: 80, revalidated: 7, stale: 2, misses: 40, bypasses: 3, stores: 30, evictions: 5, bytes: 65_536 },
      pools: [{ name: 'api', queued: 2, fullTotal: 5, placed: [6, 3, 1], fallbackTotal: 4 }],
      backends: FAKE_BACKENDS,
      routes: [
        {
          name: 'all',
          pool: 'api',
          requestsTotal,
          ownAnswersTotal: 17,
          errorShare: 0.012,
          requestsPerSecond: 25.5,
          statuses,
          duration,
          shares: [],
        },
      ],
      limiter: {
        enabled: true,
        dryRun: false,
        allowedTotal: 990,
        refusedTotal: 9,
        refusedGlobalTotal: 1,
        refusedRouteTotal: 3,
        laterRefusals: { in_flight: 2, limit_key: 8, quota: 1, shedding: 6 },
        answerCosts: {
          answers: { read: 5, none: 1, missing: 2, invalid: 1, cut: 1 },
          tokens: { charged: 900, estimated: 4000, returned: 4100 },
        },
        deniedTotal: 4,
        wouldRefuseTotal: 6,
        allowlistedTotal: 5,
        activeClients: 12,
        registeredClients: 2,
        tableSlots: 65_536,
        globalTokens: 870.25,
        refusedShare: 0.01,
      },
      threads: [
        { index: 0, state: 'running', restarts: 0, snapshot: 7, connections: 8, tunnels: 2, refusedConnections: 3 },
        { index: 1, state: 'starting', restarts: 1, snapshot: 6, connections: 0, tunnels: 0, refusedConnections: 0 },
      ],
      database: { mode: 'embedded', available: true },
      configuration: { isLastReloadGood: true },
      exporters: [
        {
          signal: 'traces',
          endpoint: 'http://collector:4318/v1/traces',
          state: 'ok',
          failingSinceMs: null,
          lastError: null,
          exportedTotal: 70,
          droppedTotal: { full: 1, refused: 2, rejected: 3, expired: 4, stopped: 0 },
          queued: 9,
        },
      ],
    };
  }

  backends(): readonly BackendReport[] {
    return this.report().backends;
  }

  limiter(): LimiterReport {
    return this.report().limiter;
  }

  backend(id: string): BackendReport | undefined {
    return FAKE_BACKENDS.find((backend) => backend.id === id);
  }

  /** Resolves when `count` more reports have been made. */
  async reported(count: number): Promise<void> {
    const wanted = this.reports + count;
    while (this.reports < wanted) await once(this.#asked, 'report');
  }
}
