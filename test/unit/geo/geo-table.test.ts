/** The table of locations: the longest prefix wins, whatever the nesting, the order and the family. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../../src/core/random.ts';
import { GeoTable } from '../../../src/geo/geo-table.ts';
import { GeoTableError, readGeoTable } from '../../../src/geo/read-geo-table.ts';
import {
  type Cidr,
  contains,
  formatAddress,
  formatCidr,
  type IpAddress,
  parseAddress,
  parseCidr,
} from '../../../src/net/ip-address.ts';

function tableOf(...lines: readonly string[]): GeoTable<string> {
  return new GeoTable(readGeoTable(Buffer.from(lines.join('\n'))), (name) => name);
}

const find = (table: GeoTable<string>, address: string): string | null => table.find(parseAddress(address)!);

test('the smallest block that contains an address decides, in whatever order the blocks come', () => {
  const lines = [
    '10.0.0.0/8 A',
    '10.1.0.0/16 B',
    '10.1.2.0/24 C',
    '10.1.2.3 D',
    '0.0.0.0/0 W',
    '2001:db8::/32 E',
    '::/0 X',
  ];
  for (const table of [tableOf(...lines), tableOf(...lines.toReversed())]) {
    assert.deepEqual(
      [
        '9.255.255.255',
        '10.0.0.0',
        '10.1.0.0',
        '10.1.1.255',
        '10.1.2.2',
        '10.1.2.3',
        '10.1.2.4',
        '10.1.3.0',
        '10.2.0.0',
        '11.0.0.0',
      ].map((address) => find(table, address)),
      ['W', 'A', 'B', 'B', 'C', 'D', 'C', 'B', 'A', 'W'],
    );
    assert.equal(find(table, '255.255.255.255'), 'W');
    assert.equal(find(table, '2001:db7:ffff:ffff:ffff:ffff:ffff:ffff'), 'X');
    assert.equal(find(table, '2001:db8::'), 'E');
    assert.equal(find(table, '2001:db9::'), 'X');
    assert.equal(find(table, '::ffff:10.1.2.3'), 'D', 'an IPv4 address in IPv6 is that IPv4 address');
  }
});

test('addresses in no block, and an empty table, have no location', () => {
  assert.equal(find(tableOf(''), '10.0.0.1'), null);
  assert.equal(find(tableOf('10.0.0.2/31 A'), '10.0.0.1'), null);
  assert.equal(find(tableOf('10.0.0.2/31 A'), '10.0.0.4'), null);
  assert.equal(find(tableOf('255.255.255.255 A'), '255.255.255.255'), 'A');
  assert.equal(find(tableOf('::/0 A'), '1.2.3.4'), null);
});

/** Addresses in a small corner, so that blocks nest, touch and repeat; also the very first and the very last ones. */
function corner(family: 4 | 6, random: () => number): IpAddress {
  const edge = random() < 0.3 ? 0xffffffff : 0;
  const last = (edge === 0 ? 0 : 0xffffff00) + Math.floor(random() * 256);
  if (family === 4) return { family, words: [last] };
  const third = (edge === 0 ? 0 : 0xfffffffe) + Math.floor(random() * 2);
  return { family, words: [edge, edge, third, random() < 0.5 ? last : edge === 0 ? 0 : 0xffffffff] };
}

test('finds what a search through all blocks finds', () => {
  const random = seededRandom(7);
  for (let round = 0; round < 300; round += 1) {
    const blocks = new Map<string, { readonly cidr: Cidr; readonly location: string }>();
    for (let count = Math.floor(random() * 30); count > 0; count -= 1) {
      const family = random() < 0.5 ? 4 : 6;
      const longest = family === 4 ? 32 : 128;
      const short = random() < 0.2 ? Math.floor(random() * (longest + 1)) : longest - Math.floor(random() * 9);
      const cidr = parseCidr(`${formatAddress(corner(family, random))}/${short}`)!;
      blocks.set(formatCidr(cidr), { cidr, location: `L${Math.floor(random() * 4)}` });
    }
    const lines = [...blocks].map(([text, { location }]) => `${text} ${location}`);
    if (random() < 0.5) lines.sort();
    const table = tableOf(...lines);
    for (let probe = 0; probe < 60; probe += 1) {
      const address = corner(random() < 0.5 ? 4 : 6, random);
      const around = [...blocks.values()].filter(({ cidr }) => contains(cidr, address));
      const smallest = around.toSorted((one, other) => other.cidr.prefix - one.cidr.prefix)[0];
      assert.equal(
        table.find(address),
        smallest?.location ?? null,
        `${formatAddress(address)} of\n${lines.join('\n')}`,
      );
    }
  }
});

test('neighbours and nested blocks of one location take one range', () => {
  const { v4, blocks } = readGeoTable(Buffer.from('10.0.0.0/25 A\n10.0.0.128/25 A\n10.0.0.7 A\n10.0.1.0/24 A\n'));
  assert.equal(blocks, 4);
  assert.deepEqual([...new Uint32Array(v4.starts)], [0x0a000000, 0x0a000200]);
  assert.deepEqual([...new Uint16Array(v4.values)], [1, 0]);
});

test('comments, empty lines, tabs and both line ends are fine', () => {
  const table = tableOf('# locations', '', '10.0.0.0/8\tDE  # head office\r', '  2001:db8::/32   EU/AT', '\r');
  assert.equal(find(table, '10.0.0.1'), 'DE');
  assert.equal(find(table, '2001:db8::1'), 'EU/AT');
});

test('every mistake is reported with its line, and of many the first five', () => {
  const fault = (...lines: readonly string[]): string => {
    try {
      tableOf(...lines);
      return '';
    } catch (error) {
      assert.ok(error instanceof GeoTableError);
      return error.message;
    }
  };
  assert.equal(
    fault('10.0.0.0/8 DE', '10.0.0.0/33 DE', '', '10.0.0.1', '::1 New York', '10.0.0.x AT # no'),
    [
      'line 2: "10.0.0.0/33" is neither an address nor a block such as 192.0.2.0/24',
      'line 4: "10.0.0.1" has no location after the block, as in "192.0.2.0/24 DE"',
      'line 5: "New York" is no location: 1 to 64 letters, digits and the characters . _ : / + -, the first a letter or digit',
      'line 6: "10.0.0.x" is neither an address nor a block such as 192.0.2.0/24',
    ].join('; '),
  );
  assert.match(fault(...Array<string>(9).fill('x')), /^line 1: [^]*line 5: [^;]*; and more$/);
  assert.match(fault('Zürich x\x00'), /"Z\?+rich"/);
  assert.equal(
    fault('10.0.0.0/8 DE', '10.1.0.0/16 DE', '10.255.0.0/8 AT'),
    'line 3: line 1 has the same block with another location',
  );
  assert.equal(fault('10.0.0.0/8 DE', '10.255.0.0/8 DE'), '');
});

test('a table has at most 65,535 locations', () => {
  const lines = Array.from({ length: 65_536 }, (_, at) => `10.${at >> 8}.${at & 255}.0/24 L${at}`);
  assert.equal(find(tableOf(...lines.slice(0, -1)), '10.255.254.1'), 'L65534');
  assert.throws(() => tableOf(...lines), /^GeoTableError: line 65536: "L65535" is one location too many/);
});
