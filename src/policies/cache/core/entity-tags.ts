/** Comparison of entity tags (RFC 9110, 8.8.3.2), as lists in fields have them. */

/** Weakly: what If-None-Match asks. @param list its value */
export function isTagIn(list: string, tag: string): boolean {
  if (list.trim() === '*') return true;
  const tags: readonly string[] = list.match(/(?:W\/)?"[^"]*"/g) ?? [];
  return tags.some((each) => opaque(each) === opaque(tag));
}

/** Two weak tags match nothing; what If-Range asks. */
export function isSameStrong(one: string, other: string): boolean {
  return one === other && !one.startsWith('W/');
}

function opaque(tag: string): string {
  return tag.startsWith('W/') ? tag.slice(2) : tag;
}
