/** Follows a request whose client may see how it is handled: the answer then says so (docs/policies.md). */
import type { FastifyPluginCallback } from 'fastify';
import fp from 'fastify-plugin';
import { EXPLAIN_HEADER } from '../../src/routing/explained-exchange.ts';
import type { ExplainSigner } from '../../src/explain/explain-signer.ts';
import type { SharedClock } from '../../src/runtime/shared-clock.ts';

export interface FollowOptions {
  readonly signer: ExplainSigner;
  readonly clock: SharedClock;
}

const plugin: FastifyPluginCallback<FollowOptions> = (app, { signer, clock }, done) => {
  app.addHook('onRequest', ({ exchange, raw }, _reply, next) => {
    const token = raw.headers[EXPLAIN_HEADER];
    if (token !== undefined && signer.isValid(String(token), clock.wallMs(exchange.startMs) / 1000)) {
      exchange.followed = { tries: [], nowMs: clock.nowMs };
    }
    next();
  });
  done();
};

export default fp(plugin, { name: 'follow-request', dependencies: ['access-log'] });
