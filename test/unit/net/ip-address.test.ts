import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  anonymousKey,
  contains,
  formatAddress,
  formatCidr,
  parseAddress,
  parseCidr,
} from '../../../src/net/ip-address.ts';

/** The canonical text of an address that must be valid. */
function canonical(text: string): string {
  const address = parseAddress(text);
  assert.ok(address, `${text} is an address`);
  return formatAddress(address);
}

for (const text of ['0.0.0.0', '1.2.3.4', '255.255.255.255', '10.0.0.10']) {
  test(`${text} is an IPv4 address and its own canonical text`, () => {
    assert.equal(parseAddress(text)?.family, 4);
    assert.equal(canonical(text), text);
  });
}

test('the words of an address are unsigned', () => {
  assert.deepEqual(parseAddress('255.255.255.255')?.words, [0xffffffff]);
  assert.deepEqual(parseAddress('ffff::8000:0')?.words, [0xffff0000, 0, 0, 0x80000000]);
});

const notAddresses = [
  ['', 'nothing'],
  ['1.2.3', 'three parts'],
  ['1.2.3.4.5', 'five parts'],
  ['1.2.3.', 'an empty part'],
  ['1.2.3.256', 'a part above 255'],
  ['1.2.3.1000', 'a part of four digits'],
  ['010.0.0.1', 'a leading zero, octal to some programs'],
  ['1.2.3.00', 'two zeros'],
  ['0x7f.0.0.1', 'hexadecimal'],
  ['2130706433', 'one number'],
  ['1.2.3.-4', 'a sign'],
  ['1.2.3.4 ', 'a space'],
  [' 1.2.3.4', 'a space in front'],
  ['1.2.3.4\n', 'a line break'],
  ['1.2.3.٤', 'a digit that is not ASCII'],
  ['localhost', 'a name'],
  [':', 'one colon'],
  [':::', 'three colons'],
  ['1:2:3:4:5:6:7', 'seven groups'],
  ['1:2:3:4:5:6:7:8:9', 'nine groups'],
  ['1:2:3:4:5:6:7:8::', 'eight groups and a gap'],
  ['::1:2:3:4:5:6:7:8', 'a gap and eight groups'],
  ['1::2::3', 'two gaps'],
  [':1::2', 'one colon in front'],
  ['1::2:', 'one colon behind'],
  ['12345::', 'a group of five digits'],
  ['g::', 'a digit that is not hexadecimal'],
  ['fe80::1%eth0', 'a zone'],
  ['[::1]', 'brackets'],
  ['::1.2.3', 'three parts of IPv4 inside'],
  ['::01.2.3.4', 'a leading zero in the IPv4 part'],
  ['1.2.3.4::', 'IPv4 in front'],
  ['::1.2.3.4:5', 'IPv4 in the middle'],
  ['1:2:3:4:5:6:7:1.2.3.4', 'seven groups and IPv4'],
] as const;
for (const [text, why] of notAddresses) {
  test(`${JSON.stringify(text)} is no address: ${why}`, () => assert.equal(parseAddress(text), undefined));
}

