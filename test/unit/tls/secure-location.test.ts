import assert from 'node:assert/strict';
import { test } from 'node:test';
import { secureLocation } from '../../../src/tls/secure-location.ts';

const isServed = (name: string): boolean => ['shop.test', '::1'].includes(name);

for (const [why, host, plain, tls, location] of [
  ['ports are mapped from 80 and 443', 'shop.test', 8080, 8443, 'https://shop.test/x'],
  ['they are mapped from others', 'shop.test:8888', 8080, 8443, 'https://shop.test/x'],
  ['they are not mapped', 'shop.test:8080', 8080, 8443, 'https://shop.test:8443/x'],
  ['they are not mapped, and are 80 and 443', 'shop.test', 80, 443, 'https://shop.test/x'],
  ['they are not mapped, and the plain one is 80', 'shop.test', 80, 8443, 'https://shop.test:8443/x'],
  ['the port is empty', 'shop.test:', 8080, 8443, 'https://shop.test/x'],
  ['an address of version 6', '[::1]:8080', 8080, 8443, 'https://[::1]:8443/x'],
  ['an address of version 6 without a port', '[::1]', 8080, 8443, 'https://[::1]/x'],
] as const) {
  test(`auto: ${why}`, () => {
    assert.equal(secureLocation(host, '/x', { wanted: 'auto', plain, tls }, isServed), location);
  });
}

test('the configured port is the one, however the client came', () => {
  for (const host of ['shop.test', 'shop.test:8080']) {
    assert.equal(secureLocation(host, '/', { wanted: 443, plain: 8080, tls: 8443 }, isServed), 'https://shop.test/');
    assert.equal(
      secureLocation(host, '/', { wanted: 9443, plain: 8080, tls: 8443 }, isServed),
      'https://shop.test:9443/',
    );
  }
});

test('other names are never repeated', () => {
  for (const host of [undefined, '', ':8080', 'other.test', 'other.test:8080']) {
    assert.equal(secureLocation(host, '/', { wanted: 'auto', plain: 8080, tls: 8443 }, isServed), null);
  }
});
