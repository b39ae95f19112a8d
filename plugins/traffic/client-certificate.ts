/** Certificates of clients: 403 without one where it is required, 421 on a connection that was made for another host. */
import type { FastifyPluginCallback } from 'fastify';
import fp from 'fastify-plugin';
import { GatewayError } from '../../src/errors.ts';
import type { SnapshotHolder } from '../../src/routing/live-snapshot.ts';

const plugin: FastifyPluginCallback<{ readonly live: SnapshotHolder }> = (app, { live }, done) => {
  app.addHook('onRequest', ({ exchange }, _reply, next) => {
    const { clientAuth } = live.current;
    if (clientAuth.isEmpty) return next();
    const { socket, headers } = exchange.response.req;
    const policy = clientAuth.find(headers['host']?.replace(/:\d*$/, '').replace(/^\[(.*)\]$/, '$1'));
    const proof = socket.sluiceProof;
    // A client may use one connection for several hosts (RFC 9110, 7.4), but not to evade what one of them requires.
    if (proof !== undefined && proof.policyKey !== (policy?.key ?? '')) {
      return next(new GatewayError('GW_MISDIRECTED'));
    }
    if (policy?.mode === 'require' && proof?.fault !== null) {
      const why = proof === undefined ? 'this connection is not over TLS' : proof.fault;
      return next(
        new GatewayError('GW_CLIENT_CERTIFICATE', { message: `A valid client certificate is required: ${why}` }),
      );
    }
    if (policy?.forward === true) exchange.clientCertificate = proof?.description ?? null;
    next();
  });
  done();
};

export default fp(plugin, { name: 'client-certificate', dependencies: ['redirect'] });
