/** The promises of compose.yaml; no Docker engine reads it here. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { loadText } from '../../src/config/load.ts';
import { readDockerfile, textsOf } from '../support/dockerfile.ts';

interface Service {
  readonly image: string;
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly read_only?: boolean;
  readonly tmpfs?: readonly string[];
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly user?: string;
  readonly privileged?: boolean;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly secrets?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly stop_grace_period?: string;
}
interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
  readonly secrets: Readonly<Record<string, { readonly environment: string }>>;
}

const folder = join(import.meta.dirname, '../../docker');
const text = readFileSync(join(folder, 'compose.yaml'), 'utf8');
const { services, volumes, secrets } = parse(text, { merge: true }) as Compose;
const gateway = services['gateway']!;
const config = readFileSync(join(folder, 'gateway/sluice.yaml'), 'utf8');
const settings = loadText(config, 'sluice.yaml', { SLUICE_ADMIN_TOKEN: 'x'.repeat(40) }, {});
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

describe('every service', () => {
  for (const [name, service] of Object.entries(services)) {
    test(`${name} has an image by version, a health check, and no privileges to gain`, () => {
      assert.match(service.image, /^[\w./-]+:[\w.-]+$/);
      assert.doesNotMatch(service.image, /:latest$/);
      assert.ok(service.build !== undefined || /:v?\d/.test(service.image), service.image);
      assert.ok(service.healthcheck !== undefined || service.build !== undefined, 'no health check');
      assert.ok(service.security_opt?.includes('no-new-privileges:true'));
      assert.notEqual(service.privileged, true);
      assert.ok(!/^(root|0)\b/.test(service.user ?? ''));
    });

    test(`${name} waits for what it needs until that is healthy`, () => {
      for (const [other, { condition }] of Object.entries(service.depends_on ?? {})) {
        assert.ok(other in services, other);
        assert.equal(condition, 'service_healthy');
      }
    });

    test(`${name} mounts folders that exist, read only, and named volumes`, () => {
      for (const mount of service.volumes ?? []) {
        const [from, , mode] = mount.split(':') as [string, string, string?];
        if (!from.startsWith('.')) assert.ok(from in volumes, mount);
        else assert.ok(existsSync(join(folder, from)) && mode === 'ro', mount);
      }
    });
  }
});

test('everything made of our image has a file system it cannot write to, and no capability', () => {
  const ours = Object.values(services).filter(({ build }) => build !== undefined);
  assert.equal(ours.length, 4);
  for (const { read_only, tmpfs, cap_drop, build } of ours) {
    assert.equal(read_only, true);
    assert.deepEqual([tmpfs, cap_drop], [['/tmp'], ['ALL']]);
    assert.ok(existsSync(join(folder, build!.context, build!.dockerfile)));
  }
});

test('only the public port is open to other machines', () => {
  const open = Object.values(services).flatMap(({ ports = [] }) =>
    ports.filter((port) => !port.startsWith('127.0.0.1:')),
  );
  assert.deepEqual(open, [`${settings.server.port}:${settings.server.port}`]);
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

test('secrets come from the environment, none has a default, and the example names them all', () => {
  const named = [...text.matchAll(/\$\{(\w+)([^}]*)\}/g)];
  assert.ok(named.length > 0);
  for (const [whole, , rest] of named) assert.match(rest!, /^:\?/, `${whole} may be left empty`);
  const example = readFileSync(join(folder, '.env.example'), 'utf8');
  const names = new Set(named.map(([, name]) => name!));
  for (const { environment } of Object.values(secrets)) assert.ok(names.has(environment));
  for (const name of names) assert.match(example, new RegExp(`^${name}=$`, 'm'));
  const [password] = Object.entries(gateway.environment!).filter(([key]) => key === 'SLUICE_ADMIN_TOKEN');
  assert.ok(password);
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
