/** Which stored answers to remove; all that is given must apply. */
export interface CachePurge {
  /** Name; null: of all routes. */
  readonly route: string | null;
  /** Lower case, with the port if the URL has one; null: of all hosts. */
  readonly host: string | null;
  /** As in the URL, without its query; null: all. */
  readonly path: string | null;
  /** Also all paths that begin with `path`. */
  readonly isPrefix: boolean;
}

export interface CachePurger {
  /** Resolves when every thread has removed its own. @returns how many answers were removed */
  purge(what: CachePurge): Promise<number>;
  /** Names of the routes that have a cache. */
  routes(): readonly string[];
}
