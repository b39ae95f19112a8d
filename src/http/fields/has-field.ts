/** Whether a head has a field, where looking through it beats making an index. */

/** @param fields name and value alternating @param name in lower case @param length of the part to look at; default: all of it */
export function hasField(fields: readonly string[], name: string, length = fields.length): boolean {
  for (let at = 0; at < length; at += 2) {
    if (fields[at]!.length === name.length && fields[at]!.toLowerCase() === name) return true;
  }
  return false;
}

/** What the answer says itself applies. @param fields name and value alternating; changed in place @param name in lower case */
export function addUnlessGiven(fields: string[], name: string, value: string): void {
  if (!hasField(fields, name)) fields.push(name, value);
}
