/** Whether the gateway takes traffic. */
export interface Readiness {
  readonly ready: boolean;
  /** Why it is not ready, a sentence each; empty if it is. */
  readonly reasons: readonly string[];
}
