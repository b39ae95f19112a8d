/**
 * Hashes of strings, as the bytes of their UTF-16 code units in little-endian order: two units make a 32-bit word, no
 * encoder and no allocation is needed, and different strings (lone surrogates too) are different bytes.
 */

/** MurmurHash3's finalizer: a bijection on 32-bit words in which every input bit flips about half of the output. */
export function mix32(word: number): number {
  word = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
  return (word ^ (word >>> 16)) >>> 0;
}

/**
 * MurmurHash3_x86_32, unsigned. For spreading keys over backends: fast and even, but an attacker can find collisions;
 * where that matters use {@link KeyedHash}. Source: A. Appleby, SMHasher.
 */
export function hashString32(text: string, seed: number): number {
  const { length } = text;
  const even = length & ~1;
  let hash = seed | 0;
  for (let at = 0; at < even; at += 2) {
    hash ^= scramble(text.charCodeAt(at) | (text.charCodeAt(at + 1) << 16));
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0;
  }
  if (even < length) hash ^= scramble(text.charCodeAt(even));
  return mix32(hash ^ (length * 2));
}

function scramble(word: number): number {
  const product = Math.imul(word, 0xcc9e2d51);
  return Math.imul((product << 15) | (product >>> 17), 0x1b873593);
}

/**
 * HalfSipHash-2-4 with 64 bits of output: without the key nobody can choose strings that collide, so clients cannot
 * crowd one slot of a table keyed by it. The result is left in `lo` and `hi`, so that hashing allocates nothing.
 * Source: J.-P. Aumasson, D. J. Bernstein, "SipHash: a fast short-input PRF" (2012), and the reference halfsiphash.c.
 */
export class KeyedHash {
  readonly #k0: number;
  readonly #k1: number;
  /** First and last four bytes of the latest result, each an unsigned 32-bit word. */
  lo = 0;
  hi = 0;

  /** @param key two random words, secret */
  constructor(key: Uint32Array) {
    if (key.length !== 2) throw new RangeError(`key must be 2 words long, not ${key.length}`);
    this.#k0 = key[0]! | 0;
    this.#k1 = key[1]! | 0;
  }

  hash(text: string): void {
    const { length } = text;
    const words = length >>> 1;
    // `| 0` tells the compiler that this is an integer: without it every round takes more than twice as long.
    let v0 = this.#k0 | 0;
    let v1 = this.#k1 ^ 0xee;
    let v2 = this.#k0 ^ 0x6c796765;
    let v3 = this.#k1 ^ 0x74656462;
    let word = 0;
    // The text's words, then one with the length, then two zero words: four more rounds for each half of the result.
    for (let at = 0; at <= words + 2; at += 1) {
      let rounds = 2;
      if (at < words) {
        word = text.charCodeAt(2 * at) | (text.charCodeAt(2 * at + 1) << 16);
      } else if (at === words) {
        word = (length << 25) | (length & 1 ? text.charCodeAt(length - 1) : 0);
      } else {
        word = 0;
        rounds = 4;
        if (at === words + 1) {
          v2 ^= 0xee;
        } else {
          this.lo = (v1 ^ v3) >>> 0;
          v1 ^= 0xdd;
        }
      }
      v3 ^= word;
      for (; rounds > 0; rounds -= 1) {
        v0 = (v0 + v1) | 0;
        v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
        v0 = (v0 << 16) | (v0 >>> 16);
        v2 = (v2 + v3) | 0;
        v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
        v0 = (v0 + v3) | 0;
        v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
        v2 = (v2 + v1) | 0;
        v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
        v2 = (v2 << 16) | (v2 >>> 16);
      }
      v0 ^= word;
    }
    this.hi = (v1 ^ v3) >>> 0;
  }
}
