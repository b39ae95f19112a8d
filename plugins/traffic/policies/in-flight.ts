/** Refuses a client's requests beyond the number that it may have at a time: 429. */
import type { FastifyPluginCallback } from 'fastify';
import fp from 'fastify-plugin';
import { sendError } from '../../../src/connections/send-own-answer.ts';
import { GatewayError } from '../../../src/errors.ts';
import type { InFlightLimits } from '../../../src/limits/in-flight-limits.ts';
import { type DryRunPorts, wouldRefuse } from '../../../src/limits/would-refuse.ts';
import type { LiveRoute, SnapshotHolder } from '../../../src/routing/live-snapshot.ts';

export interface InFlightOptions extends DryRunPorts {
  readonly live: SnapshotHolder;
  readonly limits: InFlightLimits;
}

/** When another request will end is unknown. */
const TOO_MANY = new GatewayError('GW_TOO_MANY_IN_FLIGHT', { retryAfterMs: 1000 });

const plugin: FastifyPluginCallback<InFlightOptions> = (app, { live, limits, ...ports }, done) => {
  const concerns = ({ maxInFlightPerClient: ofRoute }: LiveRoute): boolean =>
    ofRoute !== null || live.current.rateLimit.maxInFlightPerClient !== null;
  app.addPolicy(concerns, ({ exchange }, reply, next) => {
    const { maxInFlightPerClient: ofRoute, name } = exchange.route!;
    const { maxInFlightPerClient: ofAll, dryRun } = live.current.rateLimit;
    if (!exchange.isLimited) return next();
    const release = limits.take(exchange.client, name, ofRoute, ofAll);
    if (release !== null) {
      exchange.whenClosed(release);
      return next();
    }
    if (dryRun) {
      wouldRefuse(exchange, 'in-flight', ports);
      return next();
    }
    ports.metrics.countLaterRefusal(ports.thread, 'in_flight');
    // They are about a limit that was not reached.
    exchange.refusedBy = 'in-flight';
    exchange.limitFields = null;
    reply.hijack();
    sendError(exchange, TOO_MANY);
  });
  done();
};

export default fp(plugin, { name: 'in-flight', dependencies: ['policies'] });
