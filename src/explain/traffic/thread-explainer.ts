/**
 * Says what would happen to a request in this thread: by the objects that decide about real ones, in the order in which
 * src/gateway/traffic/traffic-app.ts lists their plugins. Nothing is taken, counted, remembered or asked.
 */
import type { IncomingMessage } from 'node:http';
import { bucketKey } from '../../identity/client-identity.ts';
import { CERTIFICATE_PREFIX } from '../../identity/client-key.ts';
import type { Caller } from '../../identity/request-identity.ts';
import type { LiveSnapshot } from '../../routing/live-snapshot.ts';
import { routeError } from '../../routing/route-fault.ts';
import { isRoute, lookUpRoute } from '../../routing/route-lookup.ts';
import { secureLocation } from '../../tls/secure-location.ts';
import { clientScheme } from '../../http/client-scheme.ts';
import type { ExplainedLimit, ExplainedRequest, ThreadExplanation } from '../core/thread-explanation.ts';
import { isFree, rateLimits } from './foresee-limits.ts';
import type { ThreadExplainerPorts } from './foresight-ports.ts';
import { type GivenExchange, givenExchange } from './given-request.ts';
import { RouteForesight } from './route-foresight.ts';
import { StepList } from './step-list.ts';

export class ThreadExplainer {
  readonly #ports: ThreadExplainerPorts;

  constructor(ports: ThreadExplainerPorts) {
    this.#ports = ports;
  }

  async explain(given: ExplainedRequest): Promise<ThreadExplanation> {
    const { live, nowMs } = this.#ports;
    const snapshot = live.current;
    const exchange = givenExchange(given, nowMs());
    const caller = this.#identify(exchange, given);
    const bucket = exchange.client;
    exchange.geo = snapshot.geo?.locate(exchange.response.req.headers, exchange.isPeerTrusted, caller.address) ?? null;
    const found = lookUpRoute(exchange.response.req, exchange.target, snapshot, exchange.geo);
    const route = isRoute(found) ? found : null;
    const list = new StepList();
    addGeo(exchange, caller, snapshot, list);
    const { admission } = caller;
    if (admission === 'denied') list.refuses('admission', 'its address is on rate_limit.denylist', 'GW_DENIED');
    if (admission === 'allowed') list.passes('admission', 'its address is on rate_limit.allowlist: it is not limited');
    if (route?.addresses?.admits(caller.address) === false) {
      list.refuses('addresses', `the route does not admit ${caller.text}`, 'GW_ADDRESS_REFUSED');
    } else if (route !== null && route.addresses !== null) {
      list.passes('addresses', `the route admits ${caller.text}`);
    }
    exchange.isLimited = snapshot.rateLimit.enabled && admission !== 'allowed';
    const limits = exchange.isLimited ? rateLimits(exchange, route, snapshot, this.#ports) : [];
    if (exchange.isLimited) addLimits(limits, list);
    // As for a real one: who it is matters to its limits only.
    else exchange.client = '';
    const location = this.#secure(exchange, snapshot, list);
    const none = { quotas: [], inFlight: [], pool: null, target: null, location };
    const before = {
      bucket,
      geo: exchange.geo,
      admission: admission ?? null,
      cost: isFree(route, exchange) ? 0 : (route?.cost ?? 1),
      limits,
      steps: list.steps,
    };
    if (location !== null) return { ...before, ...none };
    if (!isRoute(found)) {
      const error = routeError(found);
      list.refuses('route', error.message, error);
      return { ...before, ...none };
    }
    list.passes('route', `it takes the route ${found.name}`);
    exchange.route = found;
    const rest = await new RouteForesight(exchange, found, snapshot, this.#ports, list).run();
    return { ...before, ...rest, limits: [...limits, ...rest.limits] };
  }

  #identify(exchange: GivenExchange, { id }: ExplainedRequest): Caller {
    const { identity, limiter } = this.#ports;
    // It has what is read of one: header fields, and a socket with an address.
    const request = exchange.response.req as unknown as IncomingMessage;
    const peer = identity.peerOf(request);
    const caller = identity.callerOf(request, peer);
    exchange.clientAddress = caller.text;
    exchange.peerAddress = peer.text;
    exchange.isPeerTrusted = peer.isTrusted;
    exchange.client = identity.namedClient(request, peer) ?? caller.key;
    if (id !== null) {
      const key = bucketKey('id', id);
      if (limiter.isRegistered(key) || id.startsWith(CERTIFICATE_PREFIX)) exchange.client = key;
    }
    return caller;
  }

  /** Where a request without TLS is redirected to; null: nowhere. */
  #secure(exchange: GivenExchange, { tls, clientAuth }: LiveSnapshot, list: StepList): string | null {
    const request = exchange.response.req;
    const { host } = request.headers;
    const isSecure = clientScheme(request, exchange.isPeerTrusted) === 'https';
    if (tls !== null && tls.redirect !== 0 && !isSecure) {
      const ports = { ...this.#ports.listeners(), wanted: tls.redirectPort };
      const location = secureLocation(host, exchange.target, ports, this.#ports.isServed);
      if (location !== null) {
        list.answers('https', `redirected to ${location}`, tls.redirect);
        return location;
      }
    }
    const policy = clientAuth.find(host?.replace(/:\d*$/, '').replace(/^\[(.*)\]$/, '$1'));
    if (policy?.mode !== 'require') return null;
    if (isSecure)
      list.unknown('certificate', 'the host requires a certificate of the client, which is not looked at here');
    else
      list.refuses(
        'certificate',
        'the host requires a certificate of the client, and this is not TLS',
        'GW_CLIENT_CERTIFICATE',
      );
    return null;
  }
}

function addGeo(
  { geo, peerAddress, isPeerTrusted, response }: GivenExchange,
  { text }: Caller,
  snapshot: LiveSnapshot,
  list: StepList,
): void {
  if (snapshot.geo === null) return;
  const { header } = snapshot.geo;
  const isIgnored = header !== null && !isPeerTrusted && response.req.headers[header] !== undefined;
  const ignored = isIgnored ? `; ${header} of ${peerAddress} is ignored, which is no trusted proxy` : '';
  if (geo === null) list.passes('geo', `the location of ${text} is unknown${ignored}`);
  else if (geo.isStated) list.passes('geo', `the client is in ${geo.name}: ${header} of ${peerAddress} says so`);
  else list.passes('geo', `the client is in ${geo.name}: the table has ${text} there${ignored}`);
}

function addLimits(limits: readonly ExplainedLimit[], list: StepList): void {
  const over = limits.find(({ wouldRefuse, isDry }) => wouldRefuse && !isDry);
  const dry = limits.find(({ wouldRefuse }) => wouldRefuse);
  const names = limits.map(({ limit }) => limit).join(', ');
  if (over !== undefined) list.refuses('limits', `the limit ${over.limit} is used up`, 'GW_RATE_LIMITED');
  else if (dry !== undefined) list.passes('limits', `the limit ${dry.limit} is used up, but this is a dry run`);
  else list.passes('limits', `tokens are left: ${names}`);
}
