/** Reports of the limits without a gateway. Records its calls. */
import type { ClientKey } from '../../src/identity/client-key.ts';
import type { ClientUsage, LimitReports, LimitsReport, TopTalker } from '../../src/limits/limit-reports.ts';
import { FakeTelemetry } from './fake-telemetry.ts';

const BUCKET = { capacity: 100, ratePerSecond: 10, windowMs: 0 };
const WINDOW = { capacity: 30, ratePerSecond: 0.5, windowMs: 60_000 };

const QUOTA = {
  route: 'search',
  per: 'month',
  requests: 100,
  used: 7,
  endsAt: Date.parse('2027-01-01T00:00:00Z'),
} as const;

export class FakeLimitReports implements LimitReports {
  readonly asked: unknown[] = [];

  report(): LimitsReport {
    return {
      limiter: new FakeTelemetry().report().limiter,
      default: BUCKET,
      global: WINDOW,
      allowlist: ['127.0.0.0/8'],
      denylist: ['192.0.2.0/24'],
      sharing: {
        mode: 'lost',
        since: Date.parse('2026-12-01T00:00:00Z'),
        gateways: 3,
        rttMs: 0.3456,
        limits: 7,
        waitedMs: 12.5,
        decisions: { lease: 9, far: 8, asked: 7, known_empty: 6, slow: 5, share: 4, late: 3 },
      },
      routes: [{ route: 'search', cost: 5, dryRun: true, client: WINDOW, key: null, total: null, tokens: null }],
    };
  }

  usage(client: ClientKey): ClientUsage {
    this.asked.push(client);
    const bucket = `${client.kind}:${client.key}`;
    const counted = { registered: true, countedAs: client.key, bucket };
    return { ...client, ...counted, policy: WINDOW, tokens: 12.3456, resetMs: 1500, quotas: [QUOTA] };
  }

  async top(by: 'requests' | 'refused', count: number): Promise<readonly TopTalker[]> {
    this.asked.push([by, count]);
    return [{ key: '2001:db8::/64', kind: 'ip', registered: false, requests: 20.4, refused: 3, error: 0 }];
  }
}
