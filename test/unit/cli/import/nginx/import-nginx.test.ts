import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { NGINX_TABLE } from '../../../../../src/cli/import/nginx/nginx-table.ts';
import { nginxMs } from '../../../../../src/cli/import/nginx/nginx-values.ts';
import { ImportFailure } from '../../../../../src/cli/import/old-file.ts';
import { importText, kindsOf, settingsOf, testFixtures } from '../../../../support/import-fixtures.ts';

describe('configurations of nginx', () => testFixtures('nginx'));

/** A server with one location around the directives. */
const located = (directives: string, more = ''): string =>
  `upstream up { server 10.0.0.1:80; server 10.0.0.2:80; } ${more} server { listen 80; location / { ${directives} proxy_pass http://up; } }`;

const imported = (directives: string, more = '') => importText('nginx', located(directives, more));
const route = (directives: string, more = '') => settingsOf(imported(directives, more)).routes[0]!;
const pool = (directives: string, more = '') => settingsOf(imported(directives, more)).pools[0]!;

test('a syntax error is named with file, line and column', () => {
  for (const [text, message] of [
    ['server {\n  listen 80;\n', /^main:3:1: a block is not closed: "}" is missing/],
    ['server {\n  listen 80\n}\n', /^main:3:1: an unexpected "}"/],
    ['server { return 200 "x; }', /^main:1:21: a quoted text is not closed/],
    ['}', /^main:1:1: an unexpected "}"/],
    [`${'a {'.repeat(40)}${'}'.repeat(40)}`, /^main:1:\d+: more than 32 blocks/],
  ] as const)
    assert.throws(
      () => importText('nginx', text),
      (error) => error instanceof ImportFailure && message.test(error.message),
      text,
    );
});

test('files outside of the folder are not included', () => {
  for (const name of ['../secret.conf', '/etc/passwd', '/etc/nginx/../shadow'])
    assert.throws(() => importText('nginx', `include ${name};`), /main:1:1: include: .*outside of the folder/);
});

test('an unknown directive refuses the file, with its place', () => {
  assert.throws(
    () => importText('nginx', located('waf_rules strict;'), false),
    /main:1:\d+: waf_rules: unknown: it may decide who is let through/,
  );
  assert.deepEqual(kindsOf(imported('waf_rules strict;')), ['refused waf_rules']);
});

test('without proxy_set_header Host, backends get their own host', () => {
  assert.equal(pool('').preserveHost, false);
  assert.equal(pool('proxy_set_header Host $host;').preserveHost, true);
  assert.deepEqual(kindsOf(imported('proxy_set_header Host other.example;')), ['refused proxy_set_header']);
});

test('timeouts of a location are those of its pool', () => {
  const { timeouts } = pool('proxy_connect_timeout 2s; proxy_read_timeout 1m30s;');
  assert.deepEqual([timeouts.connectMs, timeouts.responseMs, timeouts.idleMs], [2000, 90_000, 90_000]);
  assert.equal(pool('').timeouts.responseMs, 60_000);
});

test('a time is a sum of parts, and digits without end are read in linear time', () => {
  for (const [text, ms] of [
    ['90', 90_000],
    ['1h 30m', 5_400_000],
    ['1m30s5ms', 90_005],
    [`${'1'.repeat(60)}x`, undefined],
    [`${'1 '.repeat(60)}x`, undefined],
    ['1234567890123', undefined],
    ['', undefined],
    ['5x', undefined],
  ] as const)
    assert.equal(nginxMs(text), ms, text);
});

test('proxy_next_upstream decides about retries', () => {
  const { retries } = pool('proxy_next_upstream error http_503 non_idempotent; proxy_next_upstream_tries 1;');
  assert.deepEqual([retries.attempts, retries.statuses], [0, [503]]);
  assert.ok(retries.methods.includes('POST'));
  assert.deepEqual(pool('').retries.statuses, []);
  assert.equal(pool('proxy_next_upstream off;').retries.attempts, 0);
});

test('allow and deny keep their order', () => {
  const texts = (name: 'allow' | 'deny', directives: string): unknown =>
    (importText('nginx', located(directives)).config['routes'] as Record<string, unknown>[])[0]![name];
  assert.deepEqual(texts('allow', 'allow 10.0.0.0/8; deny all;'), ['10.0.0.0/8']);
  assert.deepEqual(texts('deny', 'deny 192.0.2.1;'), ['192.0.2.1/32']);
  // Never reached, as there.
  assert.equal(texts('deny', 'allow 10.0.0.0/8; deny 10.1.0.0/16; deny all;'), undefined);
  assert.deepEqual(texts('allow', 'allow 10.0.0.1; deny 10.0.0.0/8;'), ['10.0.0.1/32', '0.0.0.0/0', '::/0']);
  assert.deepEqual(texts('deny', 'allow 10.0.0.1; deny 10.0.0.0/8;'), ['10.0.0.0/8']);
});

test('limits become buckets, and one that several routes share is refused', () => {
  const zone = 'limit_req_zone $binary_remote_addr zone=z:1m rate=60r/m;';
  const { client } = route('limit_req zone=z burst=4 nodelay;', zone).rateLimit!;
  assert.ok(client !== null && 'capacity' in client);
  assert.deepEqual([client.capacity, client.ratePerSecond], [5, 1]);
  const shared = importText(
    'nginx',
    `${zone} server { listen 80; limit_req zone=z; location / { proxy_pass http://a:1; } location /b/ { proxy_pass http://b:1; } }`,
  );
  assert.ok(kindsOf(shared).includes('refused limit_req_zone'));
  assert.deepEqual(kindsOf(imported('limit_req zone=none;')), ['refused limit_req']);
});

