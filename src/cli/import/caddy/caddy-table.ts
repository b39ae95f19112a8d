/** Every directive that is known, and what becomes of it: the first group is the table of docs/migrating/caddy.md. */
import type { DirectiveTable } from '../outline/directive-table.ts';

export const CADDY_TABLE: DirectiveTable = {
  translated: {
    'site addresses':
      '`host` of routes, `server.port` and `tls.port`; a name without a scheme gets a certificate: `tls.certificates` with `acme`',
    reverse_proxy:
      '`pool`: `to`, `lb_policy`, `lb_retries`, `health_…`, `fail_duration`, `max_fails`, `header_up`, `header_down`, `transport http`',
    handle: 'routes; the longest path first, as there',
    handle_path: 'routes with `strip_prefix`',
    route: 'routes, in the order of the file',
    '@name':
      'conditions of routes: `path`, `path_regexp`, `host`, `method`, `header`, `header_regexp`, `query`, `remote_ip` (`allow`, `deny`)',
    header: '`response_headers`: set, `+` adds, `-` removes',
    request_header: '`request_headers`',
    redir: '`redirect`',
    respond: '`respond`',
    abort: '`respond` with 403',
    error: '`respond` with its status',
    rewrite: '`rewrite`, to a path',
    uri: '`strip_prefix` and `rewrite`',
    encode: '`compression`',
    tls: '`tls.certificates` with files, `internal` or an e-mail address; `client_auth`; `protocols`',
    basic_auth: 'refused: set `auth.basic` with hashes from `sluice password`',
    forward_auth: '`auth.forward`',
    request_body: '`max_body_bytes`',
    lb_policy:
      '`algorithm`: `round_robin`, `least_conn`, `random`, `random_choose`, `ip_hash`, `client_ip_hash`, `uri_hash`, `header`, `cookie` (`sticky`), `first`',
    'health_uri, health_interval, health_timeout, health_status, health_body': '`health_check` of the pool',
    import: 'what it names: snippets with arguments, and files in the folder',
  },
  also: ['basicauth vars_off'],
  needless: [
    'log log_skip skip_log log_append log_name bind_off tracing push method_off intercept_off invoke_off map_off vars',
  ],
  lost: {
    bind: 'all ports are on one address: server.host',
    handle_errors: 'set error_pages of the route to HTML files',
    metrics: 'metrics are on the admin port: /metrics',
    templates: 'bodies are not changed',
    copy_response: 'answers are passed on as they are',
    copy_response_headers: 'answers are passed on as they are',
    fs: 'files are not served here',
    acme_server: 'certificates are not issued for others',
  },
  refused: {
    file_server: 'files are not served here',
    php_fastcgi: 'speaks FastCGI: put a server for HTTP in front of the application',
    root: 'files are not served here',
    try_files: 'files are not served here',
    map: 'variables are not computed here',
    method: 'the method is forwarded as it is',
    invoke: 'named routes are not read',
    intercept: 'answers are passed on as they are',
    rate_limit: 'a module of others: set rate_limit of the route',
    cache: 'a module of others: set cache of the route',
  },
};
