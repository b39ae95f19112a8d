/**
 * Host names in one canonical form: lower case, without the final dot, international labels in ASCII (RFC 5890,
 * A-labels), an IP address as RFC 5952 writes it. Undefined for anything else.
 */
import { formatAddress, parseAddress } from './ip-address.ts';

const NAME = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$/;

export function canonicalHostName(text: string): string | undefined {
  const address = parseAddress(text.replace(/^\[(.*:.*)\]$/, '$1'));
  if (address !== undefined) return formatAddress(address);
  const name = toAscii(text).toLowerCase().replace(/\.$/, '');
  // Digits and dots only were meant as an IPv4 address.
  return NAME.test(name) && !/^[\d.]+$/.test(name) ? name : undefined;
}

/** The same for a name whose first label may be `*`, which stands for exactly one label (RFC 9525, 6.3). */
export function canonicalHostPattern(text: string): string | undefined {
  if (!text.startsWith('*.')) return canonicalHostName(text);
  const parent = canonicalHostName(text.slice(2));
  return parent === undefined || parseAddress(parent) !== undefined ? undefined : `*.${parent}`;
}

/** Of patterns that were checked, each once. */
export function canonicalHosts(patterns: readonly string[]): readonly string[] {
  return [...new Set(patterns.map((pattern) => canonicalHostPattern(pattern) ?? pattern))];
}

function toAscii(text: string): string {
  if (!/[^\p{ASCII}]/u.test(text)) return text;
  // Only letters, digits and separators of names: a URL would take others for its own syntax.
  if (!/^[\p{L}\p{M}\p{N}._\u3002-]+$/u.test(text)) return '';
  return URL.parse(`http://${text}/`)?.hostname ?? '';
}
