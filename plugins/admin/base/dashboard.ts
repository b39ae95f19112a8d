/**
 * The live console at `/`: the files that `npm run build` makes of dashboard/. They contain no data of the gateway, so
 * they load without a token; their data comes from the API, which requires one.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import fp from 'fastify-plugin';
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { hasOwnFile } from '../../../src/distribution/own-files.ts';
import { GatewayError } from '../../../src/errors.ts';
import { acceptsHtml } from '../../../src/http/fields/accepts-html.ts';

export interface DashboardOptions {
  /** The built files. Default dashboard/dist. */
  readonly root?: string;
}

const BUILT = fileURLToPath(new URL('../../../dashboard/dist/', import.meta.url));

/**
 * Paths that the page itself handles: they are all answered with the page. Under a prefix, because older balancers have
 * an API at /clients and the like (plugins/compat/compat-clients.ts).
 */
const VIEWS = [
  '/',
  '/ui/backends',
  '/ui/backends/:id',
  '/ui/clients',
  '/ui/limits',
  '/ui/routes',
  '/ui/certificates',
  '/ui/fleet',
  '/ui/events',
  '/ui/configuration',
];

const YEAR_SECONDS = 31_536_000;

const NOT_BUILT =
  '<!doctype html><html lang="en"><meta charset="utf-8"><title>Sluice</title><h1>The dashboard is not built</h1>' +
  '<p>Run <code>npm run build</code> (it needs the development packages: <code>npm ci</code>), then load ' +
  'this page again. The <a href="/docs/">API</a> works without it.</p></html>\n';

const dashboard: FastifyPluginAsync<DashboardOptions> = async (app, { root = BUILT }) => {
  // A scope of its own: sendFile here is not that of other files.
  await app.register(async (pages) => {
    pages.addHook('onRoute', (route) => {
      route.config = { ...route.config, isPublic: true };
    });
    // Their names contain a hash of their contents.
    await pages.register(fastifyStatic, {
      root: join(root, 'assets'),
      prefix: '/assets/',
      schemaHide: true,
      suppressWarning: true,
      index: false,
      immutable: true,
      maxAge: YEAR_SECONDS * 1000,
      preCompressed: true,
    });
    const schema = { hide: true };
    const sendPage = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
      if (!acceptsHtml(request.headers.accept)) throw new GatewayError('GW_NOT_FOUND');
      // Checked each time: it may be built while the gateway runs.
      if (!hasOwnFile(join(root, 'index.html'))) return reply.code(503).type('text/html').send(NOT_BUILT);
      return reply.header('cache-control', 'no-cache').sendFile('index.html', root, { cacheControl: false });
    };
    for (const url of VIEWS) pages.get(url, { schema }, sendPage);
    // The page says so, with its navigation.
    for (const url of ['/ui', '/ui/*']) {
      pages.get(url, { schema }, async (request, reply) => {
        const page = join(root, 'index.html');
        if (!acceptsHtml(request.headers.accept) || !hasOwnFile(page)) throw new GatewayError('GW_NOT_FOUND');
        return reply
          .code(404)
          .type('text/html; charset=utf-8')
          .header('cache-control', 'no-cache')
          .send(await readFile(page));
      });
    }
    pages.get('/favicon.svg', { schema }, async (_request, reply) =>
      reply.sendFile('favicon.svg', root, { maxAge: '1d' }),
    );
  });
};

export default fp(dashboard, { name: 'dashboard', dependencies: ['auth', 'security-headers'] });
