import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { stringify } from 'smol-toml';
import { parse as parseYaml } from 'yaml';
import { guessGateway } from '../../../../../src/cli/import/gateway-formats.ts';
import { ImportFailure } from '../../../../../src/cli/import/old-file.ts';
import { InexpressibleMatch } from '../../../../../src/cli/import/matching/combine.ts';
import { ANY } from '../../../../../src/cli/import/matching/rule.ts';
import { parseTraefikRule } from '../../../../../src/cli/import/traefik/traefik-rule.ts';
import { fixtureFiles, importText, kindsOf, testFixtures } from '../../../../support/import-fixtures.ts';

const FIXTURES = join(import.meta.dirname, '../fixtures/traefik');

describe('configurations of Traefik', () => testFixtures('traefik'));

const imported = (middleware: string, rule = 'PathPrefix(`/x`)') =>
  importText(
    'traefik',
    `http:\n  routers: { r: { rule: "${rule}", service: s, middlewares: [m] } }\n  middlewares: { m: ${middleware} }\n  services: { s: { loadBalancer: { servers: [{ url: "http://10.0.0.1" }] } } }\n`,
  );
const route = (middleware: string, rule?: string): Record<string, unknown> =>
  (imported(middleware, rule).config['routes'] as Record<string, unknown>[])[0]!;

test('a rule is the alternatives of its conditions', () => {
  const of = (text: string): unknown => parseTraefikRule(text).matches;
  const host = (name: string) => ({ ...ANY, host: name });
  assert.deepEqual(of('Host(`a`, `B`)'), [host('a'), host('b')]);
  assert.deepEqual(of('Host(`a`) && (Path(`/x`) || Method(`get`))'), [
    { ...ANY, host: 'a', path: { kind: 'exact', text: '/x' } },
    { ...ANY, host: 'a', path: undefined, methods: ['GET'] },
  ]);
  assert.deepEqual(of('Host(`a`) || Host(`b`) && Host(`c`)'), [host('a')]);
  assert.deepEqual(of('HostRegexp(`^.+\\.example\\.com$`)'), [host('*.example.com')]);
});

test('a rule that no route can demand says why, and one with a mistake where', () => {
  for (const [text, message] of [
    ['!Host(`a`)', /not so/],
    ['ALPN(`h2`)', /ALPN: no route can demand it/],
    ['PathRegexp(`^/(?!a)`)', /cannot be kept/],
    ['HostRegexp(`^a[0-9]+$`)', /a host is a name/],
    ['Host(`a`', /character 9: "\)" is missing/],
    ['Host(`a`) && ', /character 14: a matcher is missing/],
    ['ClientIP(`10.0.0.1`) || Host(`a`)', /ClientIP beside/],
    [`${'('.repeat(50)}`, /parentheses/],
  ] as const)
    assert.throws(
      () => parseTraefikRule(text),
      (error) => error instanceof InexpressibleMatch && message.test(error.message),
      text,
    );
});

test('each middleware becomes a key of the route', () => {
  assert.equal(route('{ stripPrefix: { prefixes: [/x] } }')['strip_prefix'], true);
  assert.deepEqual(route('{ stripPrefix: { prefixes: [/y] } }')['rewrite'], { regex: '^(?:/y)(?:/|$)', to: '/' });
  assert.deepEqual(route('{ addPrefix: { prefix: /p } }')['rewrite'], { path: '/p{path}' });
  assert.deepEqual(route('{ rateLimit: { average: 60, period: 1m, burst: 5 } }')['rate_limit'], {
    client: { capacity: 5, rate_per_second: 1 },
  });
  assert.deepEqual(route('{ ipWhiteList: { sourceRange: [10.0.0.0/8] } }')['allow'], ['10.0.0.0/8']);
  assert.equal(route('{ inFlightReq: { amount: 3 } }')['max_in_flight_per_client'], 3);
  assert.equal(route('{ buffering: { maxRequestBodyBytes: 9 } }')['max_body_bytes'], 9);
});

