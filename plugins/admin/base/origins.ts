/**
 * Keeps pages of other sites out: a trusted Host, a trusted Origin where it matters, and CORS for the configured
 * origins. First of the guards, so that requests from a foreign page are refused before a token is checked.
 *
 * Without @fastify/cors: it adds `OPTIONS *`, so that no path is unknown any more; varies every answer where origins
 * may change; sends exposed field names to every origin; and answers a wrong preflight in plain text. We would still
 * need the checks.
 */
import fp from 'fastify-plugin';
import type { FastifyPluginAsync, FastifyRequest } from 'fastify';
import { isSafe } from '../../../src/http/safe-methods.ts';
import type { AdminSettings } from '../../../src/config/settings.ts';
import { GatewayError } from '../../../src/errors.ts';
import { hostName, isSameHost, isTrustedHost } from '../../../src/admin-access/admin-access.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** Whether the request would be admitted now, by its Host and Origin. */
    isFromTrusted(request: Pick<FastifyRequest, 'headers' | 'method'>): boolean;
  }
  interface FastifyContextConfig {
    /** A probe of an orchestrator, which calls it by any name: the answer tells a foreign page nothing. */
    readonly isProbe?: boolean;
  }
}

export interface OriginsOptions {
  /** Current. */
  readonly admin: () => Pick<AdminSettings, 'host' | 'allowedHosts' | 'corsOrigins'>;
}

/** Cookies authorize nothing: a page sends its token itself, so `Allow-Credentials` is not needed. */
const PREFLIGHT = {
  'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE',
  'access-control-allow-headers': 'authorization, content-type, if-match, if-none-match, x-request-id',
  'access-control-max-age': '600',
};
const EXPOSED = 'etag, link, location, retry-after, x-request-id, x-total-count';

const origins: FastifyPluginAsync<OriginsOptions> = async (app, { admin }) => {
  /** Why the request is refused; undefined: it is not. */
  function refusal({ headers, method }: Pick<FastifyRequest, 'headers' | 'method'>): string | undefined {
    const policy = admin();
    if (!isTrustedHost(hostName(headers.host), policy)) {
      return 'This Host is not allowed here; name it in admin.allowed_hosts';
    }
    const isGuarded = !isSafe(method) || headers.upgrade !== undefined;
    if (headers.origin === undefined || !isGuarded || isSameHost(headers.origin, headers.host)) return undefined;
    if (policy.corsOrigins.includes(headers.origin.toLowerCase())) return undefined;
    return 'Pages of another origin are not allowed here; name it in admin.cors_origins';
  }

  app.decorate('isFromTrusted', (request) => refusal(request) === undefined);

  app.addHook('onRequest', async (request, reply) => {
    const { headers, method } = request;
    const policy = admin();
    const message = request.routeOptions.config.isProbe ? undefined : refusal(request);
    if (message !== undefined) throw new GatewayError('GW_FORBIDDEN', { message });
    if (policy.corsOrigins.length > 0) reply.header('vary', 'origin');
    if (headers.origin === undefined || !policy.corsOrigins.includes(headers.origin.toLowerCase())) return;
    reply.headers({
      'access-control-allow-origin': headers.origin,
      'access-control-expose-headers': EXPOSED,
      'cross-origin-resource-policy': 'cross-origin',
    });
    if (method === 'OPTIONS' && headers['access-control-request-method'] !== undefined) {
      return reply.code(204).headers(PREFLIGHT).send();
    }
  });
};

export default fp(origins, { name: 'origins' });
