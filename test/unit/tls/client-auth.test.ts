import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClientAuthSettings } from '../../../src/config/settings.ts';
import { RouteTable } from '../../../src/routing/route-table.ts';
import { ClientAuth } from '../../../src/tls/client-auth.ts';

const RULES = { mode: 'require', identity: 'fingerprint', forward: false, caPem: 'ca', crlPem: null } as const;

function clientAuth(...given: Partial<ClientAuthSettings>[]): ClientAuth {
  return new ClientAuth(given.map((each) => ({ ...RULES, hosts: [], ...each }) as ClientAuthSettings));
}

test('no spelling of a host reaches a route past the policy of its wildcard', () => {
  const auth = clientAuth({ hosts: ['*.shop.test'] });
  const routes = new RouteTable([
    { host: '*.shop.test', path: null, pathPrefix: '/', expression: null, methods: [], conditions: null },
  ]);
  for (const host of [
    'a.shop.test',
    'A.SHOP.TEST.',
    'a.b.shop.test',
    '-a.shop.test',
    'a!.shop.test',
    'a..shop.test',
    '.shop.test',
    '%61.shop.test',
    `${'a'.repeat(64)}.shop.test`,
    `${'a.'.repeat(150)}shop.test`,
  ]) {
    assert.notEqual(routes.find('/', { method: 'GET', headers: { host }, query: '', geo: null }), undefined, host);
    assert.notEqual(auth.find(host), undefined, host);
  }
  assert.equal(auth.find('shop.test'), undefined);
  assert.equal(auth.find('othershop.test'), undefined);
  assert.equal(auth.find(undefined), undefined);
});

test('the exact name comes before wildcards, the longer one of those before the shorter', () => {
  const auth = clientAuth(
    { hosts: ['*.test'], caPem: 'any' },
    { hosts: ['*.shop.test'], caPem: 'shop' },
    { hosts: ['a.shop.test'], caPem: 'a' },
  );
  assert.deepEqual(
    ['a.shop.test', 'b.shop.test', 'c.b.shop.test', 'other.test'].map((host) => auth.find(host)?.caPem),
    ['a', 'shop', 'shop', 'any'],
  );
});

test('policies that make something else of a certificate have other keys: a connection for one does not serve the other', () => {
  const keys = [
    {},
    { forward: true },
    { identity: 'san' },
    { identity: 'none' },
    { mode: 'optional' },
    { caPem: 'b' },
  ].map((each) => clientAuth({ hosts: ['a.test'], ...each } as Partial<ClientAuthSettings>).find('a.test')!.key);
  assert.equal(new Set(keys).size, keys.length);
  assert.equal(clientAuth({ hosts: ['b.test'] }).find('b.test')!.key, keys[0]);
});
