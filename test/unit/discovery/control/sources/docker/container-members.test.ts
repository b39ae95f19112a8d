import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readContainers } from '../../../../../../src/discovery/control/sources/docker/container.ts';
import {
  containerMembers,
  type DockerDiscoverSettings,
} from '../../../../../../src/discovery/control/sources/docker/container-members.ts';

const LABELS_ONLY: DockerDiscoverSettings = { service: null, project: null, port: null, network: null };
const WEB: DockerDiscoverSettings = { ...LABELS_ONLY, service: 'web' };

interface Listed {
  readonly name?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly state?: string;
  readonly status?: string;
  readonly ports?: readonly unknown[];
  readonly networks?: Readonly<Record<string, { IPAddress?: string; GlobalIPv6Address?: string }>>;
}

/** As the Engine lists it. */
function listed(id: string, more: Listed = {}): object {
  const { name = id, labels = {}, state = 'running', status = 'Up 2 minutes' } = more;
  const { ports = [{ PrivatePort: 8080, Type: 'tcp' }], networks = { front: { IPAddress: '10.99.0.2' } } } = more;
  return {
    Id: id,
    Names: [`/${name}`],
    Labels: labels,
    State: state,
    Status: status,
    Ports: ports,
    NetworkSettings: { Networks: networks },
  };
}

function compose(service: string, project = 'shop', more: Readonly<Record<string, string>> = {}) {
  return { 'com.docker.compose.service': service, 'com.docker.compose.project': project, ...more };
}

function membersOf(containers: readonly object[], settings = LABELS_ONLY, stopping: readonly string[] = []) {
  return containerMembers('web', settings, readContainers(JSON.stringify(containers)), new Set(stopping));
}

/** What a container with these labels is refused for; or its member. */
function only(more: Listed, settings = LABELS_ONLY) {
  const labels = { 'sluice.pool': 'web', ...more.labels };
  const { members, refused } = membersOf([listed('c1', { ...more, labels })], settings);
  return refused[0] ?? members[0];
}

test('a container whose label names the pool is a member, with everything that its labels say', () => {
  const labels = {
    'sluice.pool': 'web',
    'sluice.port': '9000',
    'sluice.weight': '7',
    'sluice.backup': 'true',
    'sluice.region': 'eu',
    'sluice.zone': 'b',
    'sluice.network': 'back',
  };
  const networks = { front: { IPAddress: '10.99.0.2' }, back: { IPAddress: '10.98.0.2' } };
  const { members, refused } = membersOf([listed('c1', { labels, networks }), listed('c2')]);
  assert.deepEqual(refused, []);
  assert.deepEqual(members, [
    { address: '10.98.0.2', port: 9000, weight: 7, backup: true, draining: false, region: 'eu', zone: 'b', uid: 'c1' },
  ]);
});

test('a Compose service is meant by its name, without containers of `compose run` and those of another pool', () => {
  const { members } = membersOf(
    [
      listed('web-1', { labels: compose('web') }),
      listed('db-1', { labels: compose('db') }),
      listed('web-run', { labels: compose('web', 'shop', { 'com.docker.compose.oneoff': 'True' }) }),
      listed('web-2', { labels: compose('web', 'shop', { 'sluice.pool': 'canary' }) }),
      listed('web-3', { labels: compose('web', 'shop', { 'sluice.enable': 'false' }) }),
      listed('extra', { labels: { 'sluice.pool': 'web' } }),
    ],
    WEB,
  );
  assert.deepEqual(
    members.map(({ uid }) => uid),
    ['web-1', 'extra'],
  );
});

test('a service of two projects fails, since traffic must not go to another deployment; project chooses', () => {
  const both = [listed('a', { labels: compose('web') }), listed('b', { labels: compose('web', 'staging') })];
  assert.throws(() => membersOf(both, WEB), {
    message: 'the projects shop and staging have a service web: set project in discover.docker',
  });
  const { members } = membersOf(both, { ...WEB, project: 'staging' });
  assert.deepEqual(
    members.map(({ uid }) => uid),
    ['b'],
  );
});

test('port: the label, then the settings, then the only exposed one', () => {
  const published = [
    { IP: '0.0.0.0', PrivatePort: 8080, PublicPort: 1, Type: 'tcp' },
    { IP: '::', PrivatePort: 8080, PublicPort: 1, Type: 'tcp' },
    { PrivatePort: 53, Type: 'udp' },
  ];
  const port = (more: Listed, settings = LABELS_ONLY) => (only(more, settings) as { port: number }).port;
  assert.equal(port({ ports: published }), 8080);
  assert.equal(port({ ports: [] }, { ...LABELS_ONLY, port: 81 }), 81);
  assert.equal(port({ labels: { 'sluice.port': '82' } }, { ...LABELS_ONLY, port: 81 }), 82);
  const remedy = 'set the label sluice.port, or port in discover.docker';
  assert.equal(only({ ports: [] }), `container c1: it exposes no TCP port: ${remedy}`);
  const two = [
    { PrivatePort: 443, Type: 'tcp' },
    { PrivatePort: 80, Type: 'tcp' },
  ];
  assert.equal(only({ ports: two }), `container c1: it exposes the ports 80 and 443: ${remedy}`);
});

