/**
 * A source of routes: objects of a provider turned into fragments of the configuration, and failures, nothing else. Each
 * fragment is checked alone; what follows from all of them is decided in found-routes.ts.
 */
import type { Fragment } from '../../../config/found/load-fragment.ts';
import type { FoundProblem } from '../../../config/found/merge-found.ts';

export type RouteAnswer =
  /** All of them, the first wins. `problems`: what was left out, or does not apply. */
  | { readonly kind: 'list'; readonly fragments: readonly Fragment[]; readonly problems: readonly FoundProblem[] }
  /** Nothing could be had: the last answer stands. */
  | { readonly kind: 'failed'; readonly reason: string };

export interface RouteSource {
  /** Asks at once, and goes on until {@link stop}; never throws, never ends by itself. */
  start(): void;
  stop(): void;
}
