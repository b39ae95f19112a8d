import { mix32 } from './hash.ts';

/** Source of randomness, 0 up to but not including 1. `Math.random` is one; tests pass {@link seededRandom}. */
export type Random = () => number;

/**
 * The same numbers for the same seed, for tests and simulations; not for secrets. 32 bits of resolution.
 *
 * @param seed any number; its lower 32 bits count
 */
export function seededRandom(seed: number): Random {
  // Never all zero: mix32 is a bijection, so four different inputs give four different words.
  const word = (turn: number): number => mix32(Math.imul(turn, 0x9e3779b9) + seed);
  const next = xoshiro128(word(1), word(2), word(3), word(4));
  return () => next() / 0x100000000;
}

/**
 * xoshiro128**, unsigned 32-bit words. The four words of the state must not all be zero.
 * Source: D. Blackman, S. Vigna, "Scrambled linear pseudorandom number generators" (2018).
 */
export function xoshiro128(a: number, b: number, c: number, d: number): () => number {
  return () => {
    const product = Math.imul(b, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9);
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = (d << 11) | (d >>> 21);
    return result >>> 0;
  };
}
