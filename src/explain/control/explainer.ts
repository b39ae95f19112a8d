/** Explains what would happen to a request: by what traffic threads say, and without taking a token. */
import { GatewayError } from '../../errors.ts';
import type { Pool } from '../../balancing/pool.ts';
import type { PoolFallback } from '../../balancing/pool-fallback.ts';
import type { DiscoveryControl } from '../../discovery/discovery-report.ts';
import type { FieldValues } from '../../http/fields/field-values.ts';
import { bucketKey } from '../../identity/client-identity.ts';
import { clientOfBucket } from '../../limits/control/client-of-bucket.ts';
import type { LimitReports } from '../../limits/limit-reports.ts';
import { mergeThreads } from '../core/merge-threads.ts';
import type { ExplainedRequest, ThreadExplanation } from '../core/thread-explanation.ts';
import type { Explanation } from '../explanation.ts';
import { explainRoutes } from '../../routing/explain-routes.ts';
import type { LiveRoute, LiveSnapshot } from '../../routing/live-snapshot.ts';
import { pathEnd } from '../../routing/request-path.ts';
import { isRoute, lookUpRoute } from '../../routing/route-lookup.ts';
import { routeError } from '../../routing/route-fault.ts';
import type { GatewayReport } from '../../telemetry/control/reports.ts';

export interface ExplainerPorts {
  readonly live: () => LiveSnapshot;
  readonly limits: Pick<LimitReports, 'usage'>;
  readonly nowMs: () => number;
  readonly telemetry: { report(): Pick<GatewayReport, 'backends'> };
  readonly discovery: Pick<DiscoveryControl, 'report'>;
  /** What each running traffic thread says. */
  readonly ask: (request: ExplainedRequest) => Promise<readonly ThreadExplanation[]>;
}

const MAX_VERDICTS = 50;

export class Explainer {
  readonly #ports: ExplainerPorts;

  constructor(ports: ExplainerPorts) {
    this.#ports = ports;
  }

  async explain(request: ExplainedRequest): Promise<Explanation> {
    const parts = await this.#ports.ask(request);
    if (parts.length === 0) throw new GatewayError('GW_STOPPING', { message: 'No traffic thread runs' });
    const { bucket, ...foreseen } = mergeThreads(parts);
    const live = this.#ports.live();
    const { method, host, target } = request;
    const headers: FieldValues = { ...request.headers, host };
    const found = lookUpRoute({ method, headers }, target, live, foreseen.geo);
    const route = isRoute(found) ? found : undefined;
    const end = pathEnd(target);
    const routable = { method, headers, query: target.slice(end + 1), geo: foreseen.geo };
    const verdicts = explainRoutes(live.routeList, route, target.slice(0, end), routable);
    const { id } = request;
    const isOther = id !== null && bucket !== bucketKey('id', id);
    return {
      ...foreseen,
      route: route?.name ?? null,
      error: isRoute(found) ? null : routeError(found).message,
      verdicts: verdicts.slice(0, MAX_VERDICTS),
      routes: verdicts.length,
      client: this.#ports.limits.usage(isOther ? { kind: 'id', key: id } : clientOfBucket(bucket)),
      pools: this.#pools(route, foreseen.pool),
    };
  }

  /** @param chosen null: any of the route's */
  #pools(route: LiveRoute | undefined, chosen: string | null): Explanation['pools'] {
    const nowMs = this.#ports.nowMs();
    const { backends } = this.#ports.telemetry.report();
    const found = route === undefined ? [] : this.#ports.discovery.report();
    return (route?.pools ?? [])
      .map((pool) => {
        const { fallback } = pool;
        const { name, algorithm } = pool.settings;
        return {
          name,
          algorithm,
          locality: pool.localityReport(nowMs),
          fallback: fallback && sharesOf(fallback, nowMs),
          discovery: found.find((each) => each.pool === name) ?? null,
          backends: backends.filter((backend) => backend.pool === name),
        };
      })
      .toSorted((one, other) => Number(other.name === chosen) - Number(one.name === chosen));
  }
}

function sharesOf(fallback: PoolFallback<Pool>, nowMs: number): { pool: string; share: number }[] {
  const shares = fallback.shares(nowMs);
  return fallback.chain.map((pool, at) => ({ pool: pool.settings.name, share: shares[at]! }));
}
