/** Every key that is known, and what becomes of it: the first group is the table of docs/migrating/traefik.md. */
import type { DirectiveTable } from '../outline/directive-table.ts';

export const TRAEFIK_TABLE: DirectiveTable = {
  translated: {
    'http.routers': 'routes, by `priority` or else the length of the rule, as there',
    rule: '`Host`, `HostRegexp` for whole subdomains, `Path`, `PathPrefix`, `PathRegexp`, `Method`, `Header`, `HeaderRegexp`, `Query`, `QueryRegexp`, `ClientIP` (`allow`), joined by `&&` and `||`',
    'http.services': '`pools.NAME`',
    'loadBalancer.servers': '`backends`: `url`, `weight`',
    'loadBalancer.healthCheck':
      '`health_check`: `path`, `interval`, `timeout`, `port`, `hostname`, `headers`, `method`, `status`',
    'loadBalancer.sticky': '`sticky`: `name`, `maxAge`, `sameSite`, `secure`, `domain`, `path`',
    'loadBalancer.passHostHeader': '`preserve_host`',
    'loadBalancer.serversTransport':
      '`tls` and `timeouts` of the pool: `rootCAs`, `serverName`, `insecureSkipVerify`, `certificates`, `forwardingTimeouts`',
    weighted: '`split`',
    mirroring: '`mirror`',
    failover: '`fallback` of the pool',
    stripPrefix: '`strip_prefix`, if the prefix is that of the route; otherwise `rewrite`',
    'addPrefix, replacePath, replacePathRegex, stripPrefixRegex': '`rewrite`',
    headers: '`request_headers`, `response_headers`, and for `accessControl…` `cors`',
    redirectScheme: '`redirect`; of a router for any host on the plain port, `tls.redirect`',
    redirectRegex: '`redirect`, for expressions that begin with the whole URL of a host',
    rateLimit: '`rate_limit.client`: `average`, `period`, `burst`; with `sourceCriterion.requestHeaderName` a `key`',
    'ipAllowList, ipWhiteList': '`allow`',
    inFlightReq: '`max_in_flight_per_client`',
    forwardAuth: '`auth.forward`: `address`, `authRequestHeaders`, `authResponseHeaders`',
    'basicAuth, digestAuth': 'refused: set `auth.basic` with hashes from `sluice password`',
    compress: '`compression`',
    buffering: '`max_body_bytes`, for `maxRequestBodyBytes`',
    retry: '`retries.attempts`',
    circuitBreaker: '`circuit_breaker.enabled`, with the thresholds of Sluice and a note',
    chain: 'its middlewares, in their order',
    'tls.certificates': '`tls.certificates`',
    'tls.options': '`tls.min_version` and `tls.client_auth`',
    entryPoints: '`server.port` and `tls.port`',
  },
  also: ['http', 'tls', 'routers', 'services', 'middlewares', 'serversTransports', 'loadBalancer'],
  needless: [
    'global log accessLog api ping metrics tracing providers experimental hostResolver',
    'observability ruleSyntax contentType',
  ],
  lost: {
    certificatesResolvers: 'set acme of a certificate in tls.certificates: docs/tls.md',
    errors: 'set error_pages of the route to HTML files',
    grpcWeb: 'gRPC-Web is passed on; set cors of the route',
    stores: 'set tls.unknown_name and the first certificate',
  },
  refused: {
    tcp: 'forwards connections, not requests: there is no such thing here',
    udp: 'forwards datagrams: there is no such thing here',
    plugin: 'code of others is not imported: write a plugin',
    passTLSClientCert: 'set forward of tls.client_auth',
    'providers.docker': 'routes of labels are not read: set discover.docker of a pool',
  },
};