test('what has no counterpart refuses the file, also within a middleware that has one', () => {
  for (const middleware of [
    '{ basicAuth: { users: [a] } }',
    '{ waf: {} }',
    '{ ipAllowList: { sourceRange: [10.0.0.1], ipStrategy: { depth: 1 } } }',
  ])
    assert.match(kindsOf(imported(middleware))[0] ?? '', /^refused /, middleware);
});

const CERTIFICATES = 'tls: { certificates: [{ certFile: c, keyFile: k }] }\n';

function routed(routers: string, more = '') {
  const found = importText(
    'traefik',
    `${more}http:\n  routers: { ${routers} }\n  services: { s: { loadBalancer: { servers: [{ url: "http://10.0.0.1" }] } } }\n`,
  );
  const { config } = found;
  return {
    refused: kindsOf(found).filter((kind) => kind.startsWith('refused')),
    hosts: ((config['routes'] ?? []) as readonly Record<string, unknown>[]).map(({ host }) => host),
    redirect: (config['tls'] as Record<string, unknown> | undefined)?.['redirect'],
  };
}
const router = (name: string, more = '') => `${name}: { rule: "Host(\`${name}\`)", service: s${more} }`;

test('a router of other entry points than the public ones is refused, and no route', () => {
  const inside = router('b', ', entryPoints: [internal]');
  assert.deepEqual(routed(`${router('a', ', entryPoints: [web]')}, ${inside}`), {
    refused: ['refused entryPoints'],
    hosts: ['a'],
    redirect: undefined,
  });
  assert.deepEqual(routed(inside, 'entryPoints: { internal: { address: ":9000" } }\n').refused, []);
});

test('a router for TLS only is none for the plain port: tls.redirect, or it is refused', () => {
  const secure = router('a', ', tls: {}');
  assert.deepEqual(routed(secure, CERTIFICATES), { refused: [], hosts: ['a'], redirect: 308 });
  assert.deepEqual(routed(`${secure}, ${router('b')}`, CERTIFICATES), {
    refused: ['refused a'],
    hosts: ['b'],
    redirect: 'off',
  });
  assert.deepEqual(routed(`${router('a', ', entryPoints: [websecure]')}, ${router('b')}`, CERTIFICATES).hosts, ['b']);
  assert.deepEqual(routed(`${secure}, ${router('b')}`), { refused: ['refused a'], hosts: ['b'], redirect: undefined });
});

test('a syntax error is named with file, line and column', () =>
  assert.throws(
    () => importText('traefik', 'http:\n  routers: [}\n'),
    (error) => error instanceof ImportFailure && /^main:2:\d+: /.test(error.message),
  ));

test('TOML becomes the same as YAML', () => {
  for (const file of fixtureFiles('traefik').filter((name) => /\.ya?ml$/.test(name))) {
    const yaml = readFileSync(join(FIXTURES, file), 'utf8');
    const toml = stringify(parseYaml(yaml) as Record<string, unknown>);
    const name = file.replace(/\.ya?ml$/, '.toml');
    assert.equal(guessGateway(name, toml)?.format, 'traefik', file);
    assert.deepEqual(importText('traefik', toml).config, importText('traefik', yaml).config, file);
  }
});

test('findings in TOML have the line of their key, and a syntax error has its own', () => {
  const toml = `[http.routers.a]
rule = "Host(\`a.example\`)"
service = "s"
middlewares = ["m"]
[http.middlewares."m".headers]
  # A mistake, in the first of them.
  customRequestHeaderz = { X-A = "1" }
[[http.services.s.loadBalancer.servers]]
url = "http://10.0.0.1:80"
[[http.services.s.loadBalancer.servers]]
  uri = "http://10.0.0.2:80"
`;
  const places = importText('traefik', toml).findings.map(({ origin }) => `${origin?.line}:${origin?.column}`);
  assert.ok(places.includes('7:3') && places.includes('10:1'), places.join());
  assert.throws(
    () => importText('traefik', '[http.routers.a]\nrule = \n'),
    (error) => error instanceof ImportFailure && /^main:2:\d+: /.test(error.message),
  );
});
