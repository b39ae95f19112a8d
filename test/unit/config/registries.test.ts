import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { loadText } from '../../../src/config/load.ts';
import { toFile } from '../../../src/config/to-file.ts';
import { problemsOf } from '../../support/config-problems.ts';
import { authority } from '../../support/issued.ts';
import { temporaryFolder } from '../../support/sluice-process.ts';

const text = (discover: string, discovery = '{}'): string =>
  `pools: { web: { discover: ${discover} } }\ndiscovery: ${discovery}\n`;
const load = (discover: string, discovery?: string) => loadText(text(discover, discovery), 'c.yaml', {}, {});

describe('registries in the configuration', () => {
  test('have defaults', () => {
    const { pools, discovery } = load('{ kubernetes: { service: web } }');
    const kubernetes = { service: 'web', port: null, namespace: null, family: 'any' };
    assert.deepEqual(pools[0]!.discover!.kubernetes, kubernetes);
    assert.deepEqual(discovery.kubernetes, { kubeconfig: null, context: null, routes: null });
    assert.deepEqual(discovery.etcd, { urls: [], user: null, password: null, tls: null });
    assert.deepEqual(discovery.consul, { url: 'http://127.0.0.1:8500', token: null, tls: null });
    const consul = { service: 'web', tags: [], datacenter: null, namespace: null, partition: null };
    assert.deepEqual(load('{ consul: { service: web } }').pools[0]!.discover!.consul, consul);
  });

  test('have ports by name and by number', () => {
    for (const port of [8080, 'http'])
      assert.equal(load(`{ kubernetes: { service: web, port: ${port} } }`).pools[0]!.discover!.kubernetes!.port, port);
  });

  test('hide their secrets', () => {
    const discovery = '{ etcd: { urls: ["http://e"], user: u, password: hunter2 }, consul: { token: hunter2 } }';
    assert.doesNotMatch(JSON.stringify(toFile(load('{ etcd: { prefix: /a } }', discovery))), /hunter2/);
  });

  /** The `discover` of the pool `web`, the section `discovery`, and what is wrong. */
  const WRONG: readonly (readonly [discover: string, discovery: string, problem: RegExp])[] = [
    ['{ etcd: { prefix: /a } }', '{}', /discovery\.etcd\.urls: missing or empty; discover\.etcd needs a server/],
    ['{ etcd: {} }', '{ etcd: { urls: ["http://e"] } }', /^c\.yaml:1:\d+: pools\.web\.discover\.etcd\.prefix: missing/],
    [
      '{ consul: { service: a/b } }',
      '{}',
      /pools\.web\.discover\.consul\.service: .*without spaces and slashes|slashes/,
    ],
    [
      '{ kubernetes: { service: Web } }',
      '{}',
      /discover\.kubernetes\.service: .*lower-case letters, digits and dashes/,
    ],
    [
      '{ kubernetes: { service: web } }',
      '{ kubernetes: { routes: { namespaces: [shop] } } }',
      /discovery\.kubernetes\.routes: says nothing about which routes; give at least one of: gateway_class, gateway, ingress_class/,
    ],
    ['{ kubernetes: { service: web, port: 0 } }', '{}', /discover\.kubernetes\.port: /],
    ['{ kubernetes: { service: web, port: "80" } }', '{}', /discover\.kubernetes\.port: /],
    ['{ kubernetes: { service: web }, consul: { service: web } }', '{}', /only one source is allowed/],
    ['{ consul: { service: web } }', '{ consul: { url: "localhost:8500" } }', /discovery\.consul\.url: /],
    ['{ consul: { service: web } }', '{ consul: { tls: {} } }', /discovery\.consul\.tls: no effect: there is no https/],
    ['{ consul: { service: web } }', '{ etcd: { user: u } }', /discovery\.etcd\.password: missing; user needs it/],
    [
      '{ consul: { service: web } }',
      '{ consul: { url: "https://c", tls: { cert_file: /nowhere/cert } } }',
      /tls\.cert_file: "\/nowhere\/cert" cannot be read: the file does not exist/,
    ],
    ['{ kubernetes: { service: web } }', '{ kubernetes: { context: a } }', /no effect: kubeconfig is not set/],
    [
      '{ kubernetes: { service: web } }',
      '{ kubernetes: { kubeconfig: /nowhere/config } }',
      /kubeconfig: "\/nowhere\/config" cannot be read: the file does not exist/,
    ],
  ];
  for (const [discover, discovery, problem] of WRONG) {
    test(`${discover} with ${discovery} is refused`, () => {
      const [found = 'nothing'] = problemsOf(text(discover, discovery));
      assert.match(found, problem);
      assert.match(found, /^c\.yaml:\d+:\d+: /);
    });
  }

  test('name what is wrong with a kubeconfig, and with TLS files', (t) => {
    const folder = temporaryFolder(t);
    const file = join(folder, 'config');
    const problem = (): string | undefined =>
      problemsOf(text('{ kubernetes: { service: web } }', `{ kubernetes: { kubeconfig: ${file} } }`))[0];
    const config = {
      'current-context': 'a',
      contexts: [{ name: 'a', context: { cluster: 'c', user: 'u' } }],
      clusters: [{ name: 'c', cluster: { server: 'https://10.0.0.1' } }],
      users: [{ name: 'u', user: { exec: { command: 'aws' } } }],
    };
    writeFileSync(file, JSON.stringify(config));
    assert.match(problem()!, /config" identifies the user "u" by exec, which is not supported/);
    writeFileSync(file, ': : :');
    assert.match(problem()!, /config" is not YAML/);
    writeFileSync(file, JSON.stringify({ ...config, users: [{ name: 'u', user: { token: 't' } }] }));
    assert.equal(problem(), undefined);

    const { cert } = authority().issue(['etcd']);
    writeFileSync(join(folder, 'cert'), cert);
    writeFileSync(join(folder, 'key'), authority().issue(['etcd']).key);
    const tls = `{ cert_file: ${join(folder, 'cert')}, key_file: ${join(folder, 'key')} }`;
    assert.match(
      problemsOf(text('{ etcd: { prefix: /a } }', `{ etcd: { urls: ["https://e"], tls: ${tls} } }`)).join(),
      /discovery\.etcd\.tls\.key_file: the key does not belong/,
    );
  });
});
