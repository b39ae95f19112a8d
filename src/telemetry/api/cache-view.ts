/** The response caches in the answer of GET /v1/api/metrics. */
import { Type, type Static } from '@sinclair/typebox';
import type { CacheReport } from '../control/reports.ts';

const count = (description: string) => Type.Integer({ minimum: 0, description });

export const CacheView = Type.Object(
  {
    hits_total: count('Answers from a cache while fresh'),
    revalidated_total: count('Answers from a cache that a backend confirmed with a 304'),
    stale_total: count('Answers from a cache while stale'),
    misses_total: count('Requests that went on to a backend'),
    bypasses_total: count('Requests that a cache has nothing to do with: other methods, no-store, with a body'),
    stores_total: count('Answers stored, renewed ones included'),
    evictions_total: count('Answers removed to make room'),
    bytes: count('What the caches of all threads take'),
  },
  { $id: 'Cache', title: 'Response caches', description: 'All routes with a cache together; counters since start' },
);

type CacheView = Static<typeof CacheView>;

export function cacheView(report: CacheReport): CacheView {
  return {
    hits_total: report.hits,
    revalidated_total: report.revalidated,
    stale_total: report.stale,
    misses_total: report.misses,
    bypasses_total: report.bypasses,
    stores_total: report.stores,
    evictions_total: report.evictions,
    bytes: report.bytes,
  };
}
