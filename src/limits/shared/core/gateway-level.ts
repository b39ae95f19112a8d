export interface Settled {
  readonly granted: number;
  /** Tokens left after that; below 0: a debt. */
  readonly left: number;
  /** The server's clock, µs, for a refund. */
  readonly atUs: number;
}

/** What this gateway knows of a limit: what the server said last, and what the gateway has admitted since on top. */
export interface GatewayLevel {
  /** Largest burst, or what a window admits, tokens; of the last load. */
  readonly capacity: number;
  /** Tokens a second, of a window on average. */
  readonly ratePerSecond: number;
  /** Tokens admitted here that the server has not acknowledged. */
  readonly unsettled: number;
  /** When the server's answer was seen last; −Infinity: never. */
  readonly seenMs: number;
  /** Threads whose levels do not know of each other, 1 if they share this one. */
  readonly parts: number;
  /** Kept so long after its last use, ms: another one would not know what this one knows. */
  readonly keptMs: number;
  readonly isWindow: boolean;
  /** A level that was never seen may still be far from its limit. */
  readonly isGuessable: boolean;
  /** When its capacity changes, the share of it that is used stays, not the number of tokens. */
  readonly isProportional: boolean;
  /** Before each use at another time. */
  load(nowMs: number): void;
  /** Tokens left by what the server said last; `unsettled` is not subtracted. */
  left(nowMs: number): number;
  /** Nothing counts any more. */
  isFull(nowMs: number): boolean;
  /** What still counts of so many tokens that were used so long ago, if none was since. */
  remaining(used: number, passedMs: number): number;
  /** Takes from the level; false: there is not enough. */
  take(cost: number, nowMs: number): boolean;
  /** The same from a share of the limit: 1 / `shares` of it, at least one request. */
  takeShare(cost: number, shares: number, nowMs: number): boolean;
  /** Takes what has been used already, whatever is left; of what is not, at most one capacity becomes a debt. */
  charge(cost: number, nowMs: number): void;
  /** Gives back what was taken; from a share, what `shares` times was taken. */
  refund(cost: number, nowMs: number): void;
  /** What was just taken will be charged; below 0: it will not be. */
  addUnsettled(cost: number): void;
  /** The server's answer, and how much of `unsettled` that includes. */
  settle(settled: Settled, charged: number, nowMs: number): void;
  /**
   * The server is lost: what is `unsettled` will not be charged, and is taken from this gateway's share instead. Debts are
   * forgiven.
   * @param more than was taken for it: a token of the share counts once for each gateway.
   */
  lose(unsettled: number, more: number, nowMs: number): void;
}
