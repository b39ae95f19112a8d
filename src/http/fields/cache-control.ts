/** Keeps an answer that sets a cookie out of shared caches (RFC 9111, 5.2.2.7), whatever else its backend says. */

/** Directives that would allow shared caches to store it after all. */
const SHARED = /^(public|s-maxage|private)\s*(=|$)/i;

/** @param fields name and value alternating; changed in place. Several Cache-Control fields become one. */
export function makePrivate(fields: string[]): void {
  const directives: string[] = [];
  for (let at = fields.length - 2; at >= 0; at -= 2) {
    if (fields[at]!.length !== 13 || fields[at]!.toLowerCase() !== 'cache-control') continue;
    directives.unshift(...splitList(fields[at + 1]!));
    fields.splice(at, 2);
  }
  const isNeverStored = directives.some((directive) => directive.toLowerCase() === 'no-store');
  const kept = directives.filter((directive) => !SHARED.test(directive));
  fields.push('cache-control', [...(isNeverStored ? [] : ['private']), ...kept].join(', '));
}

/** At the commas, but not at those within quotes: `no-cache="a, b"`. */
function splitList(value: string): string[] {
  return (value.match(/(?:[^,"]|"(?:[^"\\]|\\.)*"?)+/g) ?? []).map((part) => part.trim()).filter((part) => part !== '');
}
