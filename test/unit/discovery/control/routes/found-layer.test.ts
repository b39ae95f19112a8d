import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadText } from '../../../../../src/config/load.ts';
import type { Fragment } from '../../../../../src/config/found/load-fragment.ts';
import { FoundLayer } from '../../../../../src/discovery/control/routes/found-layer.ts';
import { temporaryFolder } from '../../../../support/sluice-process.ts';

const POOLS = 'pools: { web: { backends: [{ url: "http://127.0.0.1:1" }] } }\n';
const ON = 'discovery: { docker: { routes: true } }\n';

function layerOver(yaml: string, fragments: readonly Fragment[]) {
  const file = loadText(POOLS + yaml, 'sluice.yaml', {}, {});
  const layer = new FoundLayer(fragments, new Map(), process.cwd());
  const problems = layer.problems(file).map(({ subject, message }) => `${subject}: ${message}`);
  return { file, settings: layer.extend(file), problems };
}

function fragment(name: string, route: object, pool = 'shop@docker', settings: object = {}): Fragment {
  return {
    subject: `route ${name}`,
    pools: { [pool]: { discover: { docker: {} }, ...settings } },
    routes: [{ pool, ...route, name: `${name}@docker` }],
  };
}

test('what is found inherits the sections of the file, as its own pools and routes do', () => {
  const { settings } = layerOver(
    `${ON}retries: { attempts: 7 }
health_check: { interval: 9s }
route_defaults: { auth: { api_key: required }, timeout: 3s }
`,
    [fragment('a', { host: 'a.test' }, 'shop@docker', { health_check: { type: 'tcp' } })],
  );
  const [pool, route] = [settings.pools[1]!, settings.routes[1]!];
  assert.deepEqual([pool.name, pool.retries.attempts, pool.healthCheck.intervalMs], ['shop@docker', 7, 9000]);
  assert.deepEqual([route.name, route.timeoutMs], ['a@docker', 3000]);
  assert.deepEqual(route.auth, settings.routes[0]!.auth);
});

test('variables are those of the file only: values that it made, and those that are found, are literal', () => {
  const { settings, problems } = layerOver(
    `${ON}route_defaults: { response_headers: { set: { x-file: '$\${{HOME}}' } } }\n`,
    [
      fragment('a', { host: 'a.test' }),
      fragment('b', { host: 'b.test', match: { headers: { 'x-label': '${HOME:-/root}' } } }),
    ],
  );
  assert.deepEqual(problems, []);
  const [, a, b] = settings.routes;
  assert.deepEqual(a!.responseHeaders.set, { 'x-file': '${{HOME}}' });
  assert.deepEqual(b!.match.headers, { 'x-label': '${HOME:-/root}' });
});

test('a location is a condition if the file says where locations come from', (t) => {
  const german = fragment('a', { host: 'a.test', match: { geo: ['DE'] } });
  assert.match(layerOver(ON, [german]).problems[0]!, /match\.geo: needs geo\.header or geo\.table/);
  const table = join(temporaryFolder(t), 'places.txt');
  writeFileSync(table, '192.0.2.0/24 DE\n');
  for (const geo of ['{ header: cf-ipcountry }', `{ table: ${table} }`]) {
    const { settings, problems } = layerOver(`${ON}geo: ${geo}\n`, [german]);
    assert.deepEqual(problems, []);
    assert.deepEqual(settings.routes[1]!.match.geo, ['DE']);
  }
});

test('the file wins: its routes, and its pool of the same name', () => {
  const { settings, problems } = layerOver(`${ON}routes: [{ host: a.test, pool: web }, { host: b.test, pool: web }]`, [
    fragment('a', { host: 'a.test' }),
    fragment('c', { host: 'c.test' }, 'web@docker'),
  ]);
  assert.deepEqual(
    settings.routes.map(({ host, pool }) => [host, pool]),
    [
      ['a.test', 'web'],
      ['b.test', 'web'],
      ['c.test', 'web'],
    ],
  );
  assert.deepEqual(
    settings.pools.map(({ name }) => name),
    ['web'],
  );
  assert.deepEqual(problems, [
    'route a: a@docker matches exactly what route a.test/ of the file matches, so it would never be used',
  ]);
});

