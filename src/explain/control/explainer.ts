/** Explains what would happen to a request: by the functions that traffic threads use, and without taking a token. */
import type { FieldValues } from '../../http/fields/field-values.ts';
import type { BucketPolicy } from '../../limits/client-table.ts';
import type { ClientUsage, LimitReports } from '../../limits/limit-reports.ts';
import { parseAddress } from '../../net/ip-address.ts';
import type { ExplainedLimit, ExplainedRequest, Explanation } from '../explanation.ts';
import { explainRoutes } from '../../routing/explain-routes.ts';
import type { LiveRoute, LiveSnapshot } from '../../routing/live-snapshot.ts';
import { pathEnd } from '../../routing/request-path.ts';
import { isRoute, lookUpRoute } from '../../routing/route-lookup.ts';
import { routeError } from '../../routing/route-fault.ts';
import type { GatewayReport } from '../../telemetry/control/reports.ts';

export interface ExplainerPorts {
  readonly live: () => LiveSnapshot;
  readonly limits: Pick<LimitReports, 'report' | 'usage'>;
  readonly telemetry: { report(): Pick<GatewayReport, 'backends'> };
}

const MAX_VERDICTS = 50;

export class Explainer {
  readonly #ports: ExplainerPorts;

  constructor(ports: ExplainerPorts) {
    this.#ports = ports;
  }

  explain(request: ExplainedRequest): Explanation {
    const live = this.#ports.live();
    const { method, host, target } = request;
    const headers: FieldValues = { ...request.headers, host };
    const found = lookUpRoute({ method, headers }, target, live);
    const route = isRoute(found) ? found : undefined;
    const end = pathEnd(target);
    const routable = { method, headers, query: target.slice(end + 1) };
    const verdicts = explainRoutes(live.routeList, route, target.slice(0, end), routable);
    const client = this.#ports.limits.usage(request.client);
    const address = request.client.kind === 'ip' ? parseAddress(request.client.key) : undefined;
    const admission = address === undefined ? null : (live.admission.find(address) ?? null);
    return {
      route: route?.name ?? null,
      error: isRoute(found) ? null : routeError(found).message,
      verdicts: verdicts.slice(0, MAX_VERDICTS),
      routes: verdicts.length,
      client,
      admission,
      cost: route?.cost ?? 1,
      limits: live.rateLimit.enabled && admission === null ? this.#limits(client, route) : [],
      pools: this.#pools(route),
    };
  }

  #limits(client: ClientUsage, route: LiveRoute | undefined): readonly ExplainedLimit[] {
    const cost = route?.cost ?? 1;
    const { global, limiter, routes } = this.#ports.limits.report();
    const limit = (
      name: ExplainedLimit['limit'],
      policy: BucketPolicy | null | undefined,
      tokens: number | null | undefined,
    ) =>
      policy === null || policy === undefined || tokens === null || tokens === undefined
        ? []
        : [{ limit: name, policy, tokens, wouldRefuse: tokens < cost }];
    const ofRoute = routes.find((each) => each.route === route?.name);
    return [
      ...limit('client', client.policy, client.tokens),
      ...limit('route', ofRoute?.total, ofRoute?.tokens),
      ...limit('global', global, limiter.globalTokens),
    ];
  }

  #pools(route: LiveRoute | undefined): Explanation['pools'] {
    const { backends } = this.#ports.telemetry.report();
    return (route?.pools ?? []).map(({ settings: { name, algorithm } }) => ({
      name,
      algorithm,
      backends: backends.filter(({ pool }) => pool === name),
    }));
  }
}
