/** Removes fields from a head in every spelling of their names, because many backends cannot tell them apart. */
import { foldedName } from './header-rules.ts';

/** @param fields name and value alternating; changed in place @param names folded, see foldedName */
export function removeFields(fields: string[], names: ReadonlySet<string>): void {
  let kept = 0;
  for (let at = 0; at < fields.length; at += 2) {
    if (names.has(foldedName(fields[at]!.toLowerCase()))) continue;
    fields[kept] = fields[at]!;
    fields[kept + 1] = fields[at + 1]!;
    kept += 2;
  }
  fields.length = kept;
}
