import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadText } from '../../../src/config/load.ts';
import { configDigest } from '../../../src/fleet/config-digest.ts';
import { gatewayName, loggedName } from '../../../src/fleet/gateway-name.ts';

const POOLS =
  'pools:\n  a: { backends: [{ url: "http://10.0.0.1" }] }\n  b: { backends: [{ url: "http://10.0.0.2" }] }\n';
const ROUTE = 'routes: [{ pool: a }]\n';

function digest(yaml: string, key = 'key'): string {
  return configDigest(loadText(yaml, 'test.yaml', {}, {}), key);
}

test('what differs between gateways on purpose makes no other digest', () => {
  const same = digest(POOLS + ROUTE);
  assert.match(same, /^[0-9a-f]{12}$/);
  for (const own of [
    'server: { host: 10.0.0.9, port: 81, threads: 7, max_connections: 100 }\n',
    'admin: { host: 127.0.0.1, port: 9001 }\n',
    'fleet: { name: gw-1 }\n',
    'database: { url: "postgres://u:p@h/d", gateway: gw-1, data_dir: /tmp }\n',
  ]) {
    assert.equal(digest(own + POOLS + ROUTE), same, own);
  }
  const [, first, second] = POOLS.split('\n');
  assert.equal(digest(`pools:\n${second}\n${first}\n${ROUTE}`), same, 'the order of pools');
});

test('everything else does, secrets and the key too', () => {
  const digests = [
    digest(POOLS + ROUTE),
    digest(POOLS + 'routes: [{ pool: b }]\n'),
    digest(`${POOLS}${ROUTE}rate_limit: { default: { capacity: 7 } }\n`),
    digest(`${POOLS}${ROUTE}admin: { token: a-secret-of-twenty-characters }\n`),
    digest(`${POOLS}${ROUTE}admin: { token: b-secret-of-twenty-characters }\n`),
    digest(`${POOLS}${ROUTE}fleet: { expire: 20s }\n`),
    digest(POOLS + ROUTE, 'another key'),
  ];
  assert.equal(new Set(digests).size, digests.length);
});

test('a gateway is named by fleet.name, by its older key, or by host and port', () => {
  const named = (yaml: string) => gatewayName(loadText(yaml + POOLS + ROUTE, 'test.yaml', {}, {}));
  assert.equal(named('fleet: { name: gw-1 }\n'), 'gw-1');
  assert.equal(named('database: { gateway: gw-2 }\n'), 'gw-2');
  assert.match(named('server: { port: 81 }\n'), /^.+:81$/);
});

test('log lines name the gateway where there may be several, unless log.gateway says no', () => {
  const logged = (yaml: string) => loggedName(loadText(yaml + POOLS + ROUTE, 'test.yaml', {}, {}));
  assert.equal(logged(''), undefined);
  assert.equal(logged('fleet: { name: gw-1 }\n'), 'gw-1');
  assert.match(logged('database: { url: "postgres://u:p@h/d" }\n')!, /:8080$/);
  assert.equal(logged('fleet: { name: gw-1 }\nlog: { gateway: false }\n'), undefined);
});
