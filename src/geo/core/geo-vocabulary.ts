/** Words and bounds of locations: where clients are. */

/** Where a location comes from, in this order. */
export const GEO_SOURCES = ['header', 'table'] as const;

/** What a location may be: it goes into logs, header fields and URLs as it is. */
export const GEO_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._:/+-]{0,63}$/;
export const GEO_RULE = '1 to 64 letters, digits and the characters . _ : / + -, the first a letter or digit';

/** Of one table: locations are numbered by 16 bits, and 0 is none. */
export const MAX_LOCATIONS = 65_535;
export const MAX_BLOCKS = 4_000_000;
export const MAX_TABLE_BYTES = 128 * 1024 * 1024;
