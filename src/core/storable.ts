/**
 * Text that every database accepts: PostgreSQL refuses NUL and, in JSON, also half a surrogate pair. Text from callers
 * that is only stored, as in the audit log, is converted; anywhere else it is refused.
 */

const REPLACEMENT = '\uFFFD';

export function isStorable(value: unknown): boolean {
  return everyText(value, (text) => !text.includes('\0') && text.isWellFormed());
}

/** The same, with U+FFFD for what cannot be stored; keys of objects, too. */
export function storable<Value>(value: Value): Value {
  if (isStorable(value)) return value;
  return withTexts(value, (text) => text.replaceAll('\0', REPLACEMENT).toWellFormed()) as Value;
}

function everyText(value: unknown, isGood: (text: string) => boolean): boolean {
  if (typeof value === 'string') return isGood(value);
  if (!isPlain(value)) return true;
  return Object.entries(value).every(([key, part]) => isGood(key) && everyText(part, isGood));
}

function withTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((part) => withTexts(part, change));
  if (!isPlain(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [change(key), withTexts(part, change)]));
}

/** A JSON array or object, not a Date. */
function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  return Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
}
