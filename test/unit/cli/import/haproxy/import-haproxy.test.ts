import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ImportFailure } from '../../../../../src/cli/import/old-file.ts';
import { importText, kindsOf, settingsOf, testFixtures } from '../../../../support/import-fixtures.ts';

describe('configurations of HAProxy', () => testFixtures('haproxy'));

const imported = (frontend: string, backend = 'server a 10.0.0.1:80', dropsUnsupported = true) =>
  importText(
    'haproxy',
    `defaults\n mode http\nfrontend f\n bind :80\n ${frontend.replaceAll('; ', '\n ')}\n default_backend b\nbackend b\n ${backend.replaceAll('; ', '\n ')}\n`,
    dropsUnsupported,
  );
const routesOf = (frontend: string, backend?: string) =>
  imported(frontend, backend).config['routes'] as readonly Record<string, unknown>[];

test('a syntax error is named with file, line and column', () => {
  for (const [text, message] of [
    ['bind :80\n', /^main:1:1: "bind" is in no section/],
    ['frontend f\n  acl x path "/a\n', /^main:2:14: a quoted text is not closed/],
  ] as const)
    assert.throws(
      () => importText('haproxy', text),
      (error) => error instanceof ImportFailure && message.test(error.message),
    );
});

test('an unknown keyword refuses the file', () => {
  assert.throws(
    () => imported('waf strict', undefined, false),
    /main:5:2: waf: unknown: it may decide who is let through/,
  );
});

test('a condition that no route can demand refuses its rule', () => {
  for (const rule of [
    'use_backend b if { src 10.0.0.1 }',
    'use_backend b if !{ path /x }',
    'use_backend b if { fc_rtt gt 5 }',
    'use_backend b if none',
    'http-request deny if { path_reg ^/(?=a) }',
  ])
    assert.throws(() => imported(rule, undefined, false), ImportFailure, rule);
});

test('a part of a host, path, field or parameter becomes a match of a route', () => {
  const route = (test: string): object => {
    const [first] = routesOf(`use_backend b if { ${test} }`);
    const { pool: _, ...match } = first!;
    return match;
  };
  assert.deepEqual(route('req.hdr(host),field(1,:),lower -i shop.example'), { host: 'shop.example', path_prefix: '/' });
  assert.deepEqual(route('hdr(host),host_only a.example'), { host: 'a.example', path_prefix: '/' });
  assert.deepEqual(route('path,field(2,/) api'), { path_regex: '^[^/]*[/]api(?:[/]|$)' });
  assert.deepEqual(route('path,field(3,/),lower -m beg v.'), { path_regex: '(?i)^[^/]*[/][^/]*[/]v\\.' });
  assert.deepEqual(route('url,field(1,?) /a'), { path: '/a' });
  assert.deepEqual(route('req.hdr(x-tenant),field(1,-) acme'), {
    path_prefix: '/',
    match: { headers_regex: { 'x-tenant': '^acme(?:[\\-]|$)' } },
  });
  assert.deepEqual(route('url_param(v),field(2,.) 1'), {
    path_prefix: '/',
    match: { query_regex: { v: '^[^.]*[.]1(?:[.]|$)' } },
  });
});

test('a converter without a counterpart is named, with what to do', () => {
  const why = (frontend: string): string =>
    imported(frontend)
      .findings.map(({ message }) => message)
      .join('\n');
  for (const [test, message] of [
    ['path,url_dec -m beg /a', /path,url_dec: the converter url_dec has no counterpart: paths are matched as/],
    ['src,ipmask(24) 10.0.0.0', /the converter ipmask has no counterpart: write the blocks of addresses/],
    ['hdr(host),map(/etc/h.map) a', /the converter map has no counterpart: write its file as routes/],
    ['path,field(-1,/) a', /the converter field has no counterpart/],
    ['path,field(2,/,2) a/b', /the converter field has no counterpart/],
    ['hdr(host),field(1,.) api', /no route can demand it/],
    ['path,field(2,/) -m end a', /no route can demand it/],
  ] as const)
    assert.match(why(`use_backend b if { ${test} }`), message, test);
  const table = 'stick-table type string store http_req_rate(10s)';
  for (const [key, message] of [
    ['hdr(x-forwarded-for),field(1,",")', /hdr\(x-forwarded-for\),field\(1,,\): the key of a limit is a whole field/],
    ['src,ipmask(24)', /src,ipmask\(24\): the converter ipmask has no counterpart/],
  ] as const)
    assert.match(
      why(`${table}; http-request track-sc0 ${key}; http-request deny if { sc_http_req_rate(0) gt 7 }`),
      message,
    );
});

