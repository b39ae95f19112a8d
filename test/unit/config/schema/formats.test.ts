import assert from 'node:assert/strict';
import { test } from 'node:test';

import { FORMATS, type FormatName } from '../../../../src/config/schema/formats.ts';

const CASES: Readonly<Record<FormatName, readonly [right: readonly string[], wrong: readonly string[]]>> = {
  'collector-url': [
    ['', 'http://collector:4318', 'https://otlp.example.com/v1/traces', 'http://[::1]:4318/', 'http://10.0.0.7:4318'],
    ['collector:4318', 'grpc://a:4317', 'http://u:p@a/', 'http://a/?key=1', 'http://a/#b', 'http://', 'http://a b/'],
  ],
  'attribute-value': [
    ['production', 'Zürich 2', 'x'.repeat(256)],
    ['', 'a\nb', 'x'.repeat(257)],
  ],
  'media-type': [
    ['text/html', 'text/*', 'application/*+json', 'application/vnd.api+json', 'IMAGE/svg+xml'],
    ['', 'text', '*/*', '*', 'text/', 'text/html; charset=utf-8', 'text/h*', 'a/b/c', 'text/*json'],
  ],
  'dns-name': [
    ['web', 'web.shop.internal', '_http._tcp.shop.internal', 'web.shop.internal.'],
    ['', '10.0.0.1', '::1', 'web:80', 'a..b', 'http://web', '-web', 'x'.repeat(64)],
  ],
  'list-url': [
    ['https://members.example.com/web.json', 'http://10.0.0.1:8500/x?tag=a'],
    ['', 'members.example.com', 'ftp://x/', 'https://user:secret@x/', 'https://x/#a', 'http://x:0/'],
  ],
  'docker-endpoint': [
    ['unix:///var/run/docker.sock', 'http://socket-proxy:2375', 'http://[::1]:2375/'],
    [
      '',
      '/var/run/docker.sock',
      'unix://docker.sock',
      'tcp://x:2375',
      'https://x',
      'http://x/v1',
      `unix:///${'x'.repeat(101)}`,
    ],
  ],
  'docker-name': [
    ['web', 'shop_front', 'a.b-c', '1'],
    ['', '-web', 'a b', 'a/b', 'x'.repeat(201)],
  ],
  'time-zone': [
    ['UTC', 'Europe/Berlin', 'America/Argentina/Buenos_Aires'],
    ['', 'Mars/Olympus', '+02:00', 'Berlin'],
  ],
  duration: [
    ['1ms', '24h'],
    ['0s', '0', '25h', '5', ''],
  ],
  'duration-or-zero': [
    ['0s', '0', '24h'],
    ['25h', '-1s', ''],
  ],
  'max-age': [
    ['0s', '0', '1h', '365d', '730d', '1500s'],
    ['731d', '1500ms', '5', ''],
  ],
  'user-name': [
    ['a', 'alice@example.com'],
    ['', 'a:b', 'a b', 'é', 'x'.repeat(129)],
  ],
  'password-hash': [
    [`scrypt:15:8:3:${'A'.repeat(22)}:${'B'.repeat(43)}`],
    ['', 'hunter2', `scrypt:10:8:3:${'A'.repeat(22)}:${'B'.repeat(43)}`],
  ],
  issuer: [
    ['https://id.example.com/', 'accounts.example.com'],
    ['', 'a b', 'é'],
  ],
  'claim-value': [
    ['api', 'my api é'],
    ['', 'a\nb'],
  ],
  'claim-name': [
    ['sub', 'https://example.com/role', 'realm_access.roles'],
    ['', 'a b'],
  ],
  scope: [
    ['read', 'orders:write', 'https://example.com/read'],
    ['', 'read write', 'a"b', 'a\\b'],
  ],
  'keys-url': [
    ['https://id.example.com/jwks?tenant=1', 'http://127.0.0.1:9000/keys'],
    ['', 'id.example.com', 'ftp://a/', 'https://u:p@a/', 'https://a/#b', 'file:///etc/passwd'],
  ],
  'token-secret': [['x'.repeat(32)], ['', 'x'.repeat(31), `${'x'.repeat(32)} `]],
  realm: [['Staff only'], ['', 'a"b', 'a\\b', 'é']],
  'certificate-host': [
    ['a.example.com', '*.example.com', '192.0.2.1', '2001:db8::1', 'bücher.example'],
    ['', '*', 'a.*.com', '*.192.0.2.1', 'a.example.com:443', 'a b'],
  ],
  'acme-directory': [
    ['https://acme.example.com/dir', 'https://127.0.0.1:14000/dir'],
    ['', 'http://acme.example.com/dir', 'acme.example.com', 'https://u:p@acme.example.com/dir'],
  ],
  'common-name': [
    ['ISRG Root X1', 'GTS Root R4', 'É'],
    ['', 'a\nb', 'x'.repeat(65)],
  ],
  'ask-url': [
    ['http://127.0.0.1:9123/allowed', 'https://shop.example.com/ask?token=abc'],
    ['', '127.0.0.1:9123', 'ftp://127.0.0.1/', 'http://u:p@127.0.0.1/', 'http://127.0.0.1/#a'],
  ],
  email: [
    ['ops@example.com', 'o.p+s@example.co'],
    ['', 'ops', 'mailto:ops@example.com', 'a@b@c', 'a@b,c@d'],
  ],
  'issuer-name': [
    ['le', 'letsencrypt-staging'],
    ['', 'LE', 'a_b', 'a'.repeat(33)],
  ],
  'acme-profile': [['shortlived'], ['', 'a b', 'a'.repeat(65)]],
  'eab-kid': [
    ['kid-1', 'a b'],
    ['', 'ä', 'k'.repeat(257)],
  ],
  'eab-hmac': [
    ['A'.repeat(43), `${'A'.repeat(22)}==`],
    ['', 'A'.repeat(21), 'A+/A'.repeat(8)],
  ],
  'storage-key': [
    ['', 'a0'.repeat(32), 'A0'.repeat(32)],
    ['a0'.repeat(31), 'g0'.repeat(32)],
  ],
  'backend-url': [['http://h'], ['h']],
  'database-url': [
    ['postgres://u:p@h:5432/d', 'postgresql:///d?host=/run', ''],
    ['mysql://h/d', 'postgres://h/a b', 'h'],
  ],
  'database-schema': [
    ['', 'public', '_a1', 'a'.repeat(40)],
    ['A', 'a-b', '1a', 'pg_x', 'a"b', 'a'.repeat(41)],
  ],
  'gateway-name': [
    ['', 'gw-1:8080', 'x'.repeat(100)],
    ['a b', 'x'.repeat(101), 'ä'],
  ],
  'registry-url': [
    ['http://127.0.0.1:8500', 'https://consul.internal/base'],
    ['', '127.0.0.1:8500', 'h2c://a', 'unix:///run/s', 'http://u:p@a', 'http://a?b'],
  ],
  'kubernetes-name': [
    ['web', 'a', '1', 'x'.repeat(63)],
    ['', 'Web', 'a_b', '-a', 'a.b', 'x'.repeat(64)],
  ],
  'kubernetes-object': [
    ['sluice', 'a.b', 'example.com', 'x'.repeat(63)],
    ['', 'Web', 'a_b', '-a', 'a..b', 'a/b', `${'x.'.repeat(126)}xx`],
  ],
  'kubernetes-port': [
    ['http', 'h2c', '8-a'],
    ['', '8080', 'a b', 'A', 'x'.repeat(64)],
  ],
  'kubernetes-context': [
    ['kind-kind', 'arn:aws:eks:eu-1:1:cluster/a', 'x'.repeat(253)],
    ['', 'a b', 'x'.repeat(254)],
  ],
  'etcd-prefix': [
    ['/', 'a', '/sluice/backends/web/', 'x'.repeat(1000)],
    ['', 'a b', 'ä', 'x'.repeat(1001)],
  ],
  'consul-name': [
    ['web', 'web.v2', 'A_1', 'x'.repeat(128)],
    ['', 'a/b', 'a b', 'x'.repeat(129)],
  ],
  'registry-user': [
    ['sluice', '!'.repeat(256)],
    ['', 'a b', 'ä'],
  ],
  'registry-password': [['', 'a b', 'ä', 'x'.repeat(512)], ['x'.repeat(513)]],
  'redis-url': [
    ['', 'redis://h', 'rediss://u:p@h:1/2', 'unix:///run/s'],
    ['h:6379', 'redis://a_b!/0', 'redis://h:0', 'redis://010.0.0.1'],
  ],
  'redis-node': [
    ['h', 'h:1', '10.0.0.1:6379', '[::1]:6379'],
    ['', 'redis://h', 'h:0', 'h:65536', 'a b', '::1', 'h,i'],
  ],
  'redis-prefix': [
    ['sluice', 'a:b', 'A-1_2.3', 'x'.repeat(64)],
    ['', 'a b', '{a}', 'a}', 'ä', 'x'.repeat(65)],
  ],
  'redis-username': [
    ['default', '!'.repeat(256)],
    ['', 'a b', 'ä'],
  ],
  'redis-password': [['', 'a b', 'ä', 'x'.repeat(512)], ['x'.repeat(513)]],
  'sentinel-name': [['mymaster'], ['', 'a b', 'x'.repeat(129)]],
  cidr: [
    ['10.0.0.0/8', '192.0.2.7', '::/0', '2001:db8::/32'],
    ['10.0.0.0/33', '010.0.0.1', 'fe80::1%eth0', '10.0.0', 'h', '', '10.0.0.0/08', '1.2.3.4:80'],
  ],
  'dns-server': [
    ['192.0.2.53', '192.0.2.53:5353', '[2001:db8::53]', '[2001:db8::53]:5353', '2001:db8::53'],
    ['', 'dns.example.com', '192.0.2.53:', '192.0.2.53:0', '192.0.2.53:65536', '[192.0.2.53]', 'fe80::1%eth0'],
  ],
  'listen-host': [
    ['0.0.0.0', '::', '::1', 'localhost', 'gw-1.internal'],
    ['', '127.1', '010.0.0.1', '1.2.3.4.5', 'fe80::1%eth0', 'h:80', 'a b', '-h', '[::1]'],
  ],
  'cookie-path': [
    ['/', '/app/', '/%C3%A9'],
    ['', 'app', '/a b', '/a;b', '/\u00e9', '/a\n'],
  ],
  'cookie-domain': [
    ['example.com', 'localhost'],
    ['', '.example.com', '192.0.2.1', '::1', 'example.com:80', 'a;b'],
  ],
  'zone-name': [
    ['', 'eu-central-1a', 'rack_7.b', 'z'.repeat(63)],
    ['a b', 'a/b', 'ä', 'z'.repeat(64)],
  ],
  'key-id': [
    ['k1', '2026-11_a'],
    ['', 'a.b', 'a b', 'k'.repeat(33)],
  ],
  'sticky-secret': [
    ['s'.repeat(32), '!'.repeat(256)],
    ['', 's'.repeat(31), 's'.repeat(257), `${'s'.repeat(32)} s`],
  ],
  'token-name': [
    ['deploy', 'jo@example.com', '2', 'x'.repeat(64)],
    ['admin', 'anonymous', 'cli', '', '-a', 'a b', 'x'.repeat(65)],
  ],
  'token-hash': [
    [`sha256:${'0af'.repeat(21)}0`],
    ['', 'a'.repeat(64), `sha256:${'A'.repeat(64)}`, `sha256:${'a'.repeat(63)}`, `md5:${'a'.repeat(64)}`],
  ],
  origin: [
    ['https://ops.example.com', 'http://127.0.0.1:3000', 'http://[::1]:1', 'HTTPS://Ops.example.com'],
    ['*', 'null', '', 'ops.example.com', 'https://a/', 'https://a/b', 'https://u:p@a', 'file:///a', 'https://a:443'],
  ],
  'host-name': [
    ['example.com', '10.0.0.1', '[::1]', '::1'],
    ['example.com:80', '', '*.example.com', 'a/b'],
  ],
  'server-name': [
    ['backend.internal', 'localhost', 'a-1.example.com'],
    ['', '127.0.0.1', '::1', 'a:443', '*.example.com', 'a b', '1.2.3'],
  ],
  'geo-location': [
    ['DE', 'de', 'EU/DE', 'office-1', '3166:DE+x', 'T1', 'x'.repeat(64)],
    ['', '*', 'New York', '-de', 'Zürich', 'x'.repeat(65)],
  ],
  file: [
    ['/etc/ssl/ca.pem', 'ca.pem'],
    ['', 'a\0b'],
  ],
  'route-host': [
    ['example.com', '*.example.com', 'API.Example.com'],
    ['example.com:80', '*', 'a.*.com', '*.', ''],
  ],
  path: [
    ['/', '/api/', '/%C3%A9'],
    ['', 'api', '/a b', '/a?b', '/a#b', '/a\n'],
  ],
  'grpc-service': [
    ['helloworld.Greeter', 'x', 'x'.repeat(255)],
    ['', 'a b', 'ü', 'x'.repeat(256)],
  ],
  'probe-path': [
    ['/health', '/health?deep=1'],
    ['health', '/a b', '/a#b', '/\r\nX: y', '/é'],
  ],
  method: [
    ['GET', 'PATCH', 'PROPFIND', 'PURGE', 'get', "a!#$%&'*+-.^_`|~9", 'M'.repeat(64)],
    ['CONNECT', '', 'G@T', 'A B', 'é', 'M'.repeat(65)],
  ],
  'field-template': [
    ['', 'DENY', '{client_id} of {route}', '{header.x-a}', '{jwt.sub}', '{{braces}}', 'max-age=1; preload'],
    ['{', 'a}', '{user}', '{jwt}', '{method.x}', ' a', 'é', 'a\nb', 'a'.repeat(1001)],
  ],
  'path-template': [
    ['/', '/v1/{group.1}', '/{header.x-a}/b', '/a.b/..c', '/%20', '/{{a}}'],
    [
      '',
      'a',
      '//a',
      '/a//b',
      '/a?b',
      '/a#b',
      '/{query}',
      '/a/../b',
      '/a/.',
      '/%2e%2e/',
      '/%4{group.1}',
      '/{user}',
      '/é',
      '/ ',
    ],
  ],
  'answer-body': [['', 'User-agent: *\nDisallow: /\n', 'é'], ['a'.repeat(16_385)]],
  'content-type': [
    ['text/html', 'text/html; charset=utf-8', 'application/vnd.api+json', 'text/plain;charset="utf-8"'],
    ['', 'html', 'text/html;', 'text/html\r\nx: y', 'text/ html', 'text/*'],
  ],
  'cors-origin': [
    [
      'https://app.example.com',
      'https://*.example.com',
      'http://localhost:5173',
      'https://*.example.com:8443',
      '*',
      'null',
    ],
    [
      '',
      'app.example.com',
      'https://app.example.com/',
      'https://a.*.com',
      'https://*',
      'ftp://a.b',
      'https://a:443',
      '**',
      'https://a b',
    ],
  ],
  'redirect-path': [
    ['/', '/new{path}', '/search?q={group.1}', '/a?b=/../c'],
    ['new', '//evil', '/a?b?c', '/a?{query}', '/a#b', '/a/../b', '/{user}', '/a?{b', '/a b', ''],
  ],
  'redirect-host': [
    ['shop.example.com', 'www.{host}', '{group.1}.example.com', '192.0.2.1', '::1'],
    ['', 'a b', 'shop.example.com:8080', 'a/b', 'https://a', '{user}', '.example.com'],
  ],
  'path-part': [
    ['', 'a/', '{group.2}/{group.1}', '.html'],
    ['../a', '..', '//', 'a/..', '%', '{query}', 'a b', 'a'.repeat(1001)],
  ],
  'cost-expression': [
    ['usage.total_tokens', 'a.b|c + d * 1.5', '[].n'],
    ['', 'a b', 'a + ', 'a * 0', 'a * 2 * 2', 'a..b'],
  ],
  expression: [
    ['^/v[0-9]+/', '(?i)a|b', '(?<name>x)'],
    ['(a', '(?=a)', '(a)\\1', 'a{2000}', 'a'.repeat(1001)],
  ],
  'masked-name': [
    ['x-our-key', 'user[pass]', 'x'.repeat(200)],
    ['', 'a b', 'é', 'x'.repeat(201)],
  ],
  'header-name': [
    ['x-api-key', 'X_User'],
    ['', 'a b', 'a:b', 'é'],
  ],
  'header-or-cookie-name': [['sid'], ['a=b', '']],
  'bearer-token': [
    ['s3cret', ''],
    ['a b', 'é', 'a\n'],
  ],
  'backend-id': [
    ['b1', 'default-127.0.0.1-8081', 'a:b_c'],
    ['', '-a', 'a b', 'a/b', 'a'.repeat(129)],
  ],
  'route-name': [
    ['api', 'GET /x é'],
    ['', 'a\nb', 'a'.repeat(101)],
  ],
  'header-value': [
    ['', 'a', 'Bearer a.b-c', 'x'.repeat(1000)],
    [' a', 'a ', 'ä', 'a\nb', 'x'.repeat(1001)],
  ],
  'expected-text': [
    ['ok', '"status":"ok"', 'grün'],
    ['', 'x'.repeat(1001)],
  ],
  folder: [
    ['./data', '/var/lib/sluice'],
    ['', 'a\0b'],
  ],
};

for (const [name, [right, wrong]] of Object.entries(CASES)) {
  const { reject } = FORMATS[name as FormatName];
  test(`${name} takes what is right and refuses the rest`, () => {
    for (const text of right) assert.equal(reject(text), undefined, text);
    for (const text of wrong) assert.notEqual(reject(text), undefined, text);
  });
}

test('a pattern for editors refuses nothing valid', () => {
  for (const [name, [right]] of Object.entries(CASES)) {
    const format = FORMATS[name as FormatName];
    if (!('pattern' in format)) continue;
    for (const text of right) assert.match(text, new RegExp(format.pattern), name);
  }
});

test('a refused address is reported with the reason', () => {
  assert.match(FORMATS.cidr.reject('fe80::1%eth0') ?? '', /zone/);
  assert.match(FORMATS.cidr.reject('010.0.0.1') ?? '', /leading zeros/);
  assert.match(FORMATS['listen-host'].reject('127.0.0.1:80') ?? '', /port/);
});
