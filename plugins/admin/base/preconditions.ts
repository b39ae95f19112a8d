/**
 * If-None-Match of reads: if the caller already has the answer's ETag, it gets a 304 without a body (RFC 9110, 13.1.2).
 */
import fp from 'fastify-plugin';
import type { FastifyPluginAsync } from 'fastify';
import { namesTag } from '../../../src/net/entity-tag.ts';

const preconditions: FastifyPluginAsync = async (app) => {
  app.addHook('onSend', async (request, reply, payload) => {
    const field = request.headers['if-none-match'];
    const tag = reply.getHeader('etag');
    if (field === undefined || typeof tag !== 'string' || reply.statusCode !== 200) return payload;
    if (request.method !== 'GET' && request.method !== 'HEAD') return payload;
    if (!namesTag(field, tag)) return payload;
    reply.code(304);
    // For HEAD, Fastify takes the length and then drops the body itself.
    if (request.method === 'HEAD') return payload;
    reply.removeHeader('content-type').removeHeader('content-length');
    return null;
  });
};

export default fp(preconditions, { name: 'preconditions' });
