/** The promises of compose.yaml; image.test.ts starts it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadText } from '../../src/config/load.ts';
import { dockerFolder, keepsPromises, readCompose } from '../support/compose-file.ts';
import { readDockerfile, textsOf } from '../support/dockerfile.ts';

const folder = dockerFolder;
const compose = readCompose('compose.yaml');
const { services } = compose;
const gateway = services['gateway']!;
const config = readFileSync(join(folder, 'gateway/sluice.yaml'), 'utf8');
const settings = loadText(config, 'sluice.yaml', { SLUICE_ADMIN_TOKEN: 'x'.repeat(40), POSTGRES_PASSWORD: 'abc' }, {});
const { stages } = readDockerfile(readFileSync(join(folder, 'Dockerfile'), 'utf8'));

/** The default of tls.port. */
const TLS_PORT = 8443;

test('there are the gateway, PostgreSQL, three backends, Prometheus and Grafana', () => {
  assert.deepEqual(Object.keys(services).toSorted(), [
    'backend-1',
    'backend-2',
    'backend-3',
    'gateway',
    'grafana',
    'postgres',
    'prometheus',
  ]);
});

keepsPromises(compose, 4);

test('only the public port is open to other machines', () => {
  const open = Object.values(services).flatMap(({ ports = [] }) =>
    ports.filter((port) => !port.startsWith('127.0.0.1:')),
  );
  assert.deepEqual(open, [`${settings.server.port}:${settings.server.port}`]);
});

test('the minimal file opens only the public port to other machines, and names its secret instead of containing it', () => {
  const { services: minimal } = readCompose('compose.minimal.yaml');
  const ports = Object.values(minimal).flatMap((service) => service.ports ?? []);
  assert.deepEqual(
    ports.filter((port) => !port.startsWith('127.0.0.1:')),
    ['8080:8080'],
  );
  assert.match(minimal['gateway']!.environment!['SLUICE_ADMIN_TOKEN']!, /^\$\{SLUICE_ADMIN_TOKEN:\?.+\}$/);
});

test('the gateway listens where its ports, its image and Prometheus look for it', () => {
  const { server, admin } = settings;
  assert.deepEqual([server.host, admin.host], ['0.0.0.0', '0.0.0.0']);
  assert.ok(gateway.ports?.includes(`127.0.0.1:${admin.port}:${admin.port}`));
  assert.deepEqual(textsOf(stages.at(-1)!, 'EXPOSE'), [`${server.port} ${TLS_PORT} ${admin.port}`]);
  const scrape = readFileSync(join(folder, 'prometheus/prometheus.yml'), 'utf8');
  assert.match(scrape, new RegExp(`targets: \\[gateway:${admin.port}\\]`));
  assert.ok(admin.allowedHosts.includes('gateway'));
  const check = readFileSync(join(folder, 'healthcheck.js'), 'utf8');
  assert.ok(check.includes(`http://127.0.0.1:${admin.port}/readyz`));
});

test('its backends are the services', () => {
  const urls = settings.pools.flatMap(({ backends }) => backends.map(({ url }) => new URL(url).hostname));
  assert.deepEqual(urls, ['backend-1', 'backend-2', 'backend-3']);
  for (const name of urls) assert.ok(gateway.depends_on?.[name] !== undefined);
});

test('it may stop gracefully', () => {
  assert.ok(Number.parseInt(gateway.stop_grace_period!, 10) * 1000 > settings.server.stopTimeoutMs);
});

test('the admin port has a token', () => {
  assert.equal(gateway.environment!['SLUICE_ADMIN_TOKEN_FILE'], '/run/secrets/admin_token');
});

test('Grafana finds the data source and the dashboard where they are mounted', () => {
  const source = readFileSync(join(folder, 'grafana/provisioning/datasources/prometheus.yml'), 'utf8');
  assert.match(source, /url: http:\/\/prometheus:9090/);
  const provider = readFileSync(join(folder, 'grafana/provisioning/dashboards/sluice.yml'), 'utf8');
  const [, path] = /path: (\S+?) ?\}/.exec(provider)!;
  assert.ok(services['grafana']!.volumes?.includes(`./grafana/dashboards:${path}:ro`));
  const dashboard = readFileSync(join(folder, 'grafana/dashboards/sluice.json'), 'utf8');
  const uids = new Set([...dashboard.matchAll(/"type": "prometheus",\s*"uid": "(\w+)"/g)].map(([, uid]) => uid));
  assert.deepEqual([...uids], [/uid: (\w+)/.exec(source)![1]]);
});
