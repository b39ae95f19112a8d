/** Removes stored answers from the response caches. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import fp from 'fastify-plugin';
import { purgeCache, wantedPurge } from '../../../src/policies/cache/api/cache-routes.ts';
import type { CachePurger } from '../../../src/policies/cache/core/cache-purger.ts';

export interface CacheOptions {
  readonly cache: CachePurger;
}

const plugin: FastifyPluginAsyncTypebox<CacheOptions> = async (app, { cache }) => {
  app.post('/v1/api/cache/purge', { schema: purgeCache }, async (request) => {
    const what = wantedPurge(request.body, cache.routes());
    const removed = await cache.purge(what);
    request.audited = { target: what.route ?? 'all routes', after: { ...request.body, removed } };
    return { removed };
  });
};

export default fp(plugin, { name: 'cache-purge', dependencies: ['schemas', 'audit'] });
