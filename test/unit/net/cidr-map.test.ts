import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CidrMap, cidrSet } from '../../../src/net/cidr-map.ts';
import { contains, parseAddress, parseCidr } from '../../../src/net/ip-address.ts';
import { seededRandom } from '../../../src/core/random.ts';

function mapOf(...blocks: string[]): CidrMap<string> {
  const map = new CidrMap<string>();
  for (const block of blocks) map.set(parseCidr(block)!, block);
  return map;
}

const find = (map: CidrMap<unknown>, address: string): unknown => map.find(parseAddress(address)!);

test('the longest prefix wins, in whatever order the blocks were added', () => {
  const blocks = ['10.0.0.0/8', '10.1.0.0/16', '10.1.2.0/24', '0.0.0.0/0'];
  for (const map of [mapOf(...blocks), mapOf(...blocks.toReversed())]) {
    assert.equal(find(map, '10.1.2.3'), '10.1.2.0/24');
    assert.equal(find(map, '10.1.3.3'), '10.1.0.0/16');
    assert.equal(find(map, '10.2.0.0'), '10.0.0.0/8');
    assert.equal(find(map, '11.0.0.0'), '0.0.0.0/0');
  }
});

test('an empty map and a map without a fitting block find nothing', () => {
  assert.equal(find(new CidrMap(), '10.0.0.1'), undefined);
  assert.equal(find(mapOf('10.0.0.0/31'), '10.0.0.2'), undefined);
});

test('the families do not mix', () => {
  const map = mapOf('0.0.0.0/0', '::/0', '2001:db8::/32');
  assert.equal(find(map, '1.2.3.4'), '0.0.0.0/0');
  assert.equal(find(map, '::ffff:1.2.3.4'), '0.0.0.0/0');
  assert.equal(find(map, '::1'), '::/0');
  assert.equal(find(map, '2001:db8:ffff::1'), '2001:db8::/32');
  assert.equal(find(mapOf('::/0'), '1.2.3.4'), undefined);
});

test('setting a block again replaces its value', () => {
  const map = mapOf('10.0.0.0/8');
  map.set(parseCidr('10.9.9.9/8')!, 'new');
  assert.equal(map.size, 1);
  assert.equal(find(map, '10.1.1.1'), 'new');
});

test('a deleted block uncovers the shorter prefix below it', () => {
  const map = mapOf('10.0.0.0/8', '10.1.0.0/16');
  map.delete(parseCidr('10.1.0.0/16')!);
  assert.equal(find(map, '10.1.0.1'), '10.0.0.0/8');
  assert.equal(map.size, 1);
  map.delete(parseCidr('10.0.0.0/8')!);
  assert.equal(find(map, '10.1.0.1'), undefined);
  assert.equal(map.size, 0);
});

test('deleting a block that is not there changes nothing', () => {
  const map = mapOf('10.0.0.0/8');
  map.delete(parseCidr('11.0.0.0/8')!);
  map.delete(parseCidr('10.0.0.0/9')!);
  map.delete(parseCidr('::/8')!);
  assert.equal(map.size, 1);
});

test('a set of texts holds blocks and single addresses, and leaves out what is neither', () => {
  const set = cidrSet(['10.0.0.0/8', '::1', 'nonsense']);
  assert.equal(set.size, 2);
  assert.equal(find(set, '10.255.0.1'), true);
  assert.equal(find(set, '::1'), true);
  assert.equal(find(set, '::2'), undefined);
});

test('it agrees with a search of all blocks', () => {
  const random = seededRandom(7);
  const word = (): number => Math.floor(random() * 4) * 0x40000000 + Math.floor(random() * 4);
  const blocks = Array.from({ length: 60 }, () => {
    const [family, longest] = random() < 0.5 ? ([4, 32] as const) : ([6, 128] as const);
    const words = Array.from({ length: longest / 32 }, word);
    return { family, words, prefix: Math.floor(random() * (longest + 1)) };
  });
  const map = new CidrMap<number>();
  for (const block of blocks) map.set(block, block.prefix);
  for (let turn = 0; turn < 2000; turn += 1) {
    const family = random() < 0.5 ? 4 : 6;
    const address = { family, words: Array.from({ length: family === 4 ? 1 : 4 }, word) } as const;
    const fitting = blocks.filter((block) => contains(block, address)).map(({ prefix }) => prefix);
    assert.equal(map.find(address), fitting.length === 0 ? undefined : Math.max(...fitting));
  }
});
