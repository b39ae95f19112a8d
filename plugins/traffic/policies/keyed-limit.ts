/** Takes a request from its route's limit for each value of a key, which may be known only after authentication: 429. */
import type { FastifyPluginCallback, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { sendError } from '../../../src/connections/send-own-answer.ts';
import { GatewayError } from '../../../src/errors.ts';
import { isPreflight } from '../../../src/http/preflight.ts';
import { joinLimitFields, RateLimitFields } from '../../../src/limits/rate-limit-fields.ts';
import type { RateLimiter } from '../../../src/limits/rate-limiter.ts';
import type { SharedTakes } from '../../../src/limits/shared/shared-take.ts';
import { type DryRunPorts, wouldRefuse } from '../../../src/limits/would-refuse.ts';
import type { SnapshotHolder } from '../../../src/routing/live-snapshot.ts';

export interface KeyedLimitOptions extends DryRunPorts {
  readonly live: SnapshotHolder;
  readonly limiter: RateLimiter;
  /** Null: the gateway shares its limits with no other. */
  readonly shared: Pick<SharedTakes, 'takeKeyed' | 'keyedLimit'> | null;
}

const RATE_LIMITED = new GatewayError('GW_RATE_LIMITED');

const plugin: FastifyPluginCallback<KeyedLimitOptions> = (app, { live, limiter, shared, ...ports }, done) => {
  const fields = new RateLimitFields();
  app.addPolicy(
    (route) => route.keyed !== null,
    ({ exchange, raw }, reply, next) => {
      const { freePreflight } = exchange.route!;
      const keyed = exchange.route!.keyed!;
      if (!exchange.isLimited || (freePreflight && isPreflight(raw))) return next();
      const { rateLimit } = live.current;
      const conclude = (isTaken: boolean): void => {
        if (exchange.isClosed) return void reply.hijack();
        if (isTaken) exchange.charge?.reservation.add((isShared ? shared : limiter).keyedLimit(keyed, key));
        if (isAdmitted(exchange, isTaken, rateLimit.dryRun || keyed.dryRun, rateLimit.legacyHeaders)) return next();
        reply.hijack();
        sendError(exchange, RATE_LIMITED);
      };
      const key = keyed.keyOf(exchange);
      const isShared = shared !== null && rateLimit.shared.enabled && keyed.policy.isLocal !== true;
      const isTaken = isShared
        ? shared.takeKeyed(keyed, key, exchange.startMs, conclude)
        : limiter.takeKeyed(keyed, key, exchange.startMs);
      if (isTaken !== null) conclude(isTaken);
    },
  );

  function isAdmitted(
    exchange: FastifyRequest['exchange'],
    isTaken: boolean,
    isDry: boolean,
    withLegacy: boolean,
  ): boolean {
    if (isDry) {
      if (!isTaken) wouldRefuse(exchange, 'route-key', ports);
      return true;
    }
    if (isTaken) {
      exchange.limitFields = joinLimitFields(exchange.limitFields, fields.of(limiter.state, false));
      return true;
    }
    ports.metrics.countLaterRefusal(ports.thread, 'limit_key');
    exchange.refusedBy = 'route-key';
    exchange.limitFields = fields.of(limiter.state, withLegacy);
    return false;
  }
  done();
};

export default fp(plugin, { name: 'keyed-limit', dependencies: ['policies'] });
