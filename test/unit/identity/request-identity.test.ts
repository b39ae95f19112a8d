import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { ClientDirectory } from '../../../src/identity/client-directory.ts';
import { type IdentitySettings, RequestIdentity } from '../../../src/identity/request-identity.ts';
import { CidrMap, cidrSet } from '../../../src/net/cidr-map.ts';

const settings = (trusted: readonly string[]): IdentitySettings => ({
  rateLimit: { apiKeyHeader: 'x-api-key', clientIdHeader: 'x-client-id', ipv6Prefix: 64 },
  trustProxy: cidrSet(trusted),
  admission: new CidrMap(),
  isStated: { apiKey: false, clientId: false },
});

function start() {
  const live = { current: settings([]) };
  const directory = new ClientDirectory();
  const identity = new RequestIdentity(live, directory, {
    hash: (key) => ({ lo: key.length, hi: 0 }),
    isRegistered: () => false,
  });
  const connect = (remoteAddress: string) => ({ socket: { remoteAddress } as Socket }) as IncomingMessage;
  return { live, directory, connect, peerOf: (request: IncomingMessage) => identity.peerOf(request) };
}

test('what is known about an address is shared by its connections, and not by others', () => {
  const { connect, peerOf } = start();
  const one = peerOf(connect('192.0.2.1'));
  assert.equal(peerOf(connect('192.0.2.1')), one);
  assert.equal(peerOf(connect('::ffff:192.0.2.1')), one);
  const other = peerOf(connect('192.0.2.2'));
  assert.notEqual(other, one);
  assert.equal(other.key, 'ip:192.0.2.2');
});

test('it is found out again after a change of the settings or of the clients, on open connections, too', () => {
  const { live, directory, connect, peerOf } = start();
  const open = connect('192.0.2.1');
  assert.equal(peerOf(open).isTrusted, false);
  live.current = settings(['192.0.2.0/24']);
  assert.equal(peerOf(open).isTrusted, true);
  assert.equal(peerOf(connect('192.0.2.1')).isTrusted, true);
  const before = peerOf(open);
  directory.apply([{ op: 'put', key: '192.0.2.0/24', kind: 'cidr', apiKeyHash: null }]);
  assert.equal(peerOf(connect('192.0.2.1')).key, 'cidr:192.0.2.0/24');
  assert.notEqual(peerOf(open), before);
});

test('however many addresses come, the first is described as before', () => {
  const { connect, peerOf } = start();
  const first = peerOf(connect('192.0.2.1'));
  for (let at = 0; at < 3000; at += 1) peerOf(connect(`10.0.${at >> 8}.${at & 255}`));
  assert.deepEqual(peerOf(connect('192.0.2.1')), first);
});
