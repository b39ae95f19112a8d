import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backendTls } from '../../../src/backends/backend-tls.ts';
import { loadText } from '../../../src/config/load.ts';
import { toFile } from '../../../src/config/to-file.ts';
import { problemsOf } from '../../support/config-problems.ts';

const pool = (discover: string, more = ''): string => `pools:\n  web: { discover: { ${discover} }, ${more} }`;

const MISTAKES: readonly (readonly [discover: string, line: string | RegExp])[] = [
  ['dns: { port: 80 }', /^c\.yaml:2:\d+: pools\.web\.discover\.dns\.name: missing/],
  ['dns: { name: web.test }', /^c\.yaml:2:\d+: pools\.web\.discover\.dns\.port: missing; type: address needs it/],
  ['dns: { name: _http._tcp.test, type: srv, port: 80 }', /dns\.port: not with type: srv, whose records have ports/],
  ['dns: { name: _http._tcp.test, type: srv, family: 4 }', /dns\.family: not with type: srv, whose records have names/],
  ['dns: { name: web.test, port: 80, family: 5 }', /dns\.family: found 5; allowed: any, 4, 6/],
  ['dns: { name: 10.0.0.1, port: 80 }', /dns\.name: found "10\.0\.0\.1"; allowed: a host name without port/],
  ['dns: { name: web.test, type: mx }', /dns\.type: found "mx"; allowed: address, srv/],
  ['dns: { name: web.test, port: 80, servers: [] }', /unknown key "servers"; did you mean dns\.servers\?$/],
  ['dns: { name: a, port: 80 }, docker: {}', /docker: only one source is allowed; dns is set, too/],
  [
    'http: { url: members.example.com }',
    /http\.url: found "members\.example\.com"; allowed: an http:\/\/ or https:\/\/ URL/,
  ],
  ['http: { url: "https://x/", interval: 0s }', /http\.interval: found "0s"; allowed: a duration above zero/],
  ['http: { url: "https://x/", headers: { "a b": c } }', /http\.headers\.a b: "a b" is not a valid header name/],
  ['http: { url: "https://x/", headers: { a: b, A: c } }', /http\.headers\.A: a is given twice/],
  ['http: { url: "https://x/", headers: { Upgrade: b } }', /headers\.Upgrade: upgrade cannot be set/],
  ['http: { url: "https://x/", headers: { a: 5 } }', /http\.headers\.a: found a value that is not shown here/],
  ['http: { url: "https://x/", ca_file: no-such.pem }', /http\.ca_file: "no-such\.pem" /],
  ['docker: { project: shop }', /docker\.service: missing; project needs it/],
  ['docker: { service: web, port: 0 }', /docker\.port: found 0; allowed: an integer from 1 to 65535/],
  ['docker: { network: "a b" }', /docker\.network: found "a b"; allowed: 1 to 200 letters/],
  ['docker: { endpoint: "unix:///x" }', /unknown key "endpoint"; did you mean discovery\.docker\.endpoint\?$/],
];
for (const [discover, line] of MISTAKES) {
  test(`discover { ${discover} } is reported`, () => {
    const lines = problemsOf(pool(discover));
    assert.equal(lines.length, 1, lines.join('\n'));
    assert.match(lines[0]!, line as RegExp);
  });
}

test('an endpoint of Docker is a socket or a plain URL', () => {
  const lines = problemsOf(`${pool('docker: {}')}\ndiscovery: { docker: { endpoint: "tcp://proxy:2375" } }`);
  assert.equal(lines.length, 1);
  assert.match(
    lines[0]!,
    /^c\.yaml:3:34: discovery\.docker\.endpoint: found "tcp:.*\(write http:\/\/ instead of tcp:\/\/\)$/,
  );
});

test('what operators see of an HTTP source has no values of headers, and none of the environment', () => {
  const text = pool('http: { url: "https://${HOST}/web.json", headers: { Authorization: "Bearer ${TOKEN}" } }');
  const env = { HOST: 'members.example.com', TOKEN: 's3cret' };
  const settings = loadText(text, 'c.yaml', env, {});
  const { http } = settings.pools[0]!.discover!;
  assert.deepEqual(
    [http!.url, http!.headers],
    ['https://members.example.com/web.json', { authorization: 'Bearer s3cret' }],
  );
  const shown = JSON.stringify(toFile(settings));
  assert.match(shown, /"headers":\{"authorization":"\*\*\*"\}/);
  assert.doesNotMatch(shown, /s3cret/);
});

test('addresses that a name resolves to have to prove that they are its, unless the pool has another server name', () => {
  const dns = 'dns: { name: Web.shop.internal., port: 443 }, scheme: https';
  const nameOf = (url: string, discover: string, more = ''): string => {
    const [settings] = loadText(pool(discover, more), 'c.yaml', {}, {}).pools;
    return backendTls(new URL(url), settings!).servername;
  };
  assert.equal(nameOf('https://10.0.0.7', dns), 'web.shop.internal');
  assert.equal(nameOf('https://[2001:db8::1]', dns), 'web.shop.internal');
  assert.equal(nameOf('https://other.internal', dns), 'other.internal');
  assert.equal(nameOf('https://10.0.0.7', dns, 'tls: { server_name: api.internal }'), 'api.internal');
  const srv = 'dns: { name: _https._tcp.shop.internal, type: srv }, scheme: https';
  assert.equal(nameOf('https://a.shop.internal', srv), 'a.shop.internal');
  assert.equal(nameOf('https://10.0.0.7', 'docker: {}, scheme: https'), '');
});
