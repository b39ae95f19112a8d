import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ImportFailure } from '../../../../../src/cli/import/old-file.ts';
import { importText, kindsOf, testFixtures } from '../../../../support/import-fixtures.ts';

describe('Caddyfiles', () => testFixtures('caddy'));

const site = (directives: string) =>
  importText('caddy', `http://a.example {\n${directives.replaceAll('; ', '\n')}\n}\n`);
const routes = (directives: string) => site(directives).config['routes'] as readonly Record<string, unknown>[];

test('a syntax error is named with file, line and column', () => {
  for (const [text, message] of [
    ['a.example {\n  respond "x\n', /^main:2:11: a quoted text is not closed/],
    ['a.example {\n  respond ok\n', /"}" is missing/],
    ['a.example {\n}\n}\n', /^main:3:1: an unexpected "}"/],
    ['a.example {\n import ../x\n}\n', /^main:2:2: import: .*outside of the folder/],
  ] as const)
    assert.throws(
      () => importText('caddy', text),
      (error) => error instanceof ImportFailure && message.test(error.message),
      text,
    );
});

test('what guards a path guards it in another case, too', () => {
  const [first] = routes('respond /secret/* 403; reverse_proxy b:80');
  assert.deepEqual([first?.['path_regex'], first?.['respond']], ['(?i)^/secret/', { status: 403 }]);
  assert.deepEqual(kindsOf(site('handle_path /x/* {; abort /y; reverse_proxy b:80; }; reverse_proxy b:80')), [
    'refused handle_path',
  ]);
});

test('a condition on addresses becomes lists of the routes, and may only refuse', () => {
  assert.deepEqual(routes('@in remote_ip 10.0.0.0/8; respond @in 403; reverse_proxy b:80')[0]?.['deny'], [
    '10.0.0.0/8',
  ]);
  assert.deepEqual(routes('@out not remote_ip 10.0.0.0/8; abort @out; reverse_proxy b:80')[0]?.['allow'], [
    '10.0.0.0/8',
  ]);
  assert.deepEqual(kindsOf(site('@in remote_ip 10.0.0.0/8; reverse_proxy @in a:80; reverse_proxy b:80')), [
    'refused reverse_proxy',
  ]);
});

test('what has no counterpart refuses the file', () => {
  for (const directive of ['basic_auth {; a b; }', 'file_server', 'unknown_module', 'try_files {path} /index.html'])
    assert.match(kindsOf(site(`${directive}; reverse_proxy b:80`))[0] ?? '', /^refused /, directive);
});

test('a certificate without an address for its authority refuses the file', () =>
  assert.throws(() => {
    const text = 'a.example {\n reverse_proxy b:80\n}\n';
    importText('caddy', text, false);
  }, /tls\.acme_email/));

test('a site for an address is refused beside other sites: its routes would be for any host', () => {
  const of = (text: string) => importText('caddy', text);
  const other = 'http://a.example {\n reverse_proxy b:80\n}\n';
  for (const address of ['http://10.0.0.1', '[::1]:80']) {
    const found = of(`${other}${address} {\n reverse_proxy c:80\n}\n`);
    assert.deepEqual(kindsOf(found), [`refused ${address}`]);
    const hosts = (found.config['routes'] as readonly Record<string, unknown>[]).map(({ host }) => host);
    assert.deepEqual([...new Set(hosts)], ['a.example']);
  }
  assert.deepEqual(kindsOf(of('http://10.0.0.1 {\n reverse_proxy c:80\n}\n')), []);
});

test('handle blocks exclude each other, the longest path first', () =>
  assert.deepEqual(
    routes(
      'handle {; reverse_proxy c:80; }; handle /a/* {; reverse_proxy a:80; }; handle /a/b/* {; reverse_proxy b:80; }',
    ).map(({ path_prefix: path, pool }) => [path, pool]),
    [
      ['/a/b', 'b-80'],
      ['/a', 'a-80'],
      ['/', 'c-80'],
    ],
  ));
