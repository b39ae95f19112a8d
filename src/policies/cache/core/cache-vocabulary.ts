/** Words and ranges of the response cache, for the file, the metrics and the code that caches. */

/** Of all threads of a gateway together, for one route. Bytes. */
export const CACHE_BYTES = { range: [1_048_576, 68_719_476_736], default: 67_108_864 } as const;
export const CACHE_ENTRY_BYTES = { range: [1, 268_435_456], default: 1_048_576 } as const;

/**
 * What is counted: answers from the cache while fresh, after the backend confirmed them (304), and while stale;
 * requests that went on to a backend; answers stored, and answers removed to make room.
 */
export const CACHE_COUNTERS = ['hits', 'revalidated', 'stale', 'misses', 'stores', 'evictions'] as const;
export type CacheCounter = (typeof CACHE_COUNTERS)[number];
