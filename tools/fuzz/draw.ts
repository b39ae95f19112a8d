/** Draws of one campaign: the same for the same seed. */
import { type Random, seededRandom } from '../../src/core/random.ts';

export class Draw {
  readonly #random: Random;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  /** 0 to `count` − 1. */
  below(count: number): number {
    return Math.floor(this.#random() * count);
  }

  isOneIn(count: number): boolean {
    return this.#random() * count < 1;
  }

  of<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)]!;
  }

  /** The usual one, and one in `rarity` times one of the others. */
  usually<Item>(usual: Item, rarity: number, others: readonly Item[]): Item {
    return this.isOneIn(rarity) ? this.of(others) : usual;
  }

  /** @param alphabet of single UTF-16 units */
  text(alphabet: string, length: number): string {
    let text = '';
    for (let at = 0; at < length; at += 1) text += alphabet[this.below(alphabet.length)];
    return text;
  }
}
