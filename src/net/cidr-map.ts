/** A map from CIDR blocks to values: the longest prefix that contains an address wins. */
import { type Cidr, type IpAddress, parseCidr } from './ip-address.ts';

export class CidrMap<V> {
  /** By family and prefix length, longest first; within one, by the block's bits. */
  #levels: { readonly family: 4 | 6; readonly prefix: number; readonly blocks: Map<string, V> }[] = [];

  get size(): number {
    return this.#levels.reduce((sum, level) => sum + level.blocks.size, 0);
  }

  set(cidr: Cidr, value: V): void {
    let level = this.#levels.find((each) => each.family === cidr.family && each.prefix === cidr.prefix);
    if (level === undefined) {
      level = { family: cidr.family, prefix: cidr.prefix, blocks: new Map() };
      this.#levels.push(level);
      this.#levels.sort((a, b) => b.prefix - a.prefix);
    }
    level.blocks.set(bits(cidr, cidr.prefix), value);
  }

  delete(cidr: Cidr): void {
    const level = this.#levels.find((each) => each.family === cidr.family && each.prefix === cidr.prefix);
    level?.blocks.delete(bits(cidr, cidr.prefix));
    this.#levels = this.#levels.filter((each) => each.blocks.size > 0);
  }

  find(address: IpAddress): V | undefined {
    for (const level of this.#levels) {
      if (level.family !== address.family) continue;
      const value = level.blocks.get(bits(address, level.prefix));
      if (value !== undefined) return value;
    }
    return undefined;
  }
}

/** A set of blocks from their texts, single addresses included. Invalid texts were refused earlier. */
export function cidrSet(texts: readonly string[]): CidrMap<true> {
  const set = new CidrMap<true>();
  for (const text of texts) {
    const cidr = parseCidr(text);
    if (cidr !== undefined) set.set(cidr, true);
  }
  return set;
}

function bits(address: IpAddress, prefix: number): string {
  let key = '';
  for (let at = 0, left = prefix; left > 0; at += 1, left -= 32) {
    const word = address.words[at]!;
    key += `${(left >= 32 ? word : word & (0xffffffff << (32 - left))) >>> 0}.`;
  }
  return key;
}
