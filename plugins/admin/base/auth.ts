/** Admits only operators: by a bearer token, if one is configured, whose role must be sufficient for the route. */
import fp from 'fastify-plugin';
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import type { AdminSettings } from '../../../src/config/settings.ts';
import { AttemptLimit } from '../../../src/admin-access/attempt-limit.ts';
import { GatewayError } from '../../../src/errors.ts';
import { ANONYMOUS, principalCheck, type Principal } from '../../../src/admin-access/access-token.ts';
import { offeredToken } from '../../../src/admin-access/admin-access.ts';
import { anonymousKey, parseAddress, SUBSCRIBER_PREFIX } from '../../../src/net/ip-address.ts';
import { isAtLeast, type Role } from '../../../src/admin-access/core/admin-access-vocabulary.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route answers without a token: probes, and pages without data of their own. */
    readonly isPublic?: boolean;
    /** Minimum role. Default: viewer for GET and HEAD, operator for everything else. */
    readonly role?: Role;
  }
  interface FastifyRequest {
    /** The caller; null on public routes, and until the token was checked. */
    principal: Principal | null;
  }
  interface FastifyInstance {
    /**
     * For routes that need no token but check one if it is sent: null without. Rejects like any route if it is invalid.
     */
    identify(request: FastifyRequest, reply: FastifyReply): Principal | null;
    /**
     * For anything that outlives its request, a stream: `end` is called, once, when a reload has removed the token that
     * the request came with, or lowered its role, or no longer allows its Host or the origin of its page.
     *
     * @returns stops watching.
     */
    watchPrincipal(request: FastifyRequest, end: () => void): () => void;
  }
}

export interface AuthOptions {
  /** Current. */
  readonly admin: () => Pick<AdminSettings, 'token' | 'tokens'>;
  /** Subscribes to changes of `admin`. Default: never called. */
  readonly onChange?: (listener: () => void) => void;
  /** Monotonic, ms. Default performance.now. */
  readonly nowMs?: () => number;
}

/** A stream that is open. */
interface Watch {
  readonly request: Pick<FastifyRequest, 'headers' | 'method'>;
  readonly token: string | undefined;
  readonly role: Role;
  readonly end: () => void;
}

/** Consecutive wrong tokens from one address (IPv6: one /64), and one more every six seconds. */
const WRONG_TOKENS = { capacity: 10, ratePerSecond: 1 / 6 };
const REMEMBERED_ADDRESSES = 10_000;

const auth: FastifyPluginAsync<AuthOptions> = async (app, options) => {
  const { admin, onChange = () => {}, nowMs = () => performance.now() } = options;
  const attempts = new AttemptLimit(WRONG_TOKENS, REMEMBERED_ADDRESSES);
  let settings = admin();
  let principalOf = principalCheck(settings);

  const watched = new Set<Watch>();

  /**
   * A valid token always works, whatever came before: nobody may be locked out by others at the same address. So this
   * does not stop guessing; the length of the tokens does. It makes guessing visible in the log and in the answers.
   */
  function bearer(token: string, request: FastifyRequest): Principal | undefined {
    const principal = principalNow(token);
    if (principal !== undefined) return principal;
    const address = addressOf(request);
    const retryAfterMs = attempts.waitMs(address, nowMs());
    if (retryAfterMs > 0) throw new GatewayError('GW_TOO_MANY_ATTEMPTS', { retryAfterMs });
    if (attempts.fail(address, nowMs())) request.log.warn({ address }, 'too many wrong tokens');
    return undefined;
  }

  /** Undefined: not authenticated. If no token is configured, every caller is. */
  function principalNow(token: string | undefined): Principal | undefined {
    if (admin() !== settings) {
      settings = admin();
      principalOf = principalCheck(settings);
    }
    if (settings.token === null && settings.tokens.length === 0) return ANONYMOUS;
    return token === undefined ? undefined : principalOf(token);
  }

  function identify(request: FastifyRequest, reply: FastifyReply): Principal | null {
    const token = offeredToken(request.headers);
    if (token === undefined) return principalNow(undefined) ?? null;
    const principal = bearer(token, request);
    if (principal !== undefined) return principal;
    reply.header('www-authenticate', 'Bearer realm="sluice", error="invalid_token"');
    throw new GatewayError('GW_UNAUTHORIZED');
  }

  function watchPrincipal(request: FastifyRequest, end: () => void): () => void {
    const { headers, method, principal } = request;
    const watch = {
      request: { headers, method },
      token: offeredToken(headers),
      role: principal?.role ?? 'viewer',
      end,
    };
    watched.add(watch);
    return () => void watched.delete(watch);
  }

  onChange(() => {
    for (const watch of watched) {
      const principal = principalNow(watch.token);
      const isEnough = principal !== undefined && isAtLeast(principal.role, watch.role);
      if (isEnough && app.isFromTrusted(watch.request)) continue;
      watched.delete(watch);
      watch.end();
    }
  });

  app.decorate('watchPrincipal', watchPrincipal);
  app.decorateRequest('principal', null);
  app.decorate('identify', identify);

  app.addHook('onRequest', async (request, reply) => {
    const { isPublic, role } = request.routeOptions.config;
    if (isPublic) return;
    const needed = role ?? (['GET', 'HEAD'].includes(request.method) ? 'viewer' : 'operator');
    const principal = identify(request, reply);
    if (principal === null) {
      reply.header('www-authenticate', 'Bearer realm="sluice"');
      throw new GatewayError('GW_UNAUTHORIZED', {
        details: [{ field: 'authorization', message: `this needs a token with the role ${needed}` }],
      });
    }
    request.principal = principal;
    if (isAtLeast(principal.role, needed)) return;
    throw new GatewayError('GW_FORBIDDEN', { message: `This needs the role ${needed}; yours is ${principal.role}` });
  });
};

/** A closed socket has none. */
function addressOf({ ip }: { readonly ip: string | undefined }): string {
  const address = parseAddress(ip ?? '');
  return address === undefined ? (ip ?? '') : anonymousKey(address, SUBSCRIBER_PREFIX);
}

export default fp(auth, { name: 'auth', dependencies: ['origins'] });
