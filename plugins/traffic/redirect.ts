/** From the plain port to TLS: redirects requests for hosts that have a certificate. */
import type { FastifyPluginCallback } from 'fastify';
import fp from 'fastify-plugin';
import { CHALLENGE_PATH } from '../../src/acme/challenge-directory.ts';
import { sendOwnAnswer } from '../../src/connections/send-own-answer.ts';
import { clientScheme } from '../../src/http/client-scheme.ts';
import type { SnapshotHolder } from '../../src/routing/live-snapshot.ts';
import { secureLocation } from '../../src/tls/secure-location.ts';

export interface RedirectOptions {
  readonly live: SnapshotHolder;
  /** Whether there is a certificate for this name. */
  readonly isServed: (name: string) => boolean;
  /** Of TLS. */
  readonly port: () => number;
}

const plugin: FastifyPluginCallback<RedirectOptions> = (app, { live, isServed, port }, done) => {
  app.addHook('onRequest', ({ exchange }, reply, next) => {
    const { tls } = live.current;
    if (tls === null || tls.redirect === 0) return next();
    // A backend may get certificates by itself.
    if (exchange.target.startsWith(CHALLENGE_PATH)) return next();
    const request = exchange.response.req;
    // A trusted proxy may have received it over TLS: then a redirect would lead back to here.
    if (clientScheme(request, exchange.isPeerTrusted) === 'https') return next();
    const ports = { wanted: tls.redirectPort, plain: request.socket.localPort, tls: port() };
    const location = secureLocation(request.headers['host'], exchange.target, ports, isServed);
    if (location === null) return next();
    reply.hijack();
    sendOwnAnswer(exchange, { status: tls.redirect, fields: { location }, body: '' });
  });
  done();
};

export default fp(plugin, { name: 'redirect', dependencies: ['message-rules'] });
