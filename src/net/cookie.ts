/**
 * The value of one cookie in a Cookie field (RFC 6265, 5.4), verbatim; undefined if it is missing. If there are several
 * with the name, the first one, which clients send first because its path is the longest.
 */
export function cookieValue(field: string | undefined, name: string): string | undefined {
  let found: string | undefined;
  eachCookie(field, name, (value) => {
    found = value;
    return false;
  });
  return found;
}

/**
 * Calls `visit` with the value of every cookie of this name, in order, until it returns false. There are several if an
 * older one was set for another path or domain.
 */
export function eachCookie(field: string | undefined, name: string, visit: (value: string) => boolean): void {
  if (field === undefined || !field.includes(name)) return;
  for (const pair of field.split(';')) {
    const equals = pair.indexOf('=');
    if (equals === -1 || pair.slice(0, equals).trim() !== name) continue;
    if (!visit(pair.slice(equals + 1).trim())) return;
  }
}

/** A Cookie field without the cookies of these names; the rest is unchanged. Empty: nothing is left. */
export function withoutCookies(field: string, names: readonly string[]): string {
  if (!names.some((name) => field.includes(name))) return field;
  const kept = field.split(';').filter((pair) => {
    const equals = pair.indexOf('=');
    return !names.includes((equals === -1 ? pair : pair.slice(0, equals)).trim());
  });
  return kept.join(';').trim();
}
