/**
 * What browsers may do with our answers. Everything a page of ours needs comes from here: no CDN, no inline script, no
 * frame around it. Swagger UI, which styles elements inline, brings a policy of its own: plugins/admin/base/docs.ts.
 */
import fp from 'fastify-plugin';
import type { FastifyPluginAsync } from 'fastify';

const HEADERS = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    // Styles set by a script through CSSOM are not inline styles.
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    // Its own WebSockets, too (CSP level 3, 6.7.2.8).
    "connect-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

export interface SecurityHeadersOptions {
  /** `max-age` of Strict-Transport-Security over TLS (RFC 6797, 7.2), seconds; 0: it is not sent. Default 0. */
  readonly hstsSeconds?: () => number;
}

const securityHeaders: FastifyPluginAsync<SecurityHeadersOptions> = async (app, { hstsSeconds = () => 0 }) => {
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(HEADERS);
    if (request.protocol === 'https' && hstsSeconds() > 0) {
      reply.header('strict-transport-security', `max-age=${hstsSeconds()}`);
    }
  });
};

export default fp(securityHeaders, { name: 'security-headers' });
