/** Vary (RFC 9110, 12.5.5): the fields of a request that an answer depends on, which caches must compare. */

/** @param fields name and value alternating; changed in place. @param name lower case */
export function varyBy(fields: string[], name: string): void {
  for (let at = 0; at < fields.length; at += 2) {
    if (fields[at]!.length !== 4 || fields[at]!.toLowerCase() !== 'vary') continue;
    const members = fields[at + 1]!.toLowerCase().split(',');
    if (members.some((member) => member.trim() === name || member.trim() === '*')) return;
  }
  fields.push('vary', name);
}
