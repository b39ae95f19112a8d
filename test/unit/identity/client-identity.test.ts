import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hashApiKey } from '../../../src/identity/api-key.ts';
import { CidrMap, cidrSet } from '../../../src/net/cidr-map.ts';
import {
  addressKey,
  bucketKey,
  callerAddress,
  credentialKey,
  type KnownClients,
} from '../../../src/identity/client-identity.ts';
import { formatAddress, parseAddress, parseCidr } from '../../../src/net/ip-address.ts';

const address = (text: string) => parseAddress(text)!;

/** Registered: the key `secret` of client id `owner`, id `mobile`, address 10.1.2.3, blocks 10.1.0.0/16 and 2001:db8::/48. */
function knownClients(hasApiKeys = true): KnownClients {
  const blocks = new CidrMap<string>();
  for (const block of ['10.1.0.0/16', '2001:db8::/48']) blocks.set(parseCidr(block)!, bucketKey('cidr', block));
  const registered = new Set(['id:owner', 'id:mobile', 'ip:10.1.2.3', 'ip:2001:db8::7']);
  return {
    ipv6Prefix: 64,
    hasApiKeys,
    byApiKeyHash: (hash) => (hash === hashApiKey('secret') ? 'id:owner' : undefined),
    needsApiKey: (key) => hasApiKeys && key === 'id:owner',
    blocks,
    isRegistered: (key) => registered.has(key),
  };
}

