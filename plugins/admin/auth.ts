/** Lets only operators in: a trusted Host, the bearer token when there is one, and no foreign page. */
import fp from 'fastify-plugin';
import type { FastifyPluginAsync } from 'fastify';
import type { AdminSettings } from '../../src/config/settings.ts';
import { GatewayError } from '../../src/errors.ts';
import { hostName, isSameHost, isTrustedHost, offeredToken } from '../../src/http/admin-access.ts';
import { bearerCheck } from '../../src/http/bearer-check.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route answers without a token: probes, and pages that hold no data of their own. */
    readonly isPublic?: boolean;
  }
}

export interface AuthOptions {
  readonly admin: Pick<AdminSettings, 'host' | 'token' | 'allowedHosts'>;
}

const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS'];

const auth: FastifyPluginAsync<AuthOptions> = async (app, { admin }) => {
  const isRight = admin.token === null ? () => true : bearerCheck(admin.token);

  app.addHook('onRequest', async (request, reply) => {
    const { headers } = request;
    if (!isTrustedHost(hostName(headers.host), admin)) {
      throw forbidden('This Host is not allowed here; name it in admin.allowed_hosts');
    }
    const isGuarded = !SAFE_METHODS.includes(request.method) || headers.upgrade !== undefined;
    if (isGuarded && headers.origin !== undefined && !isSameHost(headers.origin, headers.host)) {
      throw forbidden('Pages of another origin are not allowed here');
    }
    if (request.routeOptions.config.isPublic) return;
    const token = offeredToken(headers);
    if (isRight(token)) return;
    const problem = token === undefined ? '' : ', error="invalid_token"';
    reply.header('www-authenticate', `Bearer realm="sluice"${problem}`);
    throw new GatewayError('GW_UNAUTHORIZED');
  });
};

function forbidden(message: string): GatewayError {
  return new GatewayError('GW_FORBIDDEN', { message });
}

export default fp(auth, { name: 'auth' });
