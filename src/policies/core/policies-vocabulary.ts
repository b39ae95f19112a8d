/** Words and ranges of the policies of routes. */

/** RFC 9110, 15.4: 301 and 302 let a client make a GET of a POST, 303 demands it, 307 and 308 forbid it. */
export const REDIRECT_STATUSES = [301, 302, 303, 307, 308] as const;

export const URL_SCHEMES = ['http', 'https'] as const;

/** Those that pages may use by default. */
export const CORS_METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

// ---- compression

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

// ---- response cache

/** Of all threads of a gateway together, for one route. Bytes. */
export const CACHE_BYTES = { range: [1_048_576, 68_719_476_736], default: 67_108_864 } as const;
export const CACHE_ENTRY_BYTES = { range: [1, 268_435_456], default: 1_048_576 } as const;

/**
 * What is counted: answers from the cache while fresh, after the backend confirmed them (304), and while stale;
 * requests that went on to a backend, and those that the cache had nothing to do with; answers stored, and answers removed to make room.
 */
export const CACHE_COUNTERS = ['hits', 'revalidated', 'stale', 'misses', 'bypasses', 'stores', 'evictions'] as const;
export type CacheCounter = (typeof CACHE_COUNTERS)[number];

/**
 * What a cache would do with a request: answer it while the stored answer is fresh, or although it is stale; ask the backend
 * whether it is still good; ask for an answer; refuse, because the client wants none of a backend; or leave it alone.
 */
export type CacheUse = 'hit' | 'stale' | 'check' | 'miss' | 'refused' | 'bypass';

// ---- load shedding

/** Never refused because of overload. */
export const MAX_PRIORITY = 9;

/** Names of priorities. */
export const PRIORITY_NAMES = ['low', 'normal', 'high', 'critical'] as const;
export type PriorityName = (typeof PRIORITY_NAMES)[number];

const PRIORITIES: Readonly<Record<PriorityName, number>> = { low: 2, normal: 5, high: 7, critical: MAX_PRIORITY };

/** @param priority 0 to 9, or a name */
export function priorityNumber(priority: number | PriorityName): number {
  return typeof priority === 'number' ? priority : PRIORITIES[priority];
}
