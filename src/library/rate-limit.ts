/** `rateLimit`: limits for the routes of a Fastify app, with the RateLimit fields and the 429 of the gateway. */
import type { FastifyPluginAsync, FastifyReply, FastifyRequest, onRouteHookHandler } from 'fastify';
import fp from 'fastify-plugin';
import type { BucketPolicy } from '../limits/client-table.ts';
import { RateLimitFields } from '../limits/rate-limit-fields.ts';
import { type Limit, type LimitDecision, Limiter, type LimiterMemory, policyOf } from './limiter.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** What the last limit decided about this request; null: none applied to it. */
    limit: LimitDecision | null;
  }
  interface FastifyContextConfig {
    /** A limit of this route in place of the app's, another cost, or false: no limit. */
    limit?: RouteRateLimit | false | undefined;
  }
}

export interface RateLimitWords {
  /**
   * Who is limited. Null: this request is not. Default: `request.ip`, which is the proxy's address behind one unless
   * Fastify has `trustProxy`.
   */
  readonly key?: (request: FastifyRequest) => string | null;
  /** Tokens for a request, a whole number from 1. Default: 1. */
  readonly cost?: number | ((request: FastifyRequest) => number);
  /** Its name in the RateLimit fields: letters, digits, `_` and `-`. Limits of one name and size share their buckets. Default: `default`. */
  readonly name?: string;
}

type OptionalLimit = Limit | { readonly capacity?: never; readonly ratePerSecond?: never; readonly windowMs?: never };

/** Without `capacity`: the app's limit, with the words given here. */
export type RouteRateLimit = RateLimitWords & OptionalLimit;

/** Without `capacity`: only routes with a limit of their own are limited. */
export type RateLimitOptions = RouteRateLimit & {
  /** See LimiterOptions. Default: 10,000. */
  readonly maxClients?: number;
  /** See LimiterOptions. */
  readonly memory?: LimiterMemory;
  /** See LimiterOptions. */
  readonly nowMs?: () => number;
  /** Also send `X-RateLimit-Limit`, `-Remaining` and `-Reset`. Default: false. */
  readonly legacyHeaders?: boolean;
};

/** A request has been refused. Fastify answers it with 429; an error handler of the app may change the body. */
export class RateLimitError extends Error {
  override readonly name = 'RateLimitError';
  readonly code = 'RATE_LIMITED';
  readonly statusCode = 429;
  /** Until it would be admitted, ms; Infinity: never, it costs more than the capacity. */
  readonly retryAfterMs: number;

  constructor(retryAfterMs: number) {
    const { stackTraceLimit } = Error;
    // An answer, not a bug: capturing a stack would be most of its cost.
    Error.stackTraceLimit = 0;
    super(
      retryAfterMs === Infinity
        ? 'Rate limit exceeded: the request costs more than the limit allows'
        : `Rate limit exceeded, retry in ${Math.ceil(retryAfterMs / 1000)} s`,
    );
    Error.stackTraceLimit = stackTraceLimit;
    this.retryAfterMs = retryAfterMs;
  }
}

/** How a route is limited. */
interface Applied {
  readonly policy: BucketPolicy | null;
  readonly key: (request: FastifyRequest) => string | null;
  readonly cost: number | ((request: FastifyRequest) => number);
  readonly name: string;
}

const plugin: FastifyPluginAsync<RateLimitOptions> = async (app, options) => {
  const { legacyHeaders = false } = options;
  const limiter = new Limiter(options);
  const fields = new RateLimitFields();
  const byDefault = applied(options, null);
  /** Of this registration: an app may have several. */
  const own = Symbol('rate limit');
  if (!app.hasRequestDecorator('limit')) app.decorateRequest('limit', null);

  const onRoute: onRouteHookHandler = (route) => {
    const given = route.config?.limit;
    if (given === undefined) return;
    route.config = { ...route.config, [own]: given === false ? NONE : applied(given, byDefault) } as NonNullable<
      typeof route.config
    >;
  };
  app.addHook('onRoute', onRoute);

  app.addHook('onRequest', (request, reply, next) => {
    const config = request.routeOptions.config as unknown as { readonly [own]?: Applied };
    const { policy, key, cost, name } = config[own] ?? byDefault;
    const client = policy === null ? null : key(request);
    if (policy === null || client === null) return next();
    const asked = typeof cost === 'function' ? cost(request) : cost;
    const { decision, state } = limiter.takeFrom(client, policy, asked, name);
    const earlier = request.limit;
    request.limit = earlier === null ? decision : both(earlier, decision);
    addFields(reply, fields.of(state, legacyHeaders));
    if (decision.isAllowed) return next();
    earlier?.refund();
    return next(new RateLimitError(decision.waitMs));
  });
};

const NONE: Applied = { policy: null, key: () => null, cost: 1, name: '' };
const NAME = /^[\w-]{1,64}$/;

/** Throws RangeError. */
function applied(given: RouteRateLimit, around: Applied | null): Applied {
  const { name = around?.name ?? 'default', key = around?.key ?? ((request) => request.ip) } = given;
  const { cost = around?.cost ?? 1 } = given;
  if (!NAME.test(name))
    throw new RangeError(`name must be 1 to 64 letters, digits, _ or -, not ${JSON.stringify(name)}`);
  if (typeof cost === 'number' && !(Number.isInteger(cost) && cost >= 1)) {
    throw new RangeError(`cost must be a whole number from 1, not ${cost}`);
  }
  const isLimit = given.capacity !== undefined || given.ratePerSecond !== undefined || given.windowMs !== undefined;
  return { policy: isLimit ? policyOf(given as Limit) : (around?.policy ?? null), key, cost, name };
}

/** Of a plugin around this one: a refund returns what both took. */
function both(earlier: LimitDecision, decision: LimitDecision): LimitDecision {
  return {
    ...decision,
    refund: () => {
      earlier.refund();
      decision.refund();
    },
  };
}

/** RateLimit and RateLimit-Policy are lists: a client must obey all limits. Of the others, the last one applies. */
function addFields(reply: FastifyReply, fields: readonly string[]): void {
  for (let at = 0; at < fields.length; at += 2) {
    const name = fields[at]!;
    const before = at < LISTS ? reply.getHeader(name) : undefined;
    reply.header(name, before === undefined ? fields[at + 1] : `${String(before)}, ${fields[at + 1]}`);
  }
}

/** The first two names are lists. */
const LISTS = 4;

/**
 * Limits requests to the routes of this app, or of the scope that it is registered in, before anything else is done for
 * them: 429 with RateLimitError, and the fields `RateLimit`, `RateLimit-Policy` and `Retry-After`.
 *
 * Exact within its memory: never more than `capacity` plus the refill is admitted. A limit of an inner scope applies besides
 * that of an outer one; if it refuses, the outer one gets its tokens back.
 *
 * @throws RangeError on registration, or when a route is added, if a limit is out of range
 * @example
 *   app.register(rateLimit, { capacity: 100, ratePerSecond: 10, key: (request) => request.headers['x-user'] as string });
 *   app.get('/export', { config: { limit: { cost: 20 } } }, handler);
 */
export const rateLimit = fp(plugin, { name: 'sluice-rate-limit', fastify: '5.x' });
