/** Settings of the limiter as for an empty file, except for the given ones. */
import type { RateLimitSettings } from '../../src/config/settings.ts';

export function rateLimitSettings(changes: Partial<RateLimitSettings> = {}): RateLimitSettings {
  return {
    enabled: true,
    dryRun: false,
    algorithm: 'token-bucket',
    default: { capacity: 100, ratePerSecond: 10 },
    window: { limit: 100, sizeMs: 60_000 },
    global: null,
    shared: {
      enabled: true,
      waitMs: 10,
      lostAfterMs: 100,
      maxLeaseMs: 100,
      strict: false,
      expectedGateways: 1,
    },
    maxInFlightPerClient: null,
    quota: null,
    allowlist: [],
    denylist: [],
    maxClients: 65_536,
    ipv6Prefix: 64,
    legacyHeaders: false,
    apiKeyHeader: 'x-api-key',
    clientIdHeader: 'x-client-id',
    ...changes,
  };
}
