import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadText } from '../../../../../src/config/load.ts';
import { containerRoutes } from '../../../../../src/discovery/control/routes/docker/docker-routes.ts';
import { FoundLayer } from '../../../../../src/discovery/control/routes/found-layer.ts';
import type { Container } from '../../../../../src/discovery/control/sources/docker/container.ts';

const YAML =
  'pools: { main: { backends: [{ url: "http://127.0.0.1:1" }] } }\ndiscovery: { docker: { routes: true } }\n';

function container(name: string, labels: Readonly<Record<string, string>>, more: Partial<Container> = {}): Container {
  return {
    id: name,
    name,
    labels,
    createdS: 1,
    state: 'running',
    health: null,
    ports: [80],
    networks: new Map(),
    ...more,
  };
}

function routesOf(...containers: readonly Container[]) {
  const file = loadText(YAML, 'sluice.yaml', {}, {});
  const { fragments, problems } = containerRoutes(containers);
  const layer = new FoundLayer(fragments, new Map(), process.cwd());
  const settings = layer.extend(file);
  return {
    settings,
    routes: settings.routes.slice(1),
    problems: [...problems, ...layer.problems(file)].map(({ subject, message }) => `${subject}: ${message}`),
  };
}

const COMPOSE = { 'com.docker.compose.service': 'web', 'com.docker.compose.project': 'shop' };

test('labels are keys of a route, and its pool has the containers of the service', () => {
  const { settings, routes, problems } = routesOf(
    container('shop-web-1', {
      ...COMPOSE,
      'sluice.port': '8080',
      'sluice.route.web.host': 'shop.test',
      'sluice.route.web.path_prefix': '/api',
      'sluice.route.web.methods': 'GET, HEAD',
      'sluice.route.web.strip_prefix': 'true',
      'sluice.route.web.timeout': '5s',
      'sluice.route.web.cost': '3',
      'sluice.route.web.priority': 'high',
      'sluice.route.web.match.headers.x-version': '2',
      'sluice.route.web.response_headers.set.x-served.by': 'docker',
      'sluice.route.admin.path': '/admin',
    }),
  );
  assert.deepEqual(problems, []);
  const [admin, web] = routes;
  assert.deepEqual([admin!.name, admin!.path], ['admin@docker', '/admin']);
  assert.deepEqual(
    [web!.name, web!.host, web!.pathPrefix, web!.methods, web!.stripPrefix, web!.timeoutMs, web!.cost, web!.priority],
    ['web@docker', 'shop.test', '/api', ['GET', 'HEAD'], true, 5000, 3, 7],
  );
  assert.deepEqual([web!.match.headers, web!.responseHeaders.set], [{ 'x-version': '2' }, { 'x-served.by': 'docker' }]);
  const pool = settings.pools.find(({ name }) => name === web!.pool)!;
  assert.equal(pool.name, 'web.shop@docker');
  assert.deepEqual(pool.discover?.docker, { service: 'web', project: 'shop', port: null, network: null });
});

/** What is wrong with labels: the route is refused, or, if it is not of a route, only named. */
const MISTAKES: readonly (readonly [name: string, labels: Record<string, string>, message: RegExp])[] = [
  [
    'a key that there is not',
    { 'sluice.route.web.hots': 'a.test' },
    /^route web of container c: label sluice\.route\.web\.hots: there is no key hots; allowed: host, path, .*did you mean "?host/,
  ],
  [
    'a key of routes that labels may not set',
    { 'sluice.route.web.host': 'a.test', 'sluice.route.web.inherit': 'false' },
    /there is no key inherit; allowed: /,
  ],
  [
    'a part of a key',
    { 'sluice.route.web.match': 'x' },
    /label sluice\.route\.web\.match: a key must follow; allowed: headers/,
  ],
  ['no key', { 'sluice.route.web': 'a.test' }, /label sluice\.route\.web: a key must follow; allowed: host, /],
  ['too much', { 'sluice.route.web.host.name': 'a.test' }, /nothing may follow host/],
  [
    'a value that is wrong',
    { 'sluice.route.web.host': 'a b' },
    /^route web of container c: host: found "a b"; allowed: a host name/,
  ],
  [
    'nothing to match',
    { 'sluice.route.web.timeout': '5s' },
    /says nothing about which requests; set at least one of: host, path/,
  ],
  [
    'no name',
    { 'sluice.route..host': 'a.test' },
    /^container c: label sluice\.route\.\.host: "" is no name of a route/,
  ],
  [
    'a label that there is not',
    { 'sluice.rout.web.host': 'a.test' },
    /^container c: there is no label sluice\.rout\.web\.host; allowed after sluice\.: pool, port, .*route\.NAME\.KEY/,
  ],
  [
    'a label that is nearly right',
    { 'sluice.prot': '80' },
    /^container c: there is no label sluice\.prot; .*did you mean "?port/,
  ],
];

