/** Which addresses may use a route: the smallest block that contains one decides. */
import { CidrMap } from '../../net/cidr-map.ts';
import { type IpAddress, parseCidr } from '../../net/ip-address.ts';
import type { RouteAddresses } from '../../routing/route-policies.ts';

export class AddressRule implements RouteAddresses {
  readonly #blocks = new CidrMap<boolean>();
  /** Of an address in no block. */
  readonly #others: boolean;

  /** Of blocks that are in both, `deny` wins. Texts that are no blocks were refused earlier. */
  constructor(allow: readonly string[], deny: readonly string[]) {
    this.#others = allow.length === 0;
    for (const [texts, verdict] of [
      [allow, true],
      [deny, false],
    ] as const) {
      for (const text of texts) {
        const cidr = parseCidr(text);
        if (cidr !== undefined) this.#blocks.set(cidr, verdict);
      }
    }
  }

  /** Null: every address may. */
  static of(allow: readonly string[], deny: readonly string[]): AddressRule | null {
    return allow.length + deny.length === 0 ? null : new AddressRule(allow, deny);
  }

  admits(address: IpAddress): boolean {
    return this.#blocks.find(address) ?? this.#others;
  }
}
