/** Settings with the defaults of the configuration, for tests that need only some of them. */
import type {
  AdaptiveSettings,
  BackendSettings,
  CircuitBreakerSettings,
  HealthCheckSettings,
  PassiveHealthSettings,
  PoolSettings,
  PoolTlsSettings,
  SlowStartSettings,
} from '../../src/config/settings.ts';
import type { SnapshotBackend } from '../../src/config/snapshot.ts';

export const CIRCUIT: CircuitBreakerSettings = {
  enabled: true,
  windowMs: 10_000,
  minimumRequests: 20,
  errorRatio: 0.5,
  consecutiveFailures: 5,
  openMs: 10_000,
  maxOpenMs: 300_000,
  halfOpenTrials: 3,
  halfOpenSuccesses: 2,
  forgetMs: 60_000,
  count500: false,
};

export const HEALTH_CHECK: HealthCheckSettings = {
  enabled: false,
  type: 'http',
  service: null,
  method: 'GET',
  path: null,
  port: null,
  headers: {},
  intervalMs: 5000,
  fastIntervalMs: 2000,
  timeoutMs: 2000,
  rise: 2,
  fall: 3,
  expectedStatus: [200, 399],
  expectedBody: null,
  expectedHeaders: {},
};

export const SLOW_START: SlowStartSettings = { enabled: false, durationMs: 30_000, from: 0.1 };

export const ADAPTIVE: AdaptiveSettings = {
  enabled: false,
  intervalMs: 10_000,
  latencyShare: 0.6,
  errorShare: 0.4,
  speed: 0.1,
  targetLatencyMs: null,
  maxErrorRate: 0.1,
  minShare: 0.25,
  maxShare: 4,
  minSamples: 20,
  warmUpMs: 10_000,
};

export const PASSIVE_HEALTH: PassiveHealthSettings = {
  enabled: true,
  consecutiveErrors: 5,
  ejectMs: 30_000,
  maxEjectMs: 300_000,
  maxEjectedRatio: 0.5,
};

export const TLS: PoolTlsSettings = {
  caFile: null,
  certFile: null,
  keyFile: null,
  serverName: null,
  minVersion: 'TLSv1.2',
  caPem: null,
  certPem: null,
  keyPem: null,
  addressName: null,
};

export function backendSettings(id: string, more: Partial<BackendSettings> = {}): BackendSettings {
  const defaults = { weight: 1, enabled: true, backup: false, maxInFlight: null, region: null, zone: null };
  return { id, url: `http://${id}.test:8080`, ...defaults, ...more };
}

export function snapshotBackend(id: string, index: number, more: Partial<SnapshotBackend> = {}): SnapshotBackend {
  return {
    id,
    url: `http://${id}.test:8080`,
    addresses: ['192.0.2.1'],
    index,
    backup: false,
    maxInFlight: null,
    region: null,
    zone: null,
    ...more,
  };
}

export function poolSettings(backends: readonly BackendSettings[], more: Partial<PoolSettings> = {}): PoolSettings {
  return {
    name: 'pool',
    algorithm: 'round-robin',
    discover: null,
    hash: { by: 'ip' },
    backends,
    preserveHost: true,
    originHost: false,
    maxConnections: 1024,
    connectionWaitMs: 1000,
    maxResponseHeadBytes: 16_384,
    scale: null,
    keepAliveMs: 4000,
    protocol: 'http1',
    http2: { connections: 2, maxStreams: 100, pingIntervalMs: 30_000, pingTimeoutMs: 10_000 },
    insecureSkipTlsVerify: false,
    tls: TLS,
    panic: false,
    maxInFlight: null,
    fallback: null,
    locality: { prefer: 'off', overprovisioning: 1.4, minBackends: 1, trafficShare: 'auto' },
    queue: { size: 0, timeoutMs: 1000 },
    sticky: {
      enabled: false,
      cookie: 'sluice_sticky',
      idleMs: 1_800_000,
      maxAgeMs: 28_800_000,
      sameSite: 'lax',
      secure: 'auto',
      path: '/',
      domain: null,
      partitioned: false,
      keys: [],
    },
    exposeBackend: false,
    healthCheck: HEALTH_CHECK,
    passiveHealth: PASSIVE_HEALTH,
    circuitBreaker: CIRCUIT,
    retries: {
      attempts: 1,
      methods: ['GET', 'HEAD', 'OPTIONS'],
      statuses: [502, 503, 504],
      backoffBaseMs: 25,
      backoffMaxMs: 250,
      budgetRatio: 0.2,
      budgetMinimum: 3,
      maxReplayBytes: 65_536,
    },
    timeouts: { connectMs: 3000, responseMs: 15_000, idleMs: 60_000 },
    slowStart: SLOW_START,
    adaptive: ADAPTIVE,
    ...more,
  };
}
