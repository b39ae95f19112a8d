/** Words and ranges of compression, for the file and the code that compresses. */

/** Content codings (RFC 9110, 8.4.1; RFC 7932; RFC 8878). The order is the default preference. */
export const CONTENT_CODINGS = ['zstd', 'br', 'gzip'] as const;
export type ContentCoding = (typeof CONTENT_CODINGS)[number];

/** Levels that answers can be compressed with while a client waits: range and default. */
export const COMPRESSION_LEVELS = {
  zstd: { range: [1, 12], default: 3 },
  br: { range: [0, 9], default: 4 },
  gzip: { range: [1, 9], default: 5 },
} as const satisfies Record<ContentCoding, { readonly range: readonly [number, number]; readonly default: number }>;

/** Formats that are text inside. Images, video and archives are compressed already. */
export const COMPRESSED_TYPES = [
  'text/*',
  'application/json',
  'application/*+json',
  'application/javascript',
  'application/xml',
  'application/*+xml',
  'application/wasm',
  'image/svg+xml',
] as const;