test('no client has a limit that it did not have', () => {
  assert.equal(settingsOf(imported('')).rateLimit.enabled, false);
  const { rateLimit } = settingsOf(
    imported('limit_req zone=z;', 'limit_req_zone $binary_remote_addr zone=z:1m rate=1r/s;'),
  );
  assert.deepEqual([rateLimit.enabled, rateLimit.default.capacity], [true, 1_000_000_000]);
});

test('passwords that cannot be kept refuse the file', () =>
  assert.throws(() => importText('nginx', located('auth_basic "x"; auth_basic_user_file f;'), false), /htpasswd/));

test('a body is bounded as there', () => {
  assert.equal(route('').maxBodyBytes, 1_048_576);
  assert.equal(route('client_max_body_size 10m;').maxBodyBytes, 10_485_760);
  assert.equal(route('client_max_body_size 0;').maxBodyBytes, null);
});

test('fields are set, and what cannot be set cannot be forged', () => {
  const { config } = imported(
    'proxy_set_header X-Tenant $http_x_org; proxy_set_header X-Cert $ssl_client_s_dn; proxy_set_header X-Old "";',
  );
  const [{ request_headers: fields }] = config['routes'] as [{ request_headers: unknown }];
  assert.deepEqual(fields, { set: { 'x-tenant': '{header.x-org}' }, remove: ['x-cert', 'x-old'] });
});

test('a text with ${ stays a text', () =>
  assert.match(imported('add_header X-Price "a ${unknown";').yaml, /^ +x-price: .*\$\$\{\{unknown/m));

test('locations keep their order: exact, regular expressions, longest prefix', () => {
  const { routes } = settingsOf(
    importText(
      'nginx',
      'server { listen 80; location /a/ { proxy_pass http://a:1; } location ~ \\.js$ { proxy_pass http://js:1; } location = /x { return 204; } location / { proxy_pass http://r:1; } }',
    ),
  );
  assert.deepEqual(
    routes.map(({ path, pathRegex, pathPrefix }) => path ?? pathRegex ?? pathPrefix),
    ['/x', '\\.js$', '/a', '/'],
  );
});

test('a location that begins like another, and guards otherwise, matches in the middle of a segment, too', () => {
  const { config } = importText(
    'nginx',
    'server { listen 80; location /admin { deny all; } location / { proxy_pass http://a:1; } }',
  );
  const routes = config['routes'] as Record<string, unknown>[];
  assert.deepEqual(
    routes.map((each) => each['path_regex']),
    ['^/admin', '^/'],
  );
});

test('the URI of proxy_pass replaces the location', () => {
  const rewriteOf = (location: string, url: string): unknown => {
    const { config } = importText('nginx', `server { listen 80; location ${location} { proxy_pass ${url}; } }`);
    const [{ rewrite, strip_prefix: strip }] = config['routes'] as [Record<string, unknown>];
    return strip === true ? 'strip' : rewrite;
  };
  assert.equal(rewriteOf('/api/', 'http://a:1/'), 'strip');
  assert.equal(rewriteOf('/api/', 'http://a:1'), undefined);
  assert.deepEqual(rewriteOf('/api/', 'http://a:1/v1/'), { prefix: '/v1' });
  assert.deepEqual(rewriteOf('/api/', 'http://a:1/v1'), { regex: '^/api/', to: '/v1' });
  assert.deepEqual(rewriteOf('~ ^/u/(\\d+)$', 'http://a:1/user/$1'), { path: '/user/{group.1}' });
});

test('certificates of clients are demanded of the hosts of the server, and its routes are for those only', () => {
  const { config } = importText(
    'nginx',
    `server { listen 443 ssl; server_name a.example; ssl_certificate c; ssl_certificate_key k; ssl_client_certificate ca; ssl_verify_client on;
       location / { proxy_pass http://a:1; } }`,
  );
  const routes = config['routes'] as Record<string, unknown>[];
  assert.deepEqual(
    routes.map(({ host }) => host),
    ['a.example'],
  );
  assert.deepEqual((config['tls'] as Record<string, unknown>)['client_auth'], [
    { hosts: ['a.example'], mode: 'require', ca_file: 'ca' },
  ]);
});

test('servers with other ports are refused: their routes would be open to all', () =>
  assert.deepEqual(
    kindsOf(
      importText(
        'nginx',
        'server { listen 80; server_name a; location / { proxy_pass http://a:1; } } server { listen 81; server_name b; location / { proxy_pass http://b:1; } }',
      ),
    ),
    ['refused listen'],
  ));

test('no name is in two groups of the table', () => {
  const { translated, also, needless, lost, refused } = NGINX_TABLE;
  const words = (texts: readonly string[]): readonly string[] => texts.flatMap((text) => text.split(/[\s,]+/));
  const all = [...words(Object.keys(translated)), ...words(needless), ...Object.keys(lost), ...Object.keys(refused)];
  const twice = all.filter((name, at) => all.indexOf(name) !== at);
  assert.deepEqual(twice, []);
  assert.ok(words(also).every((name) => !words(needless).includes(name) && !Object.hasOwn(lost, name)));
});
