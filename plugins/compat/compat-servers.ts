/** /list, /addServer, /removeServer, /health and /ping of older balancers. Off: admin.compat. */
import fp from 'fastify-plugin';
import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Settings } from '../../src/config/settings.ts';
import { GatewayError } from '../../src/errors.ts';
import { canonicalBackendUrl, rejectBackendUrl } from '../../src/net/backend-url.ts';
import { backendSettingsView } from '../../src/backends/api/backend-view.ts';
import {
  CompatDone,
  CompatServer,
  CompatServerBody,
  compatServer,
  urlText,
} from '../../src/compat/api/compat-servers-view.ts';
import { COMMON_ERRORS, errorAnswers } from '../../src/api/error-schema.ts';
import type { BackendControl } from '../../src/backends/backend-control.ts';
import type { BackendReport, Telemetry } from '../../src/telemetry/control/reports.ts';

export interface CompatServersOptions {
  readonly telemetry: Telemetry;
  readonly control: BackendControl;
  /** Current at the time of the call. */
  readonly settings: () => Pick<Settings, 'pools'>;
}

const tags = ['compat'];
const CHANGE = ['GW_VALIDATION', 'GW_BAD_JSON', ...COMMON_ERRORS, 'GW_DATABASE_UNAVAILABLE'] as const;
const DONE = { status: 'success' };

const compatServers: FastifyPluginAsyncTypebox<CompatServersOptions> = async (
  app,
  { telemetry, control, settings },
) => {
  app.get(
    '/list',
    {
      schema: {
        tags,
        operationId: 'compatListServers',
        summary: 'List the servers that are not disabled',
        response: { 200: Type.Array(CompatServer, { description: 'Of all pools' }), ...errorAnswers(...COMMON_ERRORS) },
      },
    },
    async () =>
      telemetry
        .backends()
        .filter(({ enabled }) => enabled)
        .map(compatServer),
  );

  app.post(
    '/addServer',
    {
      schema: {
        tags,
        operationId: 'compatAddServer',
        summary: 'Add a server to the pool default, or to the only one',
        body: CompatServerBody,
        response: { 200: CompatDone, ...errorAnswers(...CHANGE, 'GW_BACKEND_EXISTS') },
      },
    },
    async (request) => {
      const url = urlOf(request.body.URL);
      request.audited = { target: url };
      const pool = poolName();
      const known = serversAt(url).find((each) => each.pool === pool);
      if (known?.enabled === true) throw new GatewayError('GW_BACKEND_EXISTS');
      const before = shown(known?.id);
      const id = known?.id ?? (await control.create({ pool, url: urlText(request.body.URL) }));
      if (known !== undefined) await control.setEnabled(id, true);
      request.audited = { target: id, before, after: shown(id) };
      return DONE;
    },
  );

  app.delete(
    '/removeServer',
    {
      schema: {
        tags,
        operationId: 'compatRemoveServer',
        summary: 'Remove a server; one from the file is disabled',
        body: CompatServerBody,
        response: { 200: CompatDone, ...errorAnswers(...CHANGE, 'GW_BACKEND_NOT_FOUND') },
      },
    },
    async (request) => {
      const url = urlOf(request.body.URL);
      request.audited = { target: url };
      const servers = serversAt(url).filter(({ enabled }) => enabled);
      if (servers.length === 0) throw new GatewayError('GW_BACKEND_NOT_FOUND');
      const ids = servers.map(({ id }) => id);
      const before = allShown(ids);
      try {
        for (const { id, origin } of servers)
          await (origin.source === 'api' ? control.remove(id) : control.setEnabled(id, false));
      } finally {
        // Also if one of several fails.
        request.audited = { target: ids.join(', '), before, after: allShown(ids) };
      }
      return DONE;
    },
  );

  for (const [url, text] of [
    ['/health', 'OK'],
    ['/ping', 'pong'],
  ] as const) {
    app.get(
      url,
      {
        config: { isPublic: true },
        schema: {
          tags,
          security: [],
          operationId: `compat${url === '/ping' ? 'Ping' : 'Health'}`,
          summary: `Answers ${text} while the process runs`,
          response: { 200: Type.String({ description: text }), ...errorAnswers('GW_FORBIDDEN') },
        },
      },
      async (_request, reply) => reply.type('text/plain').send(text),
    );
  }

  function shown(id: string | undefined) {
    return id === undefined ? null : backendSettingsView(telemetry.backend(id));
  }

  function allShown(ids: readonly string[]) {
    return Object.fromEntries(ids.map((id) => [id, shown(id)]));
  }

  function serversAt(url: string): readonly BackendReport[] {
    return telemetry.backends().filter((backend) => backend.url === url);
  }

  function poolName(): string {
    const names = settings().pools.map(({ name }) => name);
    if (names.includes('default')) return 'default';
    if (names.length === 1) return names[0]!;
    throw new GatewayError('GW_VALIDATION', {
      message: 'There are several pools: name one with POST /v1/api/backends',
    });
  }
};

function urlOf(value: unknown): string {
  const text = urlText(value);
  const why = rejectBackendUrl(text);
  if (why === undefined) return canonicalBackendUrl(text);
  throw new GatewayError('GW_VALIDATION', { details: [{ field: 'URL', message: `must be http://host:port: ${why}` }] });
}

export default fp(compatServers, { name: 'compat-servers', dependencies: ['error-answers', 'schemas', 'audit'] });
