import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  emptyImage,
  IMAGE_BYTES,
  putPoint,
  readImage,
  RECORD_BYTES,
} from '../../../../src/telemetry/control/history-image.ts';

const SECOND = 1_700_000_000_000;
const figures = (value: number): readonly number[] => [value, 0.5, 0, 3, 5, NaN, 2, NaN];
const point = (second: number, value: number) => ({ at: SECOND + second * 1000, figures: figures(value) });

test('every level returns what was put into it, oldest first, NaN included', () => {
  const image = emptyImage();
  for (const second of [2, 1, 3]) putPoint(image, 0, point(second, second));
  putPoint(image, 2, point(0, 9));
  assert.equal(image.length, IMAGE_BYTES);
  assert.deepEqual(readImage(image, SECOND + 3000), [
    [1, 2, 3].map((second) => point(second, second)),
    [],
    [point(0, 9)],
  ]);
});

test('a ring keeps as many points as its level has, and its bytes stay as many', () => {
  const image = emptyImage();
  for (let second = 0; second <= 1000; second += 1) putPoint(image, 0, point(second, second));
  const [seconds] = readImage(image, SECOND + 1_000_000)!;
  assert.deepEqual([seconds!.length, seconds![0]!.figures[0], seconds!.at(-1)!.figures[0]], [300, 701, 1000]);
  assert.equal(image.length, IMAGE_BYTES);
});

test('points of the future, from a clock that was wrong, and those too old are left out', () => {
  const image = emptyImage();
  for (const second of [10, 20]) putPoint(image, 0, point(second, 1));
  assert.equal(readImage(image, SECOND + 15_000)![0]!.length, 1);
  assert.equal(readImage(image, SECOND + 309_999)![0]!.length, 2);
  assert.equal(readImage(image, SECOND + 310_000)![0]!.length, 1);
});

test('a crash at any byte of a record leaves the old one, the new one, or none, and all others', () => {
  const old = emptyImage();
  for (const second of [0, 1, 2]) putPoint(old, 0, point(second, 1));
  const next = Buffer.from(old);
  // The same place, one round later.
  const { from, length } = putPoint(next, 0, point(301, 7));
  assert.equal(length, RECORD_BYTES);
  const now = SECOND + 301_000;
  const whole = new Set<string>();
  for (let written = 0; written <= length; written += 1) {
    const torn = Buffer.from(old);
    next.copy(torn, from, from, from + written);
    // Long ago enough that the old record counts, too.
    const found = readImage(torn, written === length ? now : SECOND + 299_000)![0]!;
    assert.deepEqual(
      found.filter(({ at }) => at === SECOND + 2000),
      [point(2, 1)],
    );
    for (const each of found) {
      const expected = [point(0, 1), point(1, 1), point(2, 1), point(301, 7)];
      assert.ok(
        expected.some(({ at }) => at === each.at),
        `byte ${written}: a point that nobody put there`,
      );
    }
    whole.add(found.map(({ at }) => (at - SECOND) / 1000).join());
  }
  assert.deepEqual([...whole], ['0,1,2', '0,2', '2,301']);
});

test('a file that ends at any byte gives the records before its end, or none at all', () => {
  const image = emptyImage();
  // The first places of the first ring, whatever the time.
  for (let second = 0; second < 300; second += 1) putPoint(image, 0, point(second, 1));
  let before = 0;
  for (let length = 0; length <= 64 + 3 * RECORD_BYTES; length += 1) {
    const found = readImage(image.subarray(0, length), SECOND + 299_000);
    if (length < 64) assert.equal(found, undefined);
    else {
      assert.equal(found![0]!.length, Math.floor((length - 64) / RECORD_BYTES));
      assert.ok(found![0]!.length >= before);
      before = found![0]!.length;
    }
  }
});

test('a flipped bit leaves out its record only', () => {
  const image = emptyImage();
  putPoint(image, 0, point(0, 1));
  const { from } = putPoint(image, 0, point(1, 1));
  for (let bit = 0; bit < RECORD_BYTES * 8; bit += 1) {
    const flipped = Buffer.from(image);
    flipped[from + (bit >> 3)]! ^= 1 << (bit & 7);
    assert.deepEqual(readImage(flipped, SECOND + 1000)![0], [point(0, 1)]);
  }
});
