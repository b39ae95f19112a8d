import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hashString32, KeyedHash, mix32 } from '../../../src/core/hash.ts';

/** The string whose UTF-16 code units are these bytes, an even number of them, in little-endian order. */
function fromBytes(bytes: readonly number[]): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 2) text += String.fromCharCode(bytes[at]! | (bytes[at + 1]! << 8));
  return text;
}

function littleEndianHex(word: number): string {
  return [0, 8, 16, 24].map((shift) => ((word >>> shift) & 255).toString(16).padStart(2, '0')).join('');
}

function bitCount(word: number): number {
  let count = 0;
  for (; word !== 0; word &= word - 1) count += 1;
  return count;
}

/** Share of output bits that flip when one bit of the input does: 0.5 is ideal. */
function avalanche(hash: (text: string) => number): number {
  let flipped = 0;
  let total = 0;
  for (let turn = 0; turn < 500; turn += 1) {
    const text = `backend-${turn}`;
    for (let bit = 0; bit < 16; bit += 1) {
      const at = turn % text.length;
      const other = text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ (1 << bit)) + text.slice(at + 1);
      flipped += bitCount(hash(text) ^ hash(other));
      total += 32;
    }
  }
  return flipped / total;
}

const AWKWARD = [
  '',
  '\0',
  '\0\0',
  '\0\0\0',
  'a',
  'a\0',
  'ab',
  'ba',
  'š',
  'a\u0161',
  '\u6161',
  'aa',
  '\ud800',
  '\udc00',
  '😀',
];

describe('hashString32', () => {
  const vectors: [bytes: number[], seed: number, expected: number][] = [
    [[], 0, 0],
    [[], 1, 0x514e28b7],
    [[], 0xffffffff, 0x81f16f39],
    [[0xff, 0xff, 0xff, 0xff], 0, 0x76293b50],
    [[0x21, 0x43, 0x65, 0x87], 0, 0xf55b516b],
    [[0x21, 0x43, 0x65, 0x87], 0x5082edee, 0x2362f9de],
    [[0x21, 0x43], 0, 0xa0f7b07a],
    [[0, 0, 0, 0], 0, 0x2362f9de],
    [[0, 0], 0, 0x30f4c306],
  ];
  for (const [bytes, seed, expected] of vectors) {
    it(`agrees with MurmurHash3_x86_32 for bytes [${bytes}] and seed ${seed}`, () => {
      assert.equal(hashString32(fromBytes(bytes), seed), expected);
    });
  }

  it('distinguishes awkward strings', () => {
    assert.equal(new Set(AWKWARD.map((text) => hashString32(text, 1))).size, AWKWARD.length);
  });

  it('flips half of its bits when one bit of the text changes', () => {
    assert.ok(Math.abs(avalanche((text) => hashString32(text, 0)) - 0.5) < 0.01);
  });

  it('spreads similar ids evenly', () => {
    const counts = Array<number>(16).fill(0);
    for (let turn = 0; turn < 16_000; turn += 1) counts[hashString32(`http://10.0.0.${turn}:8080`, 0) % 16]! += 1;
    for (const count of counts) assert.ok(Math.abs(count - 1000) < 150, `${counts}`);
  });
});

describe('mix32', () => {
  it('is unsigned and takes signed and unsigned words alike', () => {
    for (const word of [0, 1, -1, 0x80000000, 0xdeadbeef]) {
      assert.equal(mix32(word), mix32(word | 0));
      assert.ok(mix32(word) >= 0 && mix32(word) <= 0xffffffff);
    }
  });
});

describe('KeyedHash', () => {
  // Key 00 01 .. 07, input 00 01 .. (length - 1): the even lengths among the vectors of the reference implementation.
  const vectors: [length: number, expected: string][] = [
    [0, '218d1f59b9b83cc8'],
    [2, '064f39ef7c50eb57'],
    [4, 'd5e78a175be52ea1'],
    [6, 'ce3e91358aa2bc25'],
    [8, 'edfee820bce4858c'],
    [10, '95b0469f06a6f2ee'],
    [12, '7bc71f9faef5c799'],
    [14, '3bb1a870eae8e658'],
    [16, '7336aad25f7bf3b5'],
    [62, 'f90b3ab572d46693'],
  ];
  for (const [length, expected] of vectors) {
    it(`agrees with the reference HalfSipHash-2-4 for ${length} bytes`, () => {
      const keyed = new KeyedHash(new Uint32Array([0x03020100, 0x07060504]));
      keyed.hash(fromBytes(Array.from({ length }, (_, at) => at)));
      assert.equal(littleEndianHex(keyed.lo) + littleEndianHex(keyed.hi), expected);
    });
  }

  const keyed = new KeyedHash(new Uint32Array([0xdeadbeef, 0xcafebabe]));
  function hashed(text: string): string {
    keyed.hash(text);
    return `${keyed.lo} ${keyed.hi}`;
  }

  it('gives unsigned words, the same for the same text, whatever was hashed before', () => {
    const first = hashed('10.0.0.1');
    hashed('something else');
    assert.equal(hashed('10.0.0.1'), first);
    for (let turn = 0; turn < 100; turn += 1) {
      keyed.hash(`${turn}`);
      for (const word of [keyed.lo, keyed.hi]) assert.ok(word >= 0 && word <= 0xffffffff && Number.isInteger(word));
    }
  });

  it('distinguishes awkward strings', () => {
    assert.equal(new Set(AWKWARD.map(hashed)).size, AWKWARD.length);
  });

  it('depends on both words of its key', () => {
    const keys = [
      [0, 0],
      [1, 0],
      [0, 1],
    ].map((words) => {
      const other = new KeyedHash(new Uint32Array(words));
      other.hash('10.0.0.1');
      return `${other.lo} ${other.hi}`;
    });
    assert.equal(new Set(keys).size, 3);
  });

  it('flips half of its bits when one bit of the text changes, in both halves', () => {
    for (const half of ['lo', 'hi'] as const) {
      const share = avalanche((text) => {
        keyed.hash(text);
        return keyed[half];
      });
      assert.ok(Math.abs(share - 0.5) < 0.01, `${half} ${share}`);
    }
  });

  it('requires a key of two words', () => {
    assert.throws(() => new KeyedHash(new Uint32Array(4)), { name: 'RangeError', message: /2 words long, not 4/ });
  });
});
