/**
 * Weighted rendezvous hashing: every item scores the key, and the lowest score wins. An item gets the part of the keys
 * that its weight is of all weights, and when a weight changes, keys move only to or from that item.
 *
 * The scores are exponentially distributed with the weights as their rates, and the smallest of such variables is that
 * of item i with probability wᵢ / Σw. Source: C. Schindelhauer, G. Schomaker, "Weighted distributed hash tables" (2005).
 */
import { mix32 } from '../../core/hash.ts';

/**
 * @param keyHash of the key, 32 bits
 * @param salt of the item, 32 bits
 * @param weight 0: never wins
 * @returns lower is better, 0 to Infinity
 */
export function weightedScore(keyHash: number, salt: number, weight: number): number {
  const uniform = (mix32(keyHash ^ salt) + 0.5) / 0x1_0000_0000;
  return weight > 0 ? -Math.log(uniform) / weight : Infinity;
}
