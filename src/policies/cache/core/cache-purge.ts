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
