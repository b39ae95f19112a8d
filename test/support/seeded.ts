/** Draws that are the same each time, for tests of many cases. */
import { seededRandom } from '../../src/core/random.ts';

export interface Draw {
  /** 0 up to but not including 1. */
  fraction(): number;
  /** 0 to `count` - 1. */
  below(count: number): number;
  of<Item>(items: readonly Item[]): Item;
  /** Of single characters of the alphabet (code points). */
  text(alphabet: string, length: number): string;
}

export function seededDraw(seed: number): Draw {
  const fraction = seededRandom(seed);
  const below = (count: number): number => Math.floor(fraction() * count);
  const of = <Item>(items: readonly Item[]): Item => items[below(items.length)]!;
  const text = (alphabet: string, length: number): string => {
    const characters = Array.from(alphabet);
    return Array.from({ length }, () => of(characters)).join('');
  };
  return { fraction, below, of, text };
}