for (const [name, labels, message] of MISTAKES) {
  test(`${name} is named with what is allowed, and other routes go on`, () => {
    const good = container('good', { ...COMPOSE, 'sluice.route.good.host': 'good.test' });
    const { routes, problems } = routesOf(container('c', { 'sluice.pool': 'web', ...labels }), good);
    assert.deepEqual(
      routes.map((route) => route.name),
      ['good@docker'],
    );
    assert.equal(problems.length, 1);
    assert.match(problems[0]!, message);
  });
}

test('containers that belong to no service need a pool', () => {
  const host = { 'sluice.route.web.host': 'a.test' };
  assert.match(routesOf(container('c', host)).problems[0]!, /set the label sluice\.pool/);
  assert.match(
    routesOf(container('c', { ...host, 'sluice.pool': 'A b' })).problems[0]!,
    /label sluice\.pool is "A b"; allowed: /,
  );
  const { routes, settings } = routesOf(container('c', { ...host, 'sluice.pool': 'web' }));
  assert.equal(routes[0]!.pool, 'web@docker');
  assert.deepEqual(settings.pools.at(-1)!.discover?.docker?.service, null);
});

test('the newest running container says what the route is, and what others say is named', () => {
  const labels = (host: string) => ({ ...COMPOSE, 'sluice.route.web.host': host });
  const { routes, problems } = routesOf(
    container('old', labels('old.test'), { createdS: 5 }),
    container('new', labels('new.test'), { createdS: 7 }),
    container('stopped', labels('stopped.test'), { createdS: 9, state: 'exited' }),
    container('same', labels('new.test'), { createdS: 6 }),
  );
  assert.deepEqual(
    routes.map(({ host }) => host),
    ['new.test'],
  );
  assert.deepEqual(problems, [
    'route web of container new: container old says something else of it, and is not as new: ignored',
  ]);
});

test('a container of another project takes no route away, by its name or by what it matches', () => {
  const of = (project: string, labels: Record<string, string>, more: Partial<Container>) =>
    container(`${project}-web-1`, { ...COMPOSE, 'com.docker.compose.project': project, ...labels }, more);
  const found = (state: string, other: Record<string, string>) =>
    routesOf(
      of('evil', other, { createdS: 9 }),
      of('shop', { 'sluice.route.web.host': 'shop.test' }, { createdS: 3, state }),
      container('shop-web-2', { ...COMPOSE, 'sluice.route.web.host': 'shop.test' }, { createdS: 12, state }),
    );
  const routes = (all: ReturnType<typeof found>) => all.routes.map(({ name, host, pool }) => [name, host, pool]);
  for (const state of ['running', 'exited']) {
    const byName = found(state, { 'sluice.route.web.host': 'evil.test', 'sluice.route.own.host': 'own.test' });
    assert.deepEqual(routes(byName), [
      ['web@docker', 'shop.test', 'web.shop@docker'],
      ['own@docker', 'own.test', 'web.evil@docker'],
    ]);
    assert.deepEqual(byName.problems, [
      'route web of container evil-web-1: the name belongs to container shop-web-2, whose pool web.shop@docker is older ' +
        'than web.evil@docker; rename the labels sluice.route.web.*',
    ]);
    const byMatch = found(state, { 'sluice.route.a.host': 'shop.test' });
    assert.deepEqual(routes(byMatch), [['web@docker', 'shop.test', 'web.shop@docker']]);
    assert.match(byMatch.problems.join(), /^route a of container evil-web-1: a@docker matches exactly what route web@/);
  }
});

test('a container without a pool takes no name', () => {
  const { routes, problems } = routesOf(
    container('c', { 'sluice.route.web.host': 'c.test' }, { createdS: 1 }),
    container('shop-web-1', { ...COMPOSE, 'sluice.route.web.host': 'shop.test' }, { createdS: 3 }),
  );
  assert.deepEqual(
    routes.map(({ host }) => host),
    ['shop.test'],
  );
  assert.match(problems.join(), /^route web of container c: set the label sluice\.pool/);
});

test('a container that has stopped keeps its route; one that is removed, disabled or a command does not', () => {
  const labels = { ...COMPOSE, 'sluice.route.web.host': 'a.test' };
  const countOf = (more: Partial<Container>, and: Record<string, string> = {}): number =>
    routesOf(container('c', { ...labels, ...and }, more)).routes.length;
  assert.equal(countOf({ state: 'exited' }), 1);
  assert.equal(countOf({ state: 'restarting' }), 1);
  assert.equal(countOf({ state: 'removing' }), 0);
  assert.equal(countOf({}, { 'sluice.enable': 'false' }), 0);
  assert.equal(countOf({}, { 'com.docker.compose.oneoff': 'True' }), 0);
});
