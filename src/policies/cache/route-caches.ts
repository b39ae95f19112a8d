/** The caches of a thread. One stays as long as nothing about its route changes, whatever else a reload brings. */
import { isDeepStrictEqual } from 'node:util';
import type { RouteSettings } from '../../config/settings.ts';
import type { CacheEntry } from './cache-entry.ts';
import type { CachePurge } from './core/cache-purger.ts';
import type { CacheCounter } from '../core/policies-vocabulary.ts';
import type { CachePorts } from './route-cache.ts';
import { RouteCache } from './route-cache.ts';

export interface RouteCachesPorts extends Omit<CachePorts, 'count' | 'maxBytes' | 'onBytes'> {
  /** @param route its row in the metrics */
  readonly count: (route: number, counter: CacheCounter) => void;
  /** That share the memory of a route's cache. */
  readonly threads: number;
  /** What all caches of the thread take. */
  readonly onBytes: (bytes: number) => void;
  /** What the cache of one route takes. */
  readonly onRouteBytes: (route: number, bytes: number) => void;
}

interface Kept {
  readonly row: number;
  readonly settings: RouteSettings;
  readonly cache: RouteCache;
}

export class RouteCaches {
  readonly #ports: RouteCachesPorts;
  /** By name of the route. */
  readonly #kept = new Map<string, Kept>();
  /** The same, for routes that were found before. */
  readonly #known = new WeakMap<object, RouteCache>();

  constructor(ports: RouteCachesPorts) {
    this.#ports = ports;
  }

  /** @param route that has a cache @param settings what it was compiled from */
  of(route: { readonly index: number }, settings: () => RouteSettings): RouteCache {
    const known = this.#known.get(route);
    if (known !== undefined) return known;
    const cache = this.#keep(route.index, settings());
    this.#known.set(route, cache);
    return cache;
  }

  /** Frees the caches of routes that are gone, or have changed. */
  retain(routes: readonly { readonly settings: RouteSettings }[]): void {
    const settings = new Map(routes.map((route) => [route.settings.name, route.settings]));
    for (const [name, kept] of this.#kept) {
      if (isDeepStrictEqual(kept.settings, settings.get(name))) continue;
      this.#kept.delete(name);
      this.#ports.onRouteBytes(kept.row, 0);
    }
    this.#countBytes();
  }

  /** @returns how many answers were removed */
  purge({ route, host, path, isPrefix }: CachePurge): number {
    const isMeant = ({ place }: CacheEntry): boolean =>
      (host === null || place.host === host) &&
      (path === null || place.path === path || (isPrefix && place.path.startsWith(path)));
    let removed = 0;
    for (const [name, { cache }] of this.#kept) if (route === null || route === name) removed += cache.purge(isMeant);
    return removed;
  }

  #keep(row: number, settings: RouteSettings): RouteCache {
    const kept = this.#kept.get(settings.name);
    if (kept !== undefined && isDeepStrictEqual(kept.settings, settings)) return kept.cache;
    const { threads, count, onRouteBytes, ...ports } = this.#ports;
    const maxBytes = Math.floor(settings.cache!.maxBytes / threads);
    const cache: RouteCache = new RouteCache(settings, {
      ...ports,
      maxBytes,
      count: (counter) => count(row, counter),
      onBytes: () => {
        onRouteBytes(row, cache.store.bytes);
        this.#countBytes();
      },
    });
    this.#kept.set(settings.name, { row, settings, cache });
    this.#countBytes();
    return cache;
  }

  #countBytes(): void {
    let bytes = 0;
    for (const { cache } of this.#kept.values()) bytes += cache.store.bytes;
    this.#ports.onBytes(bytes);
  }
}
