/** Members as people and programs write them: in files, over HTTP, in a registry, in the body of a push. */
import { WEIGHT } from '../backends/core/backends-vocabulary.ts';
import { bareHost, canonicalBackendUrl, isH2cUrl, rejectBackendUrl } from '../net/backend-url.ts';
import type { Member } from './core/member.ts';

export type MemberScheme = 'http' | 'https';

const KEYS = ['url', 'address', 'port', 'weight', 'backup', 'draining', 'enabled', 'region', 'zone', 'uid'] as const;
type Key = (typeof KEYS)[number];
type Entry = Readonly<Record<Key, unknown>>;

export interface ReadEntries {
  readonly members: readonly Member[];
  /** Entries that were left out, each named with the reason. */
  readonly refused: readonly string[];
}

/** Named in a report; of more, only the number. */
const MOST_REFUSED = 20;

/**
 * Entries in the form of `backends`: a `url`, or an `address` and a `port`, and `weight`, `backup`, `draining`, `region`,
 * `zone` and `uid`. One with `enabled: false` is left out. A bad entry is refused and named; the others count.
 * @param scheme that the pool's members have.
 * @param place where the list is, for messages: `web.yaml`; empty: without one.
 */
export function readEntries(entries: readonly unknown[], scheme: MemberScheme, place = ''): ReadEntries {
  const members: Member[] = [];
  const refused: string[] = [];
  for (const [at, entry] of entries.entries()) {
    const read = readEntry(entry, scheme);
    if (read === null) continue;
    if (typeof read !== 'string') members.push(read);
    else refused.push(`${place === '' ? '' : `${place}: `}entry ${at + 1}: ${read}`);
  }
  return { members, refused: boundRefused(refused) };
}

/** The first of them, and how many more there are. */
export function boundRefused(refused: readonly string[]): readonly string[] {
  const more = refused.length - MOST_REFUSED;
  return more <= 0 ? refused : [...refused.slice(0, MOST_REFUSED), `and ${more} more`];
}

/** A member; why it is none; null: it is switched off. */
export function readEntry(value: unknown, scheme: MemberScheme): Member | string | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'not a mapping';
  const unknown = Object.keys(value).find((key) => !(KEYS as readonly string[]).includes(key));
  if (unknown !== undefined) return `unknown key "${shorten(unknown)}"; allowed: ${KEYS.join(', ')}`;
  const entry = value as Entry;
  const { weight = 1, backup = false, draining = false, enabled = true } = entry;
  const { region = null, zone = null, uid = null } = entry;
  const place = readPlace(entry, scheme);
  if (typeof place === 'string') return place;
  if (!isInteger(weight, WEIGHT.minimum, WEIGHT.maximum))
    return `weight: found ${shown(weight)}; allowed: an integer from ${WEIGHT.minimum} to ${WEIGHT.maximum}`;
  if (typeof backup !== 'boolean') return `backup: found ${shown(backup)}; allowed: true, false`;
  if (typeof draining !== 'boolean') return `draining: found ${shown(draining)}; allowed: true, false`;
  if (typeof enabled !== 'boolean') return `enabled: found ${shown(enabled)}; allowed: true, false`;
  if (region !== null && !isName(region)) return `region: found ${shown(region)}; allowed: ${NAME_RULE}`;
  if (zone !== null && !isName(zone)) return `zone: found ${shown(zone)}; allowed: ${NAME_RULE}`;
  if (uid !== null && !isName(uid)) return `uid: found ${shown(uid)}; allowed: ${NAME_RULE}`;
  return enabled ? { ...place, weight, backup, draining, region, zone, uid } : null;
}

/** Why a member cannot become a backend; undefined: it can. For members that a protocol gave. */
export function rejectMember({ address, port, weight }: Member): string | undefined {
  if (!isInteger(port, 1, 65_535)) return `port: found ${shown(port)}; allowed: an integer from 1 to 65535`;
  if (!isInteger(weight, WEIGHT.minimum, WEIGHT.maximum))
    return `weight: found ${shown(weight)}; allowed: an integer from ${WEIGHT.minimum} to ${WEIGHT.maximum}`;
  const reason = /[/:]/.test(inUrl(address).replace(/^\[.*\]$/, ''))
    ? 'the host is malformed'
    : rejectBackendUrl(`http://${inUrl(address)}:${port}`);
  return reason === undefined ? undefined : `address: found ${shown(address)}: ${reason}`;
}

/** The canonical URL of the backend that a member becomes. */
export function memberUrl({ address, port }: Pick<Member, 'address' | 'port'>, scheme: MemberScheme): string {
  return canonicalBackendUrl(`${scheme}://${inUrl(address)}:${port}`);
}

function readPlace({ url, address, port }: Entry, scheme: MemberScheme): Pick<Member, 'address' | 'port'> | string {
  if (url === undefined) {
    if (typeof address !== 'string') return 'url is missing, or address and port';
    if (typeof port !== 'number') return `port: found ${shown(port)}; allowed: an integer from 1 to 65535`;
    const place = { address: bareHost(address).toLowerCase(), port };
    return (
      rejectMember({ ...place, weight: 1, backup: false, draining: false, region: null, zone: null, uid: null }) ??
      place
    );
  }
  if (address !== undefined || port !== undefined) return 'url already has the address and the port';
  if (typeof url !== 'string') return `url: found ${shown(url)}; allowed: a URL`;
  const reason = rejectBackendUrl(url);
  // The text may contain a password.
  if (reason !== undefined) return `url: ${reason}`;
  const { protocol, hostname, port: given, pathname } = new URL(canonicalBackendUrl(url));
  if (protocol !== `${scheme}:` && !(scheme === 'http' && isH2cUrl(url)))
    return `url: its scheme is ${protocol.slice(0, -1)}, and that of the pool's members is ${scheme}`;
  if (pathname !== '/') return 'url: members have no base path';
  return { address: bareHost(hostname), port: given === '' ? (scheme === 'https' ? 443 : 80) : Number(given) };
}

function inUrl(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}

const NAME_RULE = '1 to 128 printable ASCII characters without spaces';

function isName(value: unknown): value is string {
  return typeof value === 'string' && /^[\x21-\x7e]{1,128}$/.test(value);
}

function isInteger(value: unknown, from: number, to: number): value is number {
  return Number.isInteger(value) && (value as number) >= from && (value as number) <= to;
}

function shown(value: unknown): string {
  if (typeof value === 'string') return `"${shorten(value)}"`;
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'a mapping';
  return value === undefined ? 'nothing' : String(value as number | boolean | null);
}

function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
