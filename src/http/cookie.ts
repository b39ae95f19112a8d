/** The value of one cookie in a Cookie field (RFC 6265, 5.4), as it stands there; undefined: not among them. */
export function cookieValue(field: string | undefined, name: string): string | undefined {
  if (field === undefined) return undefined;
  for (const pair of field.split(';')) {
    const equals = pair.indexOf('=');
    if (equals !== -1 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim();
  }
  return undefined;
}

/** A Cookie field without the cookies of this name; the rest stays as it is. Empty: nothing is left. */
export function withoutCookie(field: string, name: string): string {
  if (!field.includes(name)) return field;
  const kept = field.split(';').filter((pair) => {
    const equals = pair.indexOf('=');
    return (equals === -1 ? pair : pair.slice(0, equals)).trim() !== name;
  });
  return kept.join(';').trim();
}
