/** How large a configuration may be, however it is written: ADR 27. */

/** Deeper than any configuration. */
export const DEEPEST = 32;
/** Aliases, and objects used again, can make a few lines expand to billions of values; no honest file comes near this. */
export const MAX_VALUES = 100_000;
/** Longer than any allowed name. The path of each value includes its parent keys, so their length multiplies. */
export const MAX_KEY = 256;
/** Of one value, in code units: longer than any token, URL or expected text. */
export const MAX_VALUE = 16_384;
/** UTF-16 code units. The largest configuration that the tables hold has about a quarter of it. */
export const MAX_CHARACTERS = 4 * 1024 * 1024;
