/** Lets only operators in: by a bearer token, where there is one, whose role must be enough for the route. */
import fp from 'fastify-plugin';
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import type { AdminSettings } from '../../src/config/settings.ts';
import { AttemptLimit } from '../../src/core/attempt-limit.ts';
import { GatewayError } from '../../src/errors.ts';
import { ANONYMOUS, isGenerated, principalCheck, type Principal } from '../../src/http/access-token.ts';
import { offeredToken } from '../../src/http/admin-access.ts';
import { anonymousKey, parseAddress } from '../../src/http/ip-address.ts';
import { isAtLeast, type Role } from '../../src/http/role.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route answers without a token: probes, and pages that hold no data of their own. */
    readonly isPublic?: boolean;
    /** Least role that may call it. Default: viewer for GET and HEAD, operator for all else. */
    readonly role?: Role;
  }
  interface FastifyRequest {
    /** Who calls; null on public routes, and until the token was checked. */
    principal: Principal | null;
  }
  interface FastifyInstance {
    /** For routes that need no token but look at one: null without. Rejects as any route does when it is wrong. */
    identify(request: FastifyRequest, reply: FastifyReply): Principal | null;
  }
}

export interface AuthOptions {
  /** In force now. */
  readonly admin: () => Pick<AdminSettings, 'token' | 'tokens'>;
  /** Monotonic, ms. Default performance.now. */
  readonly nowMs?: () => number;
}

/** Wrong tokens from one address (IPv6: one /64) in a row, and one more each six seconds. */
const WRONG_TOKENS = { capacity: 10, ratePerSecond: 1 / 6 };
const REMEMBERED_ADDRESSES = 10_000;

const auth: FastifyPluginAsync<AuthOptions> = async (app, { admin, nowMs = () => performance.now() }) => {
  const attempts = new AttemptLimit(WRONG_TOKENS, REMEMBERED_ADDRESSES);
  let settings = admin();
  let principalOf = principalCheck(settings);

  /**
   * Tokens that `sluice token create` made are compared whatever came before: nobody guesses one, and an operator must
   * not be locked out by whoever shares his address. A token that a person chose can be guessed, so it has to wait.
   */
  function bearer(token: string, request: FastifyRequest): Principal | undefined {
    const address = addressOf(request);
    const retryAfterMs = attempts.waitMs(address, nowMs());
    if (retryAfterMs > 0 && !isGenerated(token)) throw new GatewayError('GW_TOO_MANY_ATTEMPTS', { retryAfterMs });
    const principal = principalOf(token);
    if (principal === undefined && attempts.fail(address, nowMs())) {
      request.log.warn({ address }, 'too many wrong tokens');
    }
    return principal;
  }

  function identify(request: FastifyRequest, reply: FastifyReply): Principal | null {
    if (admin() !== settings) {
      settings = admin();
      principalOf = principalCheck(settings);
    }
    if (settings.token === null && settings.tokens.length === 0) return ANONYMOUS;
    const token = offeredToken(request.headers);
    if (token === undefined) return null;
    const principal = bearer(token, request);
    if (principal !== undefined) return principal;
    reply.header('www-authenticate', 'Bearer realm="sluice", error="invalid_token"');
    throw new GatewayError('GW_UNAUTHORIZED');
  }

  app.decorateRequest('principal', null);
  app.decorate('identify', identify);

  app.addHook('onRequest', async (request, reply) => {
    const { isPublic, role } = request.routeOptions.config;
    if (isPublic) return;
    const principal = identify(request, reply);
    if (principal === null) {
      reply.header('www-authenticate', 'Bearer realm="sluice"');
      throw new GatewayError('GW_UNAUTHORIZED');
    }
    request.principal = principal;
    const needed = role ?? (['GET', 'HEAD'].includes(request.method) ? 'viewer' : 'operator');
    if (isAtLeast(principal.role, needed)) return;
    throw new GatewayError('GW_FORBIDDEN', { message: `This needs the role ${needed}; yours is ${principal.role}` });
  });
};

/** A socket that is closed has none. */
function addressOf({ ip }: { readonly ip: string | undefined }): string {
  const address = parseAddress(ip ?? '');
  return address === undefined ? (ip ?? '') : anonymousKey(address);
}

export default fp(auth, { name: 'auth', dependencies: ['origins'] });
