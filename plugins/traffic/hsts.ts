/** Strict-Transport-Security (RFC 6797) in every answer over TLS: browsers then use nothing else for this host. */
import type { FastifyPluginCallback } from 'fastify';
import fp from 'fastify-plugin';
import type { SnapshotHolder } from '../../src/routing/live-snapshot.ts';

const plugin: FastifyPluginCallback<{ readonly live: SnapshotHolder }> = (app, { live }, done) => {
  app.addHook('onRequest', ({ exchange }, _reply, next) => {
    const seconds = live.current.tls?.hstsSeconds ?? 0;
    // RFC 6797, 7.2: over a secure connection only.
    if (seconds > 0 && exchange.response.req.scheme === 'https') exchange.hsts = `max-age=${seconds}`;
    next();
  });
  done();
};

export default fp(plugin, { name: 'hsts', dependencies: ['access-log'] });