describe('by credentials', () => {
  it('an API key comes before a client id', () => {
    assert.equal(credentialKey('secret', 'mobile', knownClients()), 'id:owner');
  });

  it('an unknown API key falls back to the client id', () => {
    assert.equal(credentialKey('wrong', 'mobile', knownClients()), 'id:mobile');
    assert.equal(credentialKey('', 'mobile', knownClients()), 'id:mobile');
  });

  it('an API key is not even hashed while no client has one', () => {
    assert.equal(credentialKey('secret', undefined, knownClients(false)), undefined);
  });

  it('a registered client id names its bucket', () => {
    assert.equal(credentialKey(undefined, 'mobile', knownClients()), 'id:mobile');
  });

  it('a client id is no identity if its client has an API key: the key is required, with or without the id', () => {
    assert.equal(credentialKey(undefined, 'owner', knownClients()), undefined);
    assert.equal(credentialKey('wrong', 'owner', knownClients()), undefined);
    assert.equal(credentialKey('secret', 'owner', knownClients()), 'id:owner');
    assert.equal(credentialKey('secret', undefined, knownClients()), 'id:owner');
  });

  it('a client id identifies its client again once the API key is removed', () => {
    assert.equal(credentialKey(undefined, 'owner', knownClients(false)), 'id:owner');
  });

  it('an unregistered client id is no identity', () => {
    assert.equal(credentialKey(undefined, 'made-up', knownClients()), undefined);
    assert.equal(credentialKey(undefined, '', knownClients()), undefined);
  });

  it('a client id cannot name the bucket of an address', () => {
    assert.equal(credentialKey(undefined, '10.1.2.3', knownClients()), undefined);
    assert.equal(credentialKey(undefined, 'ip:10.1.2.3', knownClients()), undefined);
  });

  it('a client id is at most 128 characters long', () => {
    const everybody: KnownClients = { ...knownClients(), isRegistered: () => true };
    assert.equal(credentialKey(undefined, 'x'.repeat(128), everybody), `id:${'x'.repeat(128)}`);
    assert.equal(credentialKey(undefined, 'x'.repeat(129), everybody), undefined);
  });

  it('a verified certificate identifies, registered or not, after an API key and before a client id', () => {
    assert.equal(credentialKey(undefined, undefined, knownClients(), 'cert:a.test'), 'id:cert:a.test');
    assert.equal(credentialKey(undefined, 'mobile', knownClients(), 'cert:a.test'), 'id:cert:a.test');
    assert.equal(credentialKey('secret', undefined, knownClients(), 'cert:a.test'), 'id:owner');
  });

  it('a client id cannot claim a certificate', () => {
    const everybody: KnownClients = { ...knownClients(), isRegistered: () => true };
    assert.equal(credentialKey(undefined, 'cert:a.test', everybody), undefined);
  });

  it('no credentials are no identity', () => {
    assert.equal(credentialKey(undefined, undefined, knownClients()), undefined);
  });

  it('the hash of an API key is SHA-256 in hex', () => {
    assert.equal(hashApiKey('abc'), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });
});

describe('by address', () => {
  it('a registered address comes before its block', () => {
    assert.equal(addressKey(address('10.1.2.3'), knownClients()), 'ip:10.1.2.3');
    assert.equal(addressKey(address('2001:db8::7'), knownClients()), 'ip:2001:db8::7');
  });

  it('a block comes before the anonymous bucket', () => {
    assert.equal(addressKey(address('10.1.2.4'), knownClients()), 'cidr:10.1.0.0/16');
    assert.equal(addressKey(address('2001:db8::8'), knownClients()), 'cidr:2001:db8::/48');
  });

  it('everybody else is anonymous: an IPv4 address, an IPv6 /64', () => {
    assert.equal(addressKey(address('10.2.0.1'), knownClients()), 'ip:10.2.0.1');
    assert.equal(addressKey(address('2001:db9::1'), knownClients()), 'ip:2001:db9::/64');
  });

  it('by a prefix of its own, IPv6 callers are distinguished as configured', () => {
    const keyBy = (ipv6Prefix: number): string =>
      addressKey(address('2001:db9:1:2:3::1'), { ...knownClients(), ipv6Prefix });
    assert.equal(keyBy(48), 'ip:2001:db9:1::/48');
    assert.equal(keyBy(56), 'ip:2001:db9:1::/56');
    assert.equal(keyBy(128), 'ip:2001:db9:1:2:3::1');
    assert.equal(addressKey(address('10.2.0.1'), { ...knownClients(), ipv6Prefix: 48 }), 'ip:10.2.0.1');
  });

  it('an IPv4 caller on an IPv6 socket is the same client', () => {
    assert.equal(addressKey(address('::ffff:10.1.2.3'), knownClients()), 'ip:10.1.2.3');
  });
});

describe('the caller behind proxies', () => {
  const trusted = cidrSet(['10.0.0.0/8', '2001:db8:ffff::/48']);
  const caller = (peer: string, forwardedFor: string | undefined): string =>
    formatAddress(callerAddress(address(peer), forwardedFor, trusted));

  it('is the peer when nobody forwarded', () => assert.equal(caller('10.0.0.1', undefined), '10.0.0.1'));

  it('is the peer when the peer is not trusted, whatever it claims', () => {
    assert.equal(caller('203.0.113.9', '198.51.100.1'), '203.0.113.9');
    assert.equal(caller('203.0.113.9', '198.51.100.1, 10.0.0.1'), '203.0.113.9');
  });

  it('is what a trusted peer says', () => assert.equal(caller('10.0.0.1', '198.51.100.1'), '198.51.100.1'));

  it('is the last address that is no trusted proxy', () => {
    assert.equal(caller('10.0.0.1', '198.51.100.1, 10.0.0.3, 10.0.0.2'), '198.51.100.1');
  });

  it('is not the made-up address to the left of it', () => {
    assert.equal(caller('10.0.0.1', '127.0.0.1, 198.51.100.1'), '198.51.100.1');
    assert.equal(caller('10.0.0.1', '10.9.9.9, 127.0.0.1, 198.51.100.1, 10.0.0.2'), '198.51.100.1');
  });

  it('is the furthest proxy when all are trusted', () => {
    assert.equal(caller('10.0.0.1', '10.0.0.4, 10.0.0.3'), '10.0.0.4');
  });

  it('is the last proxy before something that is no address', () => {
    assert.equal(caller('10.0.0.1', 'unknown'), '10.0.0.1');
    assert.equal(caller('10.0.0.1', '198.51.100.1, _hidden, 10.0.0.2'), '10.0.0.2');
    assert.equal(caller('10.0.0.1', '198.51.100.1, 1.2.3.4.5'), '10.0.0.1');
    assert.equal(caller('10.0.0.1', '198.51.100.1, 010.0.0.1'), '10.0.0.1');
  });

  for (const [hop, expected] of [
    ['198.51.100.1:1234', '198.51.100.1'],
    ['2001:db8::1', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['[2001:db8::1]:1234', '2001:db8::1'],
    ['::ffff:198.51.100.1', '198.51.100.1'],
    [' \t198.51.100.1 ', '198.51.100.1'],
  ] as const) {
    it(`is ${expected} when the proxy writes ${JSON.stringify(hop)}`, () => {
      assert.equal(caller('10.0.0.1', hop), expected);
      assert.equal(caller('2001:db8:ffff::1', `1.1.1.1,${hop}`), expected);
    });
  }

  for (const hop of [
    '[198.51.100.12',
    '[198.51.100.1]x',
    '[198.51.100.1]:',
    '[2001:db8::1]:x',
    '[198.51.100.1]',
    '[]',
  ]) {
    it(`is not read out of the malformed ${hop}`, () => assert.equal(caller('10.0.0.1', hop), '10.0.0.1'));
  }

  it('is not hidden by empty elements of the list (RFC 9110, 5.6.1)', () => {
    assert.equal(caller('10.0.0.1', '198.51.100.1,'), '198.51.100.1');
    assert.equal(caller('10.0.0.1', '198.51.100.1, , 10.0.0.2'), '198.51.100.1');
    assert.equal(caller('10.0.0.1', ''), '10.0.0.1');
  });
});
