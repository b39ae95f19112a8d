/** Removes fields from a head in every spelling of their names, because many backends cannot tell them apart. */
import { foldedName } from './header-rules.ts';

/** By set of names: their lengths, which folding keeps. Most fields differ in that alone, and folding costs ten times as much. */
const lengths = new WeakMap<ReadonlySet<string>, readonly boolean[]>();

/** @param fields name and value alternating; changed in place @param names folded, see foldedName; never changed */
export function removeFields(fields: string[], names: ReadonlySet<string>): void {
  const isLength = lengths.get(names) ?? lengthsOf(names);
  let kept = 0;
  for (let at = 0; at < fields.length; at += 2) {
    const name = fields[at]!;
    if (isLength[name.length] === true && names.has(foldedName(name.toLowerCase()))) continue;
    if (kept < at) {
      fields[kept] = name;
      fields[kept + 1] = fields[at + 1]!;
    }
    kept += 2;
  }
  if (kept < fields.length) fields.length = kept;
}

function lengthsOf(names: ReadonlySet<string>): readonly boolean[] {
  const isLength: boolean[] = [];
  for (const { length } of names) {
    while (isLength.length <= length) isLength.push(false);
    isLength[length] = true;
  }
  lengths.set(names, isLength);
  return isLength;
}
