import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatAddress } from '../../../src/net/ip-address.ts';
import { parseProxyHeader } from '../../../src/net/proxy-protocol.ts';
import type { ProxyVersions } from '../../../src/net/core/net-vocabulary.ts';
import { proxyV2, v4Payload } from '../../support/proxy-header.ts';

/** The address, `own` for the sender's own, or what is wrong. */
function read(bytes: Buffer | string, versions: ProxyVersions = 'any'): string {
  const header = parseProxyHeader(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes, versions);
  if (header.state === 'incomplete') return 'incomplete';
  if (header.state === 'malformed') return header.why;
  return header.source === null ? 'own' : formatAddress(header.source);
}

const V1 = 'PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\n';
const V2 = proxyV2(0x21, 0x11, v4Payload([192, 0, 2, 1]));

test('both versions give the source address, and the length of the header alone', () => {
  for (const header of [Buffer.from(V1), V2]) {
    assert.equal(read(header), '192.0.2.1');
    const more = parseProxyHeader(Buffer.concat([header, Buffer.from('GET / HTTP/1.1\r\n')]), 'any');
    assert.ok(more.state === 'complete');
    assert.equal(more.length, header.length);
  }
});

test('every beginning of a header is incomplete, down to no byte at all', () => {
  for (const header of [Buffer.from(V1), V2]) {
    for (let length = 0; length < header.length; length += 1) {
      assert.equal(read(header.subarray(0, length)), 'incomplete', `${length} bytes`);
    }
  }
});

test('only the versions that are allowed are taken', () => {
  assert.equal(read(V1, 'v1'), '192.0.2.1');
  assert.equal(read(V2, 'v2'), '192.0.2.1');
  assert.equal(read(V1, 'v2'), 'no PROXY protocol header');
  assert.equal(read(V2, 'v1'), 'no PROXY protocol header');
});

test('IPv6 is parsed in both versions, and an embedded IPv4 address is that address', () => {
  assert.equal(read('PROXY TCP6 2001:DB8::1 2001:db8::2 1 2\r\n'), '2001:db8::1');
  assert.equal(read('PROXY TCP6 ::ffff:192.0.2.1 ::1 1 2\r\n'), '192.0.2.1');
  const addresses = Buffer.alloc(36);
  addresses.set([0x20, 0x01, 0x0d, 0xb8]);
  addresses[15] = 7;
  assert.equal(read(proxyV2(0x21, 0x21, addresses)), '2001:db8::7');
  const mapped = Buffer.alloc(36);
  mapped.set([0xff, 0xff, 192, 0, 2, 1], 10);
  assert.equal(read(proxyV2(0x21, 0x21, mapped)), '192.0.2.1');
});

test('TLVs are skipped', () => {
  const payload = Buffer.concat([v4Payload([192, 0, 2, 1]), Buffer.from([0x04, 0, 3, 1, 2, 3])]);
  assert.equal(read(proxyV2(0x21, 0x11, payload)), '192.0.2.1');
});

test('a sender without a client keeps its own address: UNKNOWN, LOCAL, UNSPEC, UNIX, UDP', () => {
  assert.equal(read('PROXY UNKNOWN\r\n'), 'own');
  assert.equal(read('PROXY UNKNOWN whatever it says\r\n'), 'own');
  assert.equal(read(proxyV2(0x20, 0x00)), 'own');
  assert.equal(read(proxyV2(0x20, 0x11, v4Payload([192, 0, 2, 1]))), 'own');
  assert.equal(read(proxyV2(0x21, 0x00)), 'own');
  assert.equal(read(proxyV2(0x21, 0x31, Buffer.alloc(216))), 'own');
  assert.equal(read(proxyV2(0x21, 0x12, v4Payload([192, 0, 2, 1]))), 'own');
});

const MALFORMED: readonly (readonly [claim: string, bytes: Buffer | string])[] = [
  ['plain HTTP', 'GET / HTTP/1.1\r\n'],
  ['another first byte', 'X'],
  ['lower case', 'proxy TCP4 192.0.2.1 192.0.2.2 1 2\r\n'],
  ['two spaces', 'PROXY  TCP4 192.0.2.1 192.0.2.2 1 2\r\n'],
  ['a space at the end', 'PROXY TCP4 192.0.2.1 192.0.2.2 1 2 \r\n'],
  ['a bare newline', `PROXY TCP4 192.0.2.1 192.0.2.2 1 2\n${'x'.repeat(107)}`],
  ['a leading zero in an address', 'PROXY TCP4 192.0.02.1 192.0.2.2 1 2\r\n'],
  ['a leading zero in a port', 'PROXY TCP4 192.0.2.1 192.0.2.2 01 2\r\n'],
  ['a port above 65535', 'PROXY TCP4 192.0.2.1 192.0.2.2 65536 2\r\n'],
  ['IPv6 named TCP4', 'PROXY TCP4 ::1 ::1 1 2\r\n'],
  ['IPv4 named TCP6', 'PROXY TCP6 192.0.2.1 192.0.2.2 1 2\r\n'],
  ['an address with a zone', 'PROXY TCP6 fe80::1%eth0 ::1 1 2\r\n'],
  ['UNKNOWN and more without a space', 'PROXY UNKNOWNS\r\n'],
  ['a line that never ends', `PROXY UNKNOWN ${'x'.repeat(200)}`],
  ['an end behind the 107th byte', `PROXY UNKNOWN ${'x'.repeat(92)}\r\n`],
  ['another version', proxyV2(0x31, 0x11, v4Payload([192, 0, 2, 1]))],
  ['an unknown command', proxyV2(0x22, 0x11, v4Payload([192, 0, 2, 1]))],
  ['an unknown family', proxyV2(0x21, 0x41, v4Payload([192, 0, 2, 1]))],
  ['an unknown transport', proxyV2(0x21, 0x13, v4Payload([192, 0, 2, 1]))],
  ['addresses cut short', proxyV2(0x21, 0x11, Buffer.alloc(11))],
  ['IPv6 with the room of IPv4', proxyV2(0x21, 0x21, Buffer.alloc(12))],
  ['more than 16 KiB', proxyV2(0x21, 0x11, Buffer.alloc(16_385))],
];

for (const [claim, bytes] of MALFORMED) {
  test(`${claim} is no PROXY header`, () => {
    const header = parseProxyHeader(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes, 'any');
    assert.equal(header.state, 'malformed');
  });
}
