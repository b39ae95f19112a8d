import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LineRing } from '../../../src/core/line-ring.ts';

function takeText(ring: LineRing, max: number): string {
  const length = ring.nextLength(max);
  const text = ring.bytes.toString('utf8', ring.nextAt, ring.nextAt + length);
  ring.take(length);
  return text;
}

test('lines come out in their order, as many whole ones as fit', () => {
  const ring = new LineRing(100);
  for (const line of ['one\n', 'two\n', 'three\n']) assert.ok(ring.add(line));
  assert.equal(ring.size, 14);
  assert.equal(takeText(ring, 9), 'one\ntwo\n');
  assert.equal(takeText(ring, 9), 'three\n');
  assert.equal(ring.size, 0);
  assert.equal(ring.nextLength(9), 0);
});

test('a line longer than requested comes alone, and can be taken in parts', () => {
  const ring = new LineRing(100);
  ring.add('a long line\n');
  ring.add('next\n');
  assert.equal(ring.nextLength(4), 12);
  ring.take(6);
  assert.equal(takeText(ring, 50), ' line\nnext\n');
});

test('a line that does not fit is refused whole, in bytes, not in characters', () => {
  const ring = new LineRing(8);
  assert.equal(ring.add('€€€\n'), false);
  assert.equal(ring.size, 0);
  assert.ok(ring.add('€€.\n'));
  assert.equal(ring.size, 8);
  assert.equal(ring.add('\n'), false);
  assert.equal(takeText(ring, 100), '€€.\n');
});

test('taken lines make room, and lines that wrap keep their order', () => {
  const ring = new LineRing(12);
  ring.add('aaaa\n');
  ring.add('bbbb\n');
  assert.equal(ring.add('cccc\n'), false);
  assert.equal(takeText(ring, 5), 'aaaa\n');
  assert.ok(ring.add('ccc\n'));
  // The beginning would be mistaken for the end.
  assert.equal(ring.add('d\n'), false);
  assert.equal(ring.size, 9);
  assert.equal(takeText(ring, 100), 'bbbb\n');
  assert.equal(takeText(ring, 100), 'ccc\n');
  assert.equal(ring.size, 0);
  assert.ok(ring.add('eeeeeeeeeee\n'));
});

test('over many rounds, every line that was taken in comes out once, whole and in order', () => {
  const ring = new LineRing(257);
  const added: string[] = [];
  let out = '';
  for (let at = 0; at < 2000; at += 1) {
    const line = `${at} ${'é'.repeat(at % 23)}\n`;
    if (ring.add(line)) added.push(line);
    if (at % 3 === 0) out += takeText(ring, 64);
  }
  while (ring.size > 0) out += takeText(ring, 64);
  assert.ok(added.length > 1000);
  assert.equal(out, added.join(''));
});

test('a capacity that cannot be is refused', () => {
  assert.throws(() => new LineRing(0), RangeError);
});
