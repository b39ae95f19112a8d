/** Identifies the client and takes tokens from its limits: 403 if it is denied, 429 if it has none left. */
import type { FastifyPluginCallback, FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify';
import fp from 'fastify-plugin';
import { sendError } from '../../src/connections/send-own-answer.ts';
import type { TopTalkers } from '../../src/limits/core/top-talkers.ts';
import { GatewayError } from '../../src/errors.ts';
import type { BucketHash } from '../../src/identity/client-identity.ts';
import { RequestIdentity } from '../../src/identity/request-identity.ts';
import { isPreflight } from '../../src/http/preflight.ts';
import { RateLimitFields } from '../../src/limits/rate-limit-fields.ts';
import { isPathTarget, takeTarget } from '../../src/routing/request-target.ts';
import type { ClientDirectory } from '../../src/identity/client-directory.ts';
import type { LiveRoute, LiveSnapshot, SnapshotHolder } from '../../src/routing/live-snapshot.ts';
import { THREAD_COUNTER } from '../../src/runtime/metrics-table.ts';
import { AnswerCharge, type ChargePorts } from '../../src/limits/answer-charge.ts';
import type { Decision, RateLimiter } from '../../src/limits/rate-limiter.ts';
import type { SharedTakes } from '../../src/limits/shared/shared-take.ts';
import { isRoute, lookUpRoute } from '../../src/routing/route-lookup.ts';
import { type DryRunPorts, wouldRefuse } from '../../src/limits/would-refuse.ts';

export interface RateLimitOptions extends DryRunPorts {
  readonly live: SnapshotHolder;
  readonly limiter: RateLimiter;
  readonly directory: ClientDirectory;
  readonly talkers: TopTalkers;
  /** Null: the gateway shares its limits with no other. */
  readonly shared: Pick<SharedTakes, 'take' | 'reserved'> | null;
  readonly charges: ChargePorts;
}

const DENIED = new GatewayError('GW_DENIED');
const ADDRESS_REFUSED = new GatewayError('GW_ADDRESS_REFUSED');
const RATE_LIMITED = new GatewayError('GW_RATE_LIMITED');

const REFUSED_BY = {
  refused: THREAD_COUNTER.refused,
  refused_route: THREAD_COUNTER.refusedRoute,
  refused_global: THREAD_COUNTER.refusedGlobal,
} as const satisfies Record<Exclude<Decision, 'allowed'>, number>;

const plugin: FastifyPluginCallback<RateLimitOptions> = (app, options, done) => {
  const { live, limiter, directory, metrics, talkers, dryRuns, thread, shared, charges } = options;
  const fields = new RateLimitFields();
  const identity = new RequestIdentity(live, directory, limiter);
  /** Tokens that the request of the last `take` asked of its client's own limit. */
  let cost = 0;

  app.addHook('onRequest', (request, reply, next) => {
    const { exchange, raw } = request;
    const snapshot = live.current;
    const peer = identity.peerOf(raw);
    const caller = identity.callerOf(raw, peer);
    exchange.clientAddress = caller.text;
    exchange.peerAddress = peer.text;
    exchange.isPeerTrusted = peer.isTrusted;
    if (snapshot.geo !== null) exchange.geo = snapshot.geo.locate(raw.headers, peer.isTrusted, caller.address);
    const isDenied = caller.admission === 'denied';
    const route = isDenied || !snapshot.isRouteNeeded ? null : routeOf(request, snapshot);
    if (isDenied || route?.addresses?.admits(caller.address) === false) {
      count(caller.key, caller.hash, true, exchange.startMs, THREAD_COUNTER.denied, 0);
      reply.hijack();
      return sendError(exchange, isDenied ? DENIED : ADDRESS_REFUSED);
    }
    if (!snapshot.rateLimit.enabled) return next();
    if (caller.admission === 'allowed') {
      count(caller.key, caller.hash, false, exchange.startMs, THREAD_COUNTER.allowlisted, 0);
      return next();
    }
    const named = identity.namedClient(raw, peer);
    exchange.client = named ?? caller.key;
    exchange.isLimited = true;
    const hash = named === undefined ? caller.hash : limiter.hash(named);
    const decision = take(request, reply, next, snapshot, route, hash);
    if (limiter.table.isOverflow) metrics.count(thread, THREAD_COUNTER.overflow);
    if (decision !== null) conclude(request, reply, next, snapshot, hash, cost, decision);
  });

  /** What it found is in the limiter until the next request. Null: it concludes later. */
  function take(
    request: FastifyRequest,
    reply: FastifyReply,
    next: HookHandlerDoneFunction,
    snapshot: LiveSnapshot,
    route: LiveRoute | null,
    hash: BucketHash,
  ): Decision | null {
    const { startMs, client } = request.exchange;
    const { limits } = snapshot;
    const isFree = route !== null && route.freePreflight && isPreflight(request.raw);
    const asked = isFree ? 0 : (route?.cost ?? 1);
    cost = asked;
    if (shared !== null && snapshot.rateLimit.shared.enabled) {
      const routeLimits = isFree ? null : (route?.limits ?? null);
      return shared.take(hash, client, isFree ? 1 : asked, limits, startMs, routeLimits, isFree, (decision) => {
        // The client may have left meanwhile.
        if (request.exchange.isClosed) {
          reserve(request.exchange, snapshot, hash, asked, decision);
          reply.hijack();
        } else conclude(request, reply, next, snapshot, hash, asked, decision);
      });
    }
    if (route === null) return limiter.take(hash, 1, limits, startMs, null);
    if (isFree) return limiter.takePreflight(hash, limits, startMs);
    return limiter.take(hash, route.cost, limits, startMs, route.limits);
  }

  function conclude(
    { exchange }: FastifyRequest,
    reply: FastifyReply,
    next: HookHandlerDoneFunction,
    snapshot: LiveSnapshot,
    hash: BucketHash,
    asked: number,
    decision: Decision,
  ): void {
    const { legacyHeaders, dryRun } = snapshot.rateLimit;
    if (decision === 'allowed' || dryRun) {
      reserve(exchange, snapshot, hash, asked, decision);
      count(exchange.client, hash, false, exchange.startMs, THREAD_COUNTER.allowed, asked);
      const over = decision === 'allowed' ? limiter.routeOver : limiter.state.policy;
      if (over !== null) wouldRefuse(exchange, over, { metrics, thread, dryRuns });
      if (!dryRun) exchange.limitFields = fields.of(limiter.state, legacyHeaders);
      return next();
    }
    count(exchange.client, hash, true, exchange.startMs, REFUSED_BY[decision], asked);
    exchange.limitFields = fields.of(limiter.state, legacyHeaders);
    exchange.refusedBy = limiter.state.policy;
    reply.hijack();
    sendError(exchange, RATE_LIMITED);
  }

  /** What was taken is an estimate on a route whose answers say what they cost. @param asked 0: a free preflight */
  function reserve(
    exchange: FastifyRequest['exchange'],
    { rateLimit, limits }: LiveSnapshot,
    hash: BucketHash,
    asked: number,
    decision: Decision,
  ): void {
    const { found, client, startMs } = exchange;
    if (found === null || !isRoute(found) || found.costTerms === null || asked === 0) return;
    const isShared = shared !== null && rateLimit.shared.enabled;
    // Redis may have been asked for it.
    const takenMs = isShared ? charges.nowMs() : startMs;
    const taker = isShared ? shared : limiter;
    const reservation = taker.reserved(decision, hash, client, asked, limits, takenMs, found.limits);
    const charge = new AnswerCharge(found.name, found.costTerms, reservation, charges);
    exchange.charge = charge;
    exchange.whenClosed(() => charge.close(exchange));
  }

  /** @param asked tokens, of the client's own limit. */
  function count(
    client: string,
    hash: BucketHash,
    isRefused: boolean,
    nowMs: number,
    counter: number,
    asked: number,
  ): void {
    metrics.count(thread, counter);
    talkers.add(client, hash.lo, hash.hi, isRefused, nowMs, asked);
  }
  done();
};

/** Null: it has none, and only limits that need no route apply. Later plugins report what is wrong with it. */
function routeOf({ exchange, raw }: FastifyRequest, snapshot: LiveSnapshot): LiveRoute | null {
  if (!isPathTarget(exchange.target) && takeTarget(raw, exchange) !== undefined) return null;
  exchange.found = lookUpRoute(raw, exchange.target, snapshot, exchange.geo);
  return isRoute(exchange.found) ? exchange.found : null;
}

export default fp(plugin, { name: 'ratelimit', dependencies: ['access-log'] });
