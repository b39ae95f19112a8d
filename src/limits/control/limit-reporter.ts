/** What operators see of the limits: current settings with what is left, any client's level, the busiest clients. */
import type { Settings } from '../../config/settings.ts';
import type { TalkerOrder } from '../core/limits-vocabulary.ts';
import { clientOfBucket } from './client-of-bucket.ts';
import { topTalkers, type Talker } from '../core/top-talkers.ts';
import { addressKey, bucketKey, type KnownAddresses } from '../../identity/client-identity.ts';
import type { ClientKey } from '../../identity/client-key.ts';
import { parseAddress, parseCidr } from '../../net/ip-address.ts';
import type { CidrMap } from '../../net/cidr-map.ts';
import type { ClientQuotas } from '../quotas/client-quotas.ts';
import { limitPolicies, limitPolicy, routeLimits } from '../limit-policy.ts';
import type {
  ClientUsage,
  LimitReports,
  LimitsReport,
  QuotaUsage,
  RouteLimitReport,
  TopTalker,
  LimiterReport,
} from '../limit-reports.ts';
import { type Quotas, quotasOfAll } from '../quotas/quotas.ts';
import type { RateLimiter } from '../rate-limiter.ts';
import type { SharingReport } from '../shared/sharing-report.ts';

export interface LimitReportPorts {
  readonly limiter: RateLimiter;
  readonly nowMs: () => number;
  /** Ms since 1970. */
  readonly wallMs: () => number;
  readonly quotas: Quotas;
  /** A client's own, by the key of its bucket; undefined: none. */
  readonly clientQuotas: (bucket: string) => ClientQuotas | undefined;
  readonly settings: () => Settings;
  readonly limiterReport: () => LimiterReport;
  /** Null: no limit is shared with other gateways. */
  readonly sharing: () => SharingReport | null;
  /** Bucket keys of the registered blocks. */
  readonly blocks: CidrMap<string>;
  /** One list per traffic thread, by bucket key. */
  readonly talkers: () => Promise<readonly (readonly Talker[])[]>;
}

export class LiveLimitReports implements LimitReports {
  readonly #ports: LimitReportPorts;
  readonly #known: KnownAddresses;

  constructor(ports: LimitReportPorts) {
    this.#ports = ports;
    this.#known = {
      get ipv6Prefix() {
        return ports.settings().rateLimit.ipv6Prefix;
      },
      blocks: ports.blocks,
      isRegistered: (key) => ports.limiter.isRegistered(key),
    };
  }

  report(): LimitsReport {
    const { limiterReport, settings, sharing } = this.#ports;
    const { rateLimit } = settings();
    const { allowlist, denylist } = rateLimit;
    const lists = { allowlist, denylist };
    return {
      limiter: limiterReport(),
      ...limitPolicies(rateLimit),
      ...lists,
      routes: this.#routes(),
      sharing: sharing(),
    };
  }

  usage(client: ClientKey): ClientUsage {
    const { limiter, settings, nowMs } = this.#ports;
    const fallback = limitPolicies(settings().rateLimit).default;
    const bucket = this.#bucketOf(client);
    const { lo, hi } = limiter.hash(bucket ?? '');
    const level = bucket === null ? null : limiter.table.level(lo, hi, fallback, nowMs());
    return {
      ...client,
      registered: limiter.isRegistered(bucketKey(client.kind, client.key)),
      countedAs: bucket === null ? null : clientOfBucket(bucket).key,
      bucket,
      policy: level?.policy ?? fallback,
      tokens: level?.tokens ?? fallback.capacity,
      resetMs: level?.resetMs ?? 0,
      quotas: bucket === null ? [] : this.#quotas(bucket),
    };
  }

  async top(by: TalkerOrder, count: number): Promise<readonly TopTalker[]> {
    const talkers = topTalkers(await this.#ports.talkers(), by, count);
    return talkers.map(({ key, ...counts }) => ({
      ...clientOfBucket(key),
      ...counts,
      registered: this.#ports.limiter.isRegistered(key),
    }));
  }

  #quotas(bucket: string): QuotaUsage[] {
    const { settings, quotas, clientQuotas, wallMs } = this.#ports;
    const { rateLimit, routes } = settings();
    const ofAll = quotasOfAll(clientQuotas(bucket), rateLimit.quota);
    const all = [
      ...ofAll.map((quota) => ({ route: null, quota })),
      ...routes.flatMap(({ name, quota }) => (quota === null ? [] : [{ route: name, quota }])),
    ];
    return all.map(({ route, quota }) => {
      const { used, endMs } = quotas.useOf(bucket, route, quota, wallMs());
      return { route, per: quota.per, requests: quota.requests, used, endsAt: endMs };
    });
  }

  #routes(): RouteLimitReport[] {
    const { limiter, settings, nowMs } = this.#ports;
    return settings().routes.flatMap((route) => {
      const limits = routeLimits(route);
      const client = route.rateLimit?.client ?? null;
      if (limits === null && client === null && route.cost === 1) return [];
      return {
        route: route.name,
        cost: route.cost,
        dryRun: route.rateLimit?.dryRun ?? false,
        client: client === null ? null : limitPolicy(client),
        key: client?.key ?? null,
        total: limits?.total ?? null,
        tokens: limits === null ? null : limiter.routeTokens(limits, nowMs()),
      };
    });
  }

  /**
   * As the traffic threads would identify it, without credentials; null for anything that requests are not counted as.
   */
  #bucketOf({ kind, key }: ClientKey): string | null {
    const own = bucketKey(kind, key);
    if (this.#known.isRegistered(own)) return own;
    if (kind === 'id') return null;
    const address = kind === 'ip' ? parseAddress(key) : undefined;
    if (address !== undefined) return addressKey(address, this.#known);
    // Unregistered addresses are counted by their /64.
    const cidr = parseCidr(key);
    return cidr?.family === 6 && cidr.prefix === 64 ? addressKey(cidr, this.#known) : null;
  }
}
