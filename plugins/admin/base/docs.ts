/** The OpenAPI document made from the routes' schemas, and Swagger UI at /docs/ to read and try it. */
import { fileURLToPath } from 'node:url';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import fp from 'fastify-plugin';
import type { FastifyPluginAsync, FastifySchema } from 'fastify';
import { hasOwnFile, readOwnFile } from '../../../src/distribution/own-files.ts';
import { withSharedExamples } from '../../../src/openapi/shared-examples.ts';

export interface DocsOptions {
  /** Of Sluice; shown in the document. */
  readonly version: string;
}

/** Instead of the one that the package would read from its own folder, which the executable does not have. */
const LOGO = fileURLToPath(new URL('../../../dashboard/dist/favicon.svg', import.meta.url));

const TAGS = [
  { name: 'clients', description: 'Registered clients and their token buckets' },
  { name: 'backends', description: 'Backends and their circuits' },
  { name: 'discovery', description: 'Where the members of pools come from, and lists that programs push' },
  { name: 'limits', description: 'The limits, the busiest clients, and what another limit would do' },
  { name: 'certificates', description: 'Certificates for clients' },
  { name: 'cache', description: 'Stored answers' },
  { name: 'fleet', description: 'Gateways that share a database' },
  { name: 'scaling', description: 'How many replicas are wanted' },
  { name: 'events', description: 'Recent events' },
  { name: 'metrics', description: 'Counters, latencies and limits' },
  { name: 'recordings', description: 'Requests and answers, recorded to be replayed' },
  { name: 'config', description: 'The current configuration, and reloads' },
  { name: 'security', description: 'Callers, and who changed what' },
  { name: 'probes', description: 'Liveness, readiness, and the health of the backends' },
  { name: 'compat', description: 'Paths of older balancers. `admin.compat: false` turns them off' },
];

/** Everything is served from here: no CDN, no validator, no inline script. Swagger UI styles elements inline. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const docs: FastifyPluginAsync<DocsOptions> = async (app, { version }) => {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Sluice admin API',
        version,
        description:
          'Read, change and watch a running gateway. Keys are snake_case, times RFC 3339 in UTC, ' +
          'durations in the unit their name or description says. Errors carry a stable `error` code.',
        license: { name: 'MIT', identifier: 'MIT' },
      },
      servers: [{ url: '/', description: 'This gateway' }],
      tags: TAGS,
      components: {
        securitySchemes: {
          bearer: {
            type: 'http',
            scheme: 'bearer',
            description:
              '`admin.token` of the configuration, or one of `admin.tokens`. If none is configured (loopback only), none is needed.',
          },
        },
      },
      security: [{ bearer: [] }],
    },
    transformObject: (document) =>
      'openapiObject' in document ? withSharedExamples(document.openapiObject) : document.swaggerObject,
    transform: ({ schema, url }) => ({ schema: withoutDefaultsRequired(schema), url }),
    refResolver: {
      buildLocalReference: ({ $id: id }, _baseUri, _fragment, index) =>
        typeof id === 'string' ? id : `schema-${index}`,
    },
  });

  // The page and the document contain no data of the gateway: they load without a token; "Authorize" takes one.
  await app.register(async (pages) => {
    pages.addHook('onRoute', (route) => {
      route.config = { ...route.config, isPublic: true };
    });
    await pages.register(swaggerUi, {
      routePrefix: '/docs',
      staticCSP: CONTENT_SECURITY_POLICY,
      theme: { title: 'Sluice admin API' },
      ...(hasOwnFile(LOGO) ? { logo: { type: 'image/svg+xml', content: readOwnFile(LOGO) } } : {}),
      uiConfig: { deepLinking: true, displayRequestDuration: true, tryItOutEnabled: true, persistAuthorization: false },
      uiHooks: {
        onRequest: (request, reply, done) => {
          if (/^\/docs(\?|$)/.test(request.url)) void reply.redirect('/docs/');
          else done();
        },
      },
    });
  });
};

/** TypeBox considers a field with a default required, because it is always there afterwards; a request may omit it. */
function withoutDefaultsRequired(schema: FastifySchema): FastifySchema {
  const query = schema?.querystring as QuerySchema | undefined;
  if (query?.required === undefined) return schema;
  const required = query.required.filter((name) => query.properties[name]?.default === undefined);
  return { ...schema, querystring: { ...query, required } };
}

interface QuerySchema {
  readonly properties: Readonly<Record<string, { readonly default?: unknown }>>;
  readonly required?: readonly string[];
}

export default fp(docs, { name: 'docs', dependencies: ['schemas', 'auth'] });
