/** Claims of tokens (RFC 7519, 4) in header fields and the like. */

/**
 * A claim as text: numbers and truth values as JSON has them, lists with commas; mappings have none. A dot leads into a
 * mapping, unless a claim has the whole name: `realm_access.roles`.
 */
export function claimText(claims: Readonly<Record<string, unknown>> | null, name: string): string | undefined {
  let value: unknown = claims === null || !Object.hasOwn(claims, name) ? undefined : claims[name];
  if (value === undefined && claims !== null && name.includes('.')) {
    value = claims;
    for (const key of name.split('.')) {
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
      value = (value as Readonly<Record<string, unknown>>)[key];
    }
  }
  if (Array.isArray(value)) return value.filter((item) => typeof item !== 'object').join(',');
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : undefined;
}
