/** The head of an answer whose body is compressed on the way (RFC 9110, 7.7 and 8.8.3.3). */

/**
 * They describe the bytes as the backend sent them: ranges and digests of another representation. Repr-Digest covers
 * the content coding, too (RFC 9530, 3).
 */
const OF_OTHER_BYTES: ReadonlySet<string> = new Set([
  'accept-ranges',
  'content-digest',
  'content-length',
  'content-md5',
  'digest',
  'repr-digest',
]);

/** @param fields name and value alternating; @returns those of the compressed answer */
export function codedFields(fields: readonly string[], coding: string): string[] {
  const coded: string[] = [];
  for (let at = 0; at < fields.length; at += 2) {
    const name = fields[at]!;
    const lower = name.toLowerCase();
    if (OF_OTHER_BYTES.has(lower)) continue;
    coded.push(name, lower === 'etag' ? weakTag(fields[at + 1]!) : fields[at + 1]!);
  }
  coded.push('content-encoding', coding);
  return coded;
}

/** @param trailers pairs of name and value */
export function codedTrailers(
  trailers: readonly (readonly [string, string])[],
): readonly (readonly [string, string])[] {
  return trailers.filter(([name]) => !OF_OTHER_BYTES.has(name.toLowerCase()));
}

/** Says that the answer depends on Accept-Encoding. @param fields name and value alternating; changed in place */
export function addVary(fields: string[]): void {
  for (let at = 0; at < fields.length; at += 2) {
    if (fields[at]!.length !== 4 || fields[at]!.toLowerCase() !== 'vary') continue;
    const names = fields[at + 1]!.split(',').map((name) => name.trim().toLowerCase());
    if (names.includes('*') || names.includes('accept-encoding')) return;
  }
  fields.push('vary', 'Accept-Encoding');
}

/**
 * Of a 304: the client compares its tag with that of the answer it has, which is weak if that was compressed. It must
 * find the same in both (RFC 9111, 4.3.4).
 *
 * @param fields name and value alternating; changed in place. @param asked value of If-None-Match
 */
export function matchAskedTag(fields: string[], asked: string | undefined): void {
  if (asked === undefined) return;
  for (let at = 0; at < fields.length; at += 2) {
    if (fields[at]!.length !== 4 || fields[at]!.toLowerCase() !== 'etag') continue;
    const tag = fields[at + 1]!;
    const tags: readonly string[] = asked.match(/(?:W\/)?"[^"]*"/g) ?? [];
    if (tags.includes(tag) || !tags.includes(weakTag(tag))) continue;
    fields[at + 1] = weakTag(tag);
    addVary(fields);
  }
}

/** Compressed bodies are equivalent, and not the same byte for byte: another level or version compresses otherwise. */
function weakTag(tag: string): string {
  return tag.startsWith('W/') ? tag : `W/${tag}`;
}