test('a fragment that the checks of the file refuse is named, and others go on', () => {
  const { settings, problems } = layerOver(ON, [
    fragment('bad', { host: 'a b', timeout: 'soon' }),
    fragment('nowhere', { host: 'n.test', pool: 'none' }),
    fragment('good', { host: 'good.test' }),
  ]);
  assert.deepEqual(
    settings.routes.slice(1).map(({ name }) => name),
    ['good@docker'],
  );
  assert.equal(problems.length, 2);
  assert.match(
    problems[0]!,
    /^route bad: host: found "a b"; allowed: a host name .*; timeout: found "soon"; allowed: /,
  );
  assert.match(problems[1]!, /^route nowhere: pool: there is no pool "none"/);
});

test('a fragment that the checks fail on, for a reason of their own, is refused, and others go on', () => {
  const { settings, problems } = layerOver(ON, [
    fragment('bad', { host: 'bad.test', methods: () => [] }),
    fragment('good', { host: 'good.test' }),
  ]);
  assert.deepEqual(
    settings.routes.slice(1).map(({ name }) => name),
    ['good@docker'],
  );
  assert.equal(problems.length, 1);
  assert.match(problems[0]!, /^route bad: it cannot be checked: .*could not be cloned/);
});

test('of many fragments, exactly the wrong ones are refused', () => {
  const wrong = new Set([0, 7, 8, 31, 49]);
  const fragments = Array.from({ length: 50 }, (_, at) =>
    fragment(`r${at}`, { host: wrong.has(at) ? 'a b' : `h${at}.test` }, `pool-${at % 3}@docker`),
  );
  const { settings, problems } = layerOver(ON, fragments);
  assert.deepEqual(
    problems.map((problem) => /^route r(\d+): host: found/.exec(problem)?.[1]),
    [...wrong].map(String),
  );
  assert.deepEqual(
    settings.routes.slice(1).map(({ name, host, pool }) => [name, host, pool]),
    fragments.flatMap((_, at) => (wrong.has(at) ? [] : [[`r${at}@docker`, `h${at}.test`, `pool-${at % 3}@docker`]])),
  );
  assert.equal(settings.pools.length, 4);
});

test('of two fragments with the same pool and other settings, the first wins', () => {
  const { settings, problems } = layerOver(ON, [
    fragment('a', { host: 'a.test' }),
    fragment('b', { host: 'b.test' }, 'shop@docker', { algorithm: 'random' }),
    fragment('c', { host: 'c.test' }),
  ]);
  assert.deepEqual(
    settings.routes.slice(1).map(({ name }) => name),
    ['a@docker', 'c@docker'],
  );
  assert.deepEqual(problems, ['route b: pool shop@docker is already there, with other settings']);
});

test('what the tables cannot hold is refused by name, and the rest stays', () => {
  const routes = Array.from({ length: 4094 }, (_, at) => ({ host: `h${at}.test`, pool: 'web' }));
  const { settings, problems } = layerOver(`${ON}routes: ${JSON.stringify(routes)}`, [
    fragment('a', { host: 'a.test' }),
    fragment('b', { host: 'b.test' }),
    fragment('c', { host: 'c.test' }),
  ]);
  assert.equal(settings.routes.length, 4096);
  assert.deepEqual(problems, ['route c: at most 4096 routes are supported']);
});

test('without a provider, nothing is found, and the settings are the very ones of the file', () => {
  const { file, settings } = layerOver('', [fragment('a', { host: 'a.test' })]);
  assert.equal(file.foundDefaults, null);
  assert.equal(settings, file);
});