// A container that is reached by the wrong network hangs: traefik#5040.
test('a container in several networks is refused by name unless one is named', () => {
  const networks = { shop_front: { IPAddress: '10.99.0.2' }, shop_back: { IPAddress: '10.98.0.2' } };
  const address = (more: Listed, settings = LABELS_ONLY) => {
    const read = only({ networks, ...more }, settings);
    return typeof read === 'string' ? read : read?.address;
  };
  assert.equal(
    address({ name: 'shop-web-1' }),
    'container shop-web-1: it is in the networks shop_back and shop_front: ' +
      'set the label sluice.network, or network in discover.docker',
  );
  assert.equal(address({}, { ...LABELS_ONLY, network: 'shop_front' }), '10.99.0.2');
  assert.equal(address({ labels: { 'sluice.network': 'shop_back' } }, { ...LABELS_ONLY, network: 'x' }), '10.98.0.2');
  assert.equal(address({ labels: compose('web') }, { ...LABELS_ONLY, network: 'front' }), '10.99.0.2');
  assert.equal(
    address({}, { ...LABELS_ONLY, network: 'front' }),
    'container c1: it is not in the network front, but in shop_back and shop_front',
  );
});

test('a container without an address of its own is refused by name; one with IPv6 only is not', () => {
  assert.equal(only({ networks: {} }), 'container c1: it is in no network');
  assert.equal(
    only({ networks: { host: { IPAddress: '' } } }),
    'container c1: it has no address in the network host: list it under backends',
  );
  const six = only({ networks: { front: { IPAddress: '', GlobalIPv6Address: '2001:db8::2' } } });
  assert.equal((six as { address: string }).address, '2001:db8::2');
});

test('labels that make no sense refuse the container by name', () => {
  for (const [labels, reason] of [
    [{ 'sluice.port': 'http' }, 'label sluice.port is "http"; allowed: 1 to 65535'],
    [{ 'sluice.port': '0' }, 'label sluice.port is "0"; allowed: 1 to 65535'],
    [{ 'sluice.weight': '1001' }, 'label sluice.weight is "1001"; allowed: 1 to 1000'],
    [{ 'sluice.backup': 'yes' }, 'label sluice.backup is "yes"; allowed: true or false'],
    [{ 'sluice.enable': 'no' }, 'label sluice.enable is "no"; allowed: true or false'],
    [
      { 'sluice.zone': 'a b' },
      'label sluice.zone is "a b"; allowed: 1 to 63 letters, digits, dots, dashes and underscores',
    ],
    [{ 'sluice.weight': 'x'.repeat(500) }, `label sluice.weight is "${'x'.repeat(80)}…"; allowed: 1 to 1000`],
  ] as const) {
    assert.equal(only({ labels }), `container c1: ${reason}`);
  }
});

test('a container drains while it is stopping, paused, or unhealthy, and is none before its HEALTHCHECK has passed', () => {
  const containers = [
    listed('fine', { status: 'Up 2 minutes (healthy)' }),
    listed('stopping'),
    listed('paused', { state: 'paused', status: 'Up 2 minutes (Paused)' }),
    listed('ill', { status: 'Up 2 minutes (unhealthy)' }),
    listed('new', { status: 'Up 1 second (health: starting)' }),
    listed('restarting', { state: 'restarting', status: 'Restarting (1) 2 seconds ago' }),
    listed('ended', { state: 'exited', status: 'Exited (0) 2 seconds ago' }),
  ].map((each) => ({ ...each, Labels: { 'sluice.pool': 'web' } }));
  const { members, refused } = membersOf(containers, LABELS_ONLY, ['stopping']);
  assert.deepEqual(refused, []);
  assert.deepEqual(
    members.map(({ uid, draining }) => [uid, draining]),
    [
      ['fine', false],
      ['stopping', true],
      ['paused', true],
      ['ill', true],
    ],
  );
});

test('what is no list of containers is refused as a whole, and what a container lacks is not needed', () => {
  for (const [text, message] of [
    ['[{"Id":', 'its answer is not JSON'],
    ['{"message":"no"}', 'its answer is no list of containers'],
    ['null', 'its answer is no list of containers'],
    ['[5]', 'its list has a container without Id or State'],
    ['[{"Id":"a"}]', 'its list has a container without Id or State'],
  ] as const) {
    assert.throws(() => readContainers(text), { message });
  }
  const [bare] = readContainers('[{"Id":"0123456789abcdef","State":"running","Labels":null,"Ports":[5],"Names":null}]');
  assert.deepEqual(bare, {
    id: '0123456789abcdef',
    name: '0123456789ab',
    labels: {},
    createdS: 0,
    state: 'running',
    health: null,
    ports: [],
    networks: new Map(),
  });
});
