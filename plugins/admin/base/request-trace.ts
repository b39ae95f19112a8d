/** Makes a request traceable: its id in the answer, and a line in the log at level debug. */
import fp from 'fastify-plugin';
import type { FastifyPluginAsync } from 'fastify';

const requestTrace: FastifyPluginAsync = async (app) => {
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
  });

  app.addHook('onResponse', async (request, reply) => {
    const path = request.url.replace(/\?.*/s, '');
    const { method, ip } = request;
    request.log.debug({ method, path, ip, status: reply.statusCode, duration_ms: reply.elapsedTime }, 'admin request');
  });
};

export default fp(requestTrace, { name: 'request-trace' });
