import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostName, isSameHost, isTrustedHost, offeredToken } from '../../../src/admin-access/admin-access.ts';

test('a Host header is cut down to its name', () => {
  const rows: [string | undefined, string | undefined][] = [
    ['localhost', 'localhost'],
    ['LocalHost:9000', 'localhost'],
    ['localhost.:9000', 'localhost'],
    ['127.0.0.1:9000', '127.0.0.1'],
    ['[::1]:9000', '::1'],
    ['[::1]', '::1'],
    ['gateway.internal:', 'gateway.internal'],
    ['', undefined],
    [undefined, undefined],
    ['::1', undefined],
    ['evil.example@localhost', undefined],
    ['localhost/evil.example', undefined],
    ['local host', undefined],
    ['localhost:port', undefined],
    ['[evil.example]', undefined],
  ];
  for (const [header, name] of rows) assert.equal(hostName(header), name, String(header));
});

test('loopback names are trusted wherever we listen', () => {
  const policy = { host: '10.0.0.5', allowedHosts: [] };
  for (const name of ['localhost', '127.0.0.1', '127.1.2.3', '::1', '0:0:0:0:0:0:0:1', '::ffff:127.0.0.1']) {
    assert.ok(isTrustedHost(name, policy), name);
  }
});

test('the listening address and the allowed hosts are trusted, other names and addresses are not', () => {
  const policy = { host: '10.0.0.5', allowedHosts: ['Gateway.Internal', '[fd00::5]'] };
  for (const name of ['10.0.0.5', 'gateway.internal', 'fd00::5', 'fd00:0::5']) {
    assert.ok(isTrustedHost(name, policy), name);
  }
  for (const name of [
    '10.0.0.6',
    'evil.example',
    'localhost.evil.example',
    'gateway.internal.evil.example',
    undefined,
  ]) {
    assert.ok(!isTrustedHost(name, policy), String(name));
  }
});

test('listening on all addresses, any IP literal is trusted, and still no unknown name', () => {
  for (const host of ['0.0.0.0', '::', '']) {
    const policy = { host, allowedHosts: [] };
    assert.ok(isTrustedHost('192.0.2.7', policy));
    assert.ok(isTrustedHost('2001:db8::7', policy));
    assert.ok(!isTrustedHost('evil.example', policy));
    assert.ok(!isTrustedHost('192.0.2.7.evil.example', policy));
  }
});

test('an origin is the same host when name and port are, whatever the scheme', () => {
  const rows: [string, string | undefined, boolean][] = [
    ['http://localhost:9000', 'localhost:9000', true],
    ['https://gateway.internal', 'gateway.internal', true],
    ['https://gateway.internal', 'gateway.internal:443', true],
    ['http://gateway.internal', 'GATEWAY.internal:80', true],
    ['http://[::1]:9000', '[::1]:9000', true],
    ['http://localhost:3000', 'localhost:9000', false],
    ['http://127.0.0.1:9000', 'localhost:9000', false],
    ['http://evil.example', 'localhost:9000', false],
    ['null', 'localhost:9000', false],
    ['null', undefined, false],
    ['file://', '', false],
    ['http://localhost:9000', undefined, false],
    ['', '', false],
  ];
  for (const [origin, host, same] of rows) assert.equal(isSameHost(origin, host), same, `${origin} at ${host}`);
});

test('a token comes from the Authorization header, in any case of the scheme', () => {
  assert.equal(offeredToken({ authorization: 'Bearer abc' }), 'abc');
  assert.equal(offeredToken({ authorization: 'bearer   a b=' }), 'a b=');
  assert.equal(offeredToken({ authorization: 'Basic abc' }), undefined);
  assert.equal(offeredToken({ authorization: 'Bearer ' }), undefined);
  assert.equal(offeredToken({}), undefined);
});

test('a subprotocol carries a token for an upgrade only', () => {
  const protocol = { 'sec-websocket-protocol': 'sluice.metrics.v1,sluice.bearer.w6QgYg' };
  assert.equal(offeredToken({ ...protocol, upgrade: 'websocket' }), 'ä b');
  assert.equal(offeredToken(protocol), undefined);
  assert.equal(offeredToken({ upgrade: 'websocket', 'sec-websocket-protocol': 'sluice.metrics.v1' }), undefined);
});
