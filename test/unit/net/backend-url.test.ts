import assert from 'node:assert/strict';
import { test } from 'node:test';

import { canonicalBackendUrl, protocolMisfit, rejectBackendUrl, tlsServerName } from '../../../src/net/backend-url.ts';

test('http and https URLs with host, port and base path are backends', () => {
  for (const url of [
    'http://127.0.0.1:8081',
    'https://api.example.com',
    'http://h:1/base/path/',
    'HTTP://Example.COM:80',
    'http://[::1]:8080',
    'http://[2001:DB8::1]/x',
    'http://my_service:3000',
    'h2c://grpc.internal:50051',
    'H2C://[::1]:8080/base',
  ]) {
    assert.equal(rejectBackendUrl(url), undefined, url);
  }
});

test('anything but a plain http URL is refused', () => {
  for (const url of [
    '',
    'h',
    'localhost:8081',
    '//h',
    'ftp://h',
    'h2://h',
    'h2c:h',
    'h2c://',
    'h2c://h:0',
    'h2c://h:99999',
    'h2c://010.0.0.1',
    'h2c://127.1',
    'h2c://user@h',
    'h2c://h?',
    'file:///etc/passwd',
    'javascript://h',
    'http:h',
    'http://',
    'http:///h',
    'http:\\\\h',
    'http://h:99999',
    'http://h:0',
    'http://h:',
    'http://h:x',
    'http://h h',
    'http://h\n.example.com',
    'http://h?',
    'http://h/?a=1',
    'http://h/#x',
    'http://user:secret@h',
    'http://@h',
    'http://[::1',
    'http://[fe80::1%25eth0]',
    'http://010.0.0.1',
    'http://127.1',
    'http://0x7f000001',
    'http://2130706433',
    'http://256.1.1.1',
  ]) {
    assert.notEqual(rejectBackendUrl(url), undefined, url);
  }
});

test('a refusal never repeats what may be a password', () => {
  assert.doesNotMatch(rejectBackendUrl('http://user:hunter2@h')!, /hunter2/);
  assert.doesNotMatch(rejectBackendUrl('ftp://user:hunter2@h')!, /hunter2/);
});

test('two ways to write one backend become one', () => {
  assert.equal(canonicalBackendUrl('HTTP://Example.COM:80/'), 'http://example.com');
  assert.equal(canonicalBackendUrl('https://h:443/base//'), 'https://h/base');
  assert.equal(canonicalBackendUrl('http://h:8081/a/../b'), 'http://h:8081/b');
});

test('TLS uses the name in the URL, without its trailing dot; an address is not a server name', () => {
  const serverName = (url: string): string => tlsServerName(new URL(url).hostname);
  assert.equal(serverName('https://API.example.com:8443/base'), 'api.example.com');
  assert.equal(serverName('https://api.example.com.'), 'api.example.com');
  assert.equal(serverName('https://192.0.2.7'), '');
  assert.equal(serverName('https://[2001:db8::7]:8443'), '');
});

test('h2c is http in the canonical form, with the default port of http', () => {
  assert.equal(canonicalBackendUrl('H2C://Grpc.Internal:80/base/'), 'http://grpc.internal/base');
  assert.equal(canonicalBackendUrl('h2c://[2001:DB8::1]:50051'), 'http://[2001:db8::1]:50051');
});

test('a URL has to fit the protocol of its pool', () => {
  const misfits = (['http1', 'h2', 'h2c'] as const).map((protocol) =>
    ['http://h', 'https://h', 'h2c://h'].filter((url) => protocolMisfit(protocol, url) !== undefined),
  );
  assert.deepEqual(misfits, [['h2c://h'], ['http://h', 'h2c://h'], ['https://h']]);
});