test('converters without end are read in linear time', () =>
  assert.deepEqual(kindsOf(imported(`use_backend b if { path${',a'.repeat(200)}! /x }`)), ['refused use_backend']));

test('addresses are those of the routes that the other conditions match', () => {
  assert.deepEqual(routesOf('http-request deny if { src 192.0.2.0/24 }'), [
    { path_prefix: '/', pool: 'b', deny: ['192.0.2.0/24'] },
  ]);
  assert.deepEqual(routesOf('http-request deny unless { src 10.0.0.0/8 }'), [
    { path_prefix: '/', pool: 'b', allow: ['10.0.0.0/8'] },
  ]);
  const [first] = routesOf(
    'http-request deny if { path_beg /a } !{ src 10.1.0.0/16 }; http-request deny if { src 10.1.2.0/24 }',
  );
  assert.deepEqual(first, { path_regex: '^/a', pool: 'b', allow: ['10.1.0.0/16'], deny: ['10.1.2.0/24'] });
});

test('an exception from one rule about addresses is none from another', () => {
  const [first] = routesOf(
    'http-request deny if { path_beg /a } !{ src 10.1.2.0/24 }; http-request deny if { src 10.1.0.0/16 }',
  );
  assert.deepEqual([first?.['allow'], first?.['deny']], [undefined, ['0.0.0.0/0', '::/0']]);
});

test('a rate becomes a window, of all routes or of those that its conditions match', () => {
  const table = 'stick-table type ip size 1m store http_req_rate(10s); http-request track-sc0 src';
  const { rateLimit } = settingsOf(imported(`${table}; http-request deny if { sc_http_req_rate(0) gt 7 }`));
  assert.deepEqual([rateLimit.enabled, rateLimit.algorithm], [true, 'sliding-window']);
  const routes = routesOf(`${table}; http-request deny if { path /login } { sc_http_req_rate(0) gt 7 }`);
  assert.deepEqual(routes[0]?.['rate_limit'], { client: { limit: 7, size: '10s' } });
  assert.equal(routes[1]?.['rate_limit'], undefined);
});

test('servers keep weight, maxconn, backup and TLS', () => {
  const [pool] = settingsOf(
    imported(
      'option forwardfor',
      'server a 10.0.0.1:443 ssl verify none weight 5 maxconn 9; server b 10.0.0.2 ssl backup; server c 10.0.0.3:1 disabled',
    ),
  ).pools;
  assert.deepEqual(
    pool!.backends.map(({ url, weight, backup, enabled }) => [url, weight, backup, enabled]),
    [
      ['https://10.0.0.1', 5, false, true],
      ['https://10.0.0.2', 1, true, true],
      ['http://10.0.0.3:1', 1, false, false],
    ],
  );
  assert.deepEqual([pool!.insecureSkipTlsVerify, pool!.algorithm], [true, 'weighted-round-robin']);
});

test('fields are set on all requests, and what has no counterpart cannot be forged', () => {
  const found = imported('http-request set-header X-User %[var(txn.user)]; http-request set-header X-From %[src]');
  const [route] = found.config['routes'] as readonly Record<string, unknown>[];
  assert.deepEqual(route?.['request_headers'], { remove: ['x-user'], set: { 'x-from': '{client_address}' } });
  assert.deepEqual(kindsOf(found), ['lost http-request']);
});

test('certificates of clients are refused where a route is for any host', () =>
  assert.throws(
    () =>
      importText(
        'haproxy',
        'defaults\n mode http\nlisten l\n bind :443 ssl crt a.pem ca-file ca.pem verify required\n server a 10.0.0.1:80\n',
        false,
      ),
    /demanded by host/,
  ));
