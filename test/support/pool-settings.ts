/** Settings with the defaults of the configuration, for tests that need only some of them. */
import type {
  BackendSettings,
  CircuitBreakerSettings,
  HealthCheckSettings,
  PassiveHealthSettings,
  PoolSettings,
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
  path: '/health',
  intervalMs: 5000,
  fastIntervalMs: 2000,
  timeoutMs: 2000,
  rise: 2,
  fall: 3,
  expectedStatus: [200, 399],
};

export const PASSIVE_HEALTH: PassiveHealthSettings = {
  enabled: true,
  consecutiveErrors: 5,
  ejectMs: 30_000,
  maxEjectMs: 300_000,
  maxEjectedRatio: 0.5,
};

export function backendSettings(id: string, more: Partial<BackendSettings> = {}): BackendSettings {
  return { id, url: `http://${id}.test:8080`, weight: 1, enabled: true, backup: false, maxInFlight: null, ...more };
}

export function snapshotBackend(id: string, index: number, more: Partial<SnapshotBackend> = {}): SnapshotBackend {
  return { id, url: `http://${id}.test:8080`, index, backup: false, maxInFlight: null, ...more };
}

export function poolSettings(backends: readonly BackendSettings[], more: Partial<PoolSettings> = {}): PoolSettings {
  return {
    name: 'pool',
    algorithm: 'round-robin',
    hash: { by: 'ip' },
    backends,
    preserveHost: true,
    maxConnections: 128,
    keepAliveMs: 4000,
    insecureSkipTlsVerify: false,
    panic: false,
    maxInFlight: null,
    queue: { size: 0, timeoutMs: 1000 },
    sticky: { enabled: false, cookie: 'sluice_sticky', idleMs: 1_800_000, maxAgeMs: 28_800_000, keys: [] },
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
    ...more,
  };
}
