/** Takes a request from the quotas of its client, and refuses it when one is used up: 429. */
import type { FastifyPluginCallback } from 'fastify';
import fp from 'fastify-plugin';
import { sendError } from '../../../src/connections/send-own-answer.ts';
import { GatewayError } from '../../../src/errors.ts';
import type { ClientQuotaDirectory } from '../../../src/limits/quotas/client-quotas.ts';
import { type Quotas, quotasOfAll, withQuotaFields } from '../../../src/limits/quotas/quotas.ts';
import { type DryRunPorts, wouldRefuse } from '../../../src/limits/would-refuse.ts';
import type { LiveRoute, SnapshotHolder } from '../../../src/routing/live-snapshot.ts';

export interface QuotaOptions extends DryRunPorts {
  readonly live: SnapshotHolder;
  readonly quotas: Quotas;
  /** When it becomes empty, or no longer is, app.reviewPolicies() is to be called. */
  readonly clientQuotas: ClientQuotaDirectory;
  /** Ms since 1970; not the shared clock, which does not follow changes of the wall clock. */
  readonly wallMs: () => number;
}

const plugin: FastifyPluginCallback<QuotaOptions> = (app, { live, quotas, clientQuotas, wallMs, ...ports }, done) => {
  const concerns = ({ quota: ofRoute }: LiveRoute): boolean =>
    ofRoute !== null || live.current.rateLimit.quota !== null || !clientQuotas.isEmpty;
  app.addPolicy(concerns, ({ exchange }, reply, next) => {
    const { quota: ofRoute, name } = exchange.route!;
    const { quota: byDefault, dryRun } = live.current.rateLimit;
    if (!exchange.isLimited) return next();
    const ofAll = quotasOfAll(clientQuotas.find(exchange.client), byDefault);
    if (ofAll.length === 0 && ofRoute === null) return next();
    const nowMs = wallMs();
    const { states, refusedBy } = quotas.take(exchange.client, name, ofAll, ofRoute, nowMs);
    if (dryRun) {
      if (refusedBy !== null) wouldRefuse(exchange, refusedBy.policy, ports);
      return next();
    }
    exchange.limitFields = withQuotaFields(exchange.limitFields, states, nowMs);
    if (refusedBy === null) return next();
    ports.metrics.countLaterRefusal(ports.thread, 'quota');
    reply.hijack();
    sendError(exchange, new GatewayError('GW_QUOTA_EXCEEDED', { retryAfterMs: Math.max(1, refusedBy.endMs - nowMs) }));
  });
  done();
};

export default fp(plugin, { name: 'quota', dependencies: ['policies'] });
