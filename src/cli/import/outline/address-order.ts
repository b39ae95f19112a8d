/** Rules about addresses of which the first that matches decides, as our lists, of which the smallest block decides. */
import { type Cidr, formatCidr, isCovered, parseCidr } from '../../../net/ip-address.ts';

export interface AddressRule {
  readonly isAllowed: boolean;
  /** `all`, an address or a block. */
  readonly address: string;
}

export interface AddressLists {
  readonly allow: readonly string[];
  readonly deny: readonly string[];
}

const EVERYONE = ['0.0.0.0/0', '::/0'];

/**
 * @param otherwise whether an address that no rule matches is allowed
 * @returns undefined if an address is none
 */
export function addressLists(rules: readonly AddressRule[], otherwise: boolean): AddressLists | undefined {
  const kept: { readonly isAllowed: boolean; readonly block: Cidr }[] = [];
  for (const { isAllowed, address } of [...rules, { isAllowed: otherwise, address: 'all' }]) {
    for (const text of address === 'all' ? EVERYONE : [address]) {
      const block = parseCidr(text);
      if (block === undefined) return undefined;
      // An earlier rule has all of it: it is never reached.
      const isShadowed = isCovered(
        block,
        kept.map((each) => each.block),
      );
      if (!isShadowed) kept.push({ isAllowed, block });
    }
  }
  const texts = (isAllowed: boolean): readonly string[] =>
    kept.filter((each) => each.isAllowed === isAllowed).map(({ block }) => formatCidr(block));
  const [allow, deny] = [texts(true), texts(false)];
  // Without a list of those that are allowed, all others are; with one, nobody else is.
  if (EVERYONE.every((each) => allow.includes(each)) && allow.length === 2) return { allow: [], deny };
  const isEveryone = (each: string): boolean => EVERYONE.includes(each);
  return allow.length > 0 ? { allow, deny: deny.filter((each) => !isEveryone(each)) } : { allow, deny };
}

/** Addresses that both let through. */
export function bothLists(one: AddressLists, other: AddressLists): AddressLists {
  const inside = (some: readonly string[], blocks: readonly string[]): readonly string[] =>
    some.filter((each) =>
      isCovered(
        parseCidr(each)!,
        blocks.map((block) => parseCidr(block)!),
      ),
    );
  const outside = (some: readonly string[], blocks: readonly string[]): readonly string[] =>
    some.filter((each) => !inside([each], blocks).includes(each));
  const deny = [...new Set([...one.deny, ...other.deny])];
  if (one.allow.length + other.allow.length === 0) return { allow: [], deny };
  const both =
    one.allow.length === 0
      ? other.allow
      : other.allow.length === 0
        ? one.allow
        : [...inside(one.allow, other.allow), ...inside(other.allow, one.allow)];
  // The smaller block wins here: an exception from one list must not be one from the other.
  const allow = [
    ...new Set(both.filter((each) => outside([each], one.allow.includes(each) ? other.deny : one.deny).length > 0)),
  ];
  return allow.length > 0 ? { allow, deny } : { allow, deny: EVERYONE };
}