const canonicals = [
  ['::', '::'],
  ['0:0:0:0:0:0:0:0', '::'],
  ['::1', '::1'],
  ['1::', '1::'],
  ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
  ['2001:0db8::0001', '2001:db8::1'],
  ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
  ['2001:db8::1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
  ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
  ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
  ['1:2:3:4:5:6:0:0', '1:2:3:4:5:6::'],
  ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
  ['::1.2.3.4', '::102:304'],
] as const;
for (const [text, shortest] of canonicals) {
  test(`${text} is written ${shortest} (RFC 5952)`, () => {
    assert.equal(parseAddress(text)?.family, 6);
    assert.equal(canonical(text), shortest);
    assert.equal(canonical(shortest), shortest);
  });
}

for (const text of ['::ffff:1.2.3.4', '::FFFF:102:304', '0:0:0:0:0:ffff:1.2.3.4']) {
  test(`${text} is the IPv4 address 1.2.3.4`, () => {
    assert.equal(parseAddress(text)?.family, 4);
    assert.equal(canonical(text), '1.2.3.4');
  });
}

const cidrs = [
  ['10.1.2.3', '10.1.2.3/32'],
  ['10.1.2.3/32', '10.1.2.3/32'],
  ['10.1.2.3/31', '10.1.2.2/31'],
  ['10.1.2.3/8', '10.0.0.0/8'],
  ['255.255.255.255/1', '128.0.0.0/1'],
  ['10.1.2.3/0', '0.0.0.0/0'],
  ['::1', '::1/128'],
  ['2001:db8:ffff::1/32', '2001:db8::/32'],
  ['2001:db8:ffff::1/33', '2001:db8:8000::/33'],
  ['::1/0', '::/0'],
  ['::ffff:10.1.2.3/104', '10.0.0.0/8'],
  ['::ffff:10.1.2.3', '10.1.2.3/32'],
  ['::ffff:0:0/96', '0.0.0.0/0'],
] as const;
for (const [text, block] of cidrs) {
  test(`${text} is the block ${block}`, () => {
    const cidr = parseCidr(text);
    assert.ok(cidr);
    assert.equal(formatCidr(cidr), block);
  });
}

for (const text of [
  '',
  '/8',
  '10.0.0.0/',
  '10.0.0.0/33',
  '10.0.0.0/-1',
  '10.0.0.0/08',
  '10.0.0.0/8 ',
  '10.0.0.0/8/8',
  '10.0.0.0/255.0.0.0',
  '10/8',
  '::/129',
  '::/1000',
  '::ffff:10.0.0.0/95',
  'any',
]) {
  test(`${JSON.stringify(text)} is no block`, () => assert.equal(parseCidr(text), undefined));
}

test('a block contains its first and its last address and neither neighbour', () => {
  const block = parseCidr('10.1.2.0/23')!;
  const isIn = (text: string): boolean => contains(block, parseAddress(text)!);
  assert.equal(isIn('10.1.1.255'), false);
  assert.equal(isIn('10.1.2.0'), true);
  assert.equal(isIn('10.1.3.255'), true);
  assert.equal(isIn('10.1.4.0'), false);
});

test('a prefix may end inside any of the four words of an IPv6 address', () => {
  const block = parseCidr('2001:db8:1:2:8000::/65')!;
  const isIn = (text: string): boolean => contains(block, parseAddress(text)!);
  assert.equal(isIn('2001:db8:1:2:7fff:ffff:ffff:ffff'), false);
  assert.equal(isIn('2001:db8:1:2:8000::'), true);
  assert.equal(isIn('2001:db8:1:2:ffff:ffff:ffff:ffff'), true);
  assert.equal(isIn('2001:db8:1:3:8000::'), false);
});

test('a block of one family contains no address of the other, not even a block of everything', () => {
  assert.equal(contains(parseCidr('::/0')!, parseAddress('1.2.3.4')!), false);
  assert.equal(contains(parseCidr('0.0.0.0/0')!, parseAddress('::1')!), false);
  assert.equal(contains(parseCidr('0.0.0.0/0')!, parseAddress('::ffff:1.2.3.4')!), true);
});

test('an anonymous IPv4 client is its address, an IPv6 client its /64', () => {
  assert.equal(anonymousKey(parseAddress('::ffff:192.0.2.1')!, 64), '192.0.2.1');
  assert.equal(anonymousKey(parseAddress('2001:db8:1:2:ffff::1')!, 64), '2001:db8:1:2::/64');
  assert.equal(anonymousKey(parseAddress('2001:db8:1:2::')!, 64), '2001:db8:1:2::/64');
  assert.equal(anonymousKey(parseAddress('2001:db8:1:3::')!, 64), '2001:db8:1:3::/64');
});
