/** Every key and plugin that is known, and what becomes of it: the first group is the table of docs/migrating/kong.md. */
import type { DirectiveTable } from '../outline/directive-table.ts';

const LOGS = 'set log.access, and telemetry.logs for a collector';

export const KONG_TABLE: DirectiveTable = {
  translated: {
    services:
      '`pools.NAME`: `url` or `protocol`, `host`, `port`, `path`; `connect_timeout`, `read_timeout`, `retries`; `grpc` becomes `protocol: h2c`, `grpcs` `h2`',
    routes: 'routes, in the order of its priorities: each of `hosts` with each of `paths` is one',
    paths:
      'prefixes; with `~`, and before 3.0 with special characters, regular expressions in the order of `regex_priority`',
    'methods, headers': '`methods` and `match.headers_regex`, in any case',
    strip_path: '`strip_prefix`, or `rewrite` after a regular expression',
    preserve_host: '`preserve_host` of the pool, which is made for each value',
    upstreams: '`algorithm`, and `hash` for `hash_on`; with a cookie, `sticky`',
    targets: '`backends`: `weight`, and `enabled: false` for a weight of 0',
    healthchecks: '`health_check` for `active`, `passive_health` for `passive`',
    'rate-limiting':
      '`rate_limit.client` as a sliding window, `quota` for `day` and `month`; a global one becomes `rate_limit.window` and `rate_limit.quota`',
    'key-auth': '`auth.api_key`, with `key_names` as `rate_limit.api_key_header`. The keys of consumers are refused',
    jwt: '`auth.jwt`, if one consumer has one secret; otherwise refused',
    'ip-restriction': '`allow` and `deny`',
    cors: '`cors`',
    'request-size-limiting': '`max_body_bytes`',
    'request-termination': '`respond`',
    'request-transformer':
      '`request_headers`, and `rewrite.path` for `replace.uri`; changes of query and body are refused',
    'response-transformer': '`response_headers`; changes of JSON are refused',
    'correlation-id': '`request_headers` and `response_headers` with `{request_id}`',
    'proxy-cache': '`cache`: `cache_ttl`, `vary_headers`, `vary_query_params`',
  },
  also: [
    'consumers plugins',
    'certificates snis ca_certificates',
    'keyauth_credentials basicauth_credentials jwt_secrets acls',
  ],
  needless: ['_format_version _transform _comment _info _workspace _konnect'],
  lost: {
    prometheus: 'metrics are on the admin port: /metrics',
    'file-log': LOGS,
    'http-log': LOGS,
    'tcp-log': LOGS,
    'udp-log': LOGS,
    syslog: LOGS,
    loggly: LOGS,
    statsd: 'set telemetry.metrics, or collect /metrics of the admin port',
    datadog: 'set telemetry.metrics, or collect /metrics of the admin port',
    zipkin: 'set telemetry.traces',
    opentelemetry: 'set telemetry.traces',
    'grpc-web': 'gRPC-Web is passed on; set cors of the route',
  },
  refused: {
    'basic-auth': 'its passwords are not hashed here: set auth.basic with hashes from sluice password',
    acl: 'there are no groups of clients: demand scopes with auth.jwt, or ask a service with auth.forward',
    'bot-detection': 'demand a User-Agent with match.headers_regex of a route, or write a plugin',
    'hmac-auth': 'there are no signed requests: ask a service with auth.forward',
    'ldap-auth': 'ask a service that knows the directory with auth.forward',
    oauth2: 'no tokens are issued here: verify those of your provider with auth.jwt',
    'openid-connect': 'verify tokens of the provider with auth.jwt, or ask a service with auth.forward',
    session: 'ask a service with auth.forward',
    opa: 'ask it with auth.forward',
    'mtls-auth': 'set tls.client_auth',
    'request-validator': 'bodies are not validated here: write a plugin',
    'response-ratelimiting': 'set cost_from of the route',
    redirect: 'set redirect of the route',
    'pre-function': 'code is not imported: write a plugin',
    'post-function': 'code is not imported: write a plugin',
    'aws-lambda': 'functions are not called: lead to their URL',
    'grpc-gateway': 'JSON is not turned into gRPC here',
    consumer_groups: 'limits of clients are set with sluice clients',
    vaults: 'values come from variables: ${NAME}',
    keys: 'set jwks_file or jwks_url of auth.jwt',
    key_sets: 'set jwks_file or jwks_url of auth.jwt',
    filter_chains: 'code is not imported: write a plugin',
    _plugin_configs: 'write the configuration into each plugin',
  },
};
