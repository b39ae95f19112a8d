import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeyedLimit } from '../../../src/policies/keyed-limit.ts';
import type { DescribedRequest } from '../../../src/policies/request-values.ts';
import { routeSettings } from '../../support/route-settings.ts';

function keyOf(template: string, headers: Readonly<Record<string, string>>, claims: DescribedRequest['claims'] = null) {
  const limit = KeyedLimit.of(routeSettings({ rate_limit: { client: { limit: 5, size: '1s', key: template } } }))!;
  const request = { response: { req: { headers } }, client: 'ip:10.0.0.1', claims } as unknown as DescribedRequest;
  return limit.keyOf(request);
}

test('a key is made of claims and fields', () => {
  assert.equal(keyOf('{jwt.sub}', {}, { sub: 'ann' }), 'key ann');
  assert.equal(keyOf('{header.X-Tenant}/{jwt.sub}', { 'x-tenant': 't' }, { sub: 7 }), 'key t/7');
});

test('without one of its parts, a request counts as its client’s', () => {
  assert.equal(keyOf('{header.x-tenant}/{jwt.sub}', { 'x-tenant': 't' }), 'client ip:10.0.0.1');
  assert.equal(keyOf('{header.x-tenant}', { 'x-tenant': '' }), 'client ip:10.0.0.1');
});

test('no key can be taken for a client’s, and none is long or has other characters', () => {
  for (const value of ['client ip:10.0.0.1', 'a\nb', 'x'.repeat(129), 'caf\xe9']) {
    assert.match(keyOf('{header.x-tenant}', { 'x-tenant': value }), /^hash [\w-]{43}$/);
  }
  assert.equal(keyOf('{header.x-tenant}', { 'x-tenant': 'x'.repeat(128) }), `key ${'x'.repeat(128)}`);
});

test('a route without a key has none', () => {
  assert.equal(KeyedLimit.of(routeSettings({ rate_limit: { client: { limit: 5, size: '1s' } } })), null);
  assert.equal(KeyedLimit.of(routeSettings()), null);
});
