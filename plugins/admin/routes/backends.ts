/** The backends API, /v1/api/backends. A change applies on every thread once it is answered. */
import fp from 'fastify-plugin';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { GatewayError } from '../../../src/errors.ts';
import { acceptedVersions, assertNotNamed, entityTag } from '../../../src/net/entity-tag.ts';
import type { ChangedBackendBody, ReplacedBackendBody } from '../../../src/backends/api/backend.ts';
import {
  changeBackend,
  createBackend,
  deleteBackend,
  getBackend,
  listBackends,
  replaceBackend,
} from '../../../src/backends/api/backend-routes.ts';
import { backendSettingsView, backendView, type BackendView } from '../../../src/backends/api/backend-view.ts';
import type { BackendControl } from '../../../src/backends/backend-control.ts';
import type { BackendChange } from '../../../src/backends/backend-store.ts';
import type { BackendReport, Telemetry } from '../../../src/telemetry/control/reports.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** The versions that a call's preconditions accept. */
    readonly backendVersions: (request: Pick<FastifyRequest, 'headers'>, id: string) => readonly number[] | undefined;
  }
  interface FastifyReply {
    /** The current backend, with its ETag set. Throws GW_BACKEND_NOT_FOUND. */
    readonly backendAnswer: (id: string) => BackendView;
  }
}

export interface BackendsOptions {
  readonly telemetry: Telemetry;
  readonly control: BackendControl;
}

const PREFIX = '/v1/api/backends';

const backends: FastifyPluginAsyncTypebox<BackendsOptions> = async (root, { telemetry, control }) => {
  /** Versions that If-Match accepts. Throws if If-None-Match contains the current one. */
  const versionsOf = ({ headers }: Pick<FastifyRequest, 'headers'>, id: string): readonly number[] | undefined => {
    const backend = telemetry.backend(id);
    if (backend !== undefined) assertNotNamed(headers['if-none-match'], backend.origin.version);
    return acceptedVersions(headers['if-match']);
  };
  root.decorate('backendVersions', versionsOf);
  root.decorateReply('backendAnswer', function (this: FastifyReply, id: string) {
    const backend = telemetry.backend(id);
    if (backend === undefined) throw new GatewayError('GW_BACKEND_NOT_FOUND');
    this.header('etag', entityTag(backend.origin.version));
    return backendView(backend);
  });

  const shown = (id: string) => backendSettingsView(telemetry.backend(id));

  const routes: FastifyPluginAsyncTypebox = async (app) => {
    app.addContentTypeParser(
      'application/merge-patch+json',
      { parseAs: 'string' },
      app.getDefaultJsonParser('error', 'error'),
    );

    app.get('/', { schema: listBackends }, async () => telemetry.backends().map(backendView));

    app.post('/', { schema: createBackend }, async (request, reply) => {
      const { max_in_flight: maxInFlight, ...wanted } = request.body;
      // Recorded even if the call is refused.
      request.audited = { target: wanted.id ?? wanted.url };
      const id = await control.create({ ...wanted, maxInFlight });
      request.audited = { target: id, after: shown(id) };
      reply.code(201).header('location', `${PREFIX}/${encodeURIComponent(id)}`);
      return reply.backendAnswer(id);
    });

    app.get('/:id', { schema: getBackend }, async ({ params }, reply) => reply.backendAnswer(params.id));

    app.put('/:id', { schema: replaceBackend }, async (request, reply) => {
      const { id } = request.params;
      const { pool, weight, enabled, backup, max_in_flight: maxInFlight } = request.body;
      const before = shown(id);
      assertNamed(request.body, telemetry.backend(id));
      await control.replace(id, { pool, weight, enabled, backup, maxInFlight }, versionsOf(request, id));
      request.audited = { before, after: shown(id) };
      return reply.backendAnswer(id);
    });

    app.patch('/:id', { schema: changeBackend }, async (request, reply) => {
      const { id } = request.params;
      const before = shown(id);
      await control.change(id, changeOf(request.body), versionsOf(request, id));
      request.audited = { before, after: shown(id) };
      return reply.backendAnswer(id);
    });

    app.delete('/:id', { schema: deleteBackend }, async (request, reply) => {
      const { id } = request.params;
      const before = shown(id);
      await control.remove(id, versionsOf(request, id));
      request.audited = { before, after: shown(id) };
      return reply.code(204).send(null);
    });
  };
  await root.register(routes, { prefix: PREFIX });
};

/** Identifying fields in the body must match this backend. */
function assertNamed(body: ReplacedBackendBody, backend: BackendReport | undefined): void {
  if (backend === undefined) throw new GatewayError('GW_BACKEND_NOT_FOUND');
  const names = { id: backend.id, opaque_id: backend.opaqueId, url: backend.url };
  const details = (['id', 'opaque_id', 'url'] as const)
    .filter((field) => body[field] !== undefined && body[field] !== names[field])
    .map((field) => ({ field, message: `cannot be changed: this is ${names[field]}` }));
  if (details.length > 0) throw new GatewayError('GW_VALIDATION', { details });
}

function changeOf({ max_in_flight: maxInFlight, ...change }: ChangedBackendBody): BackendChange {
  const given = { ...change, maxInFlight };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

export default fp(backends, { name: 'backends', dependencies: ['schemas', 'audit'] });
