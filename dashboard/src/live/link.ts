/** The state of the connection to the gateway. */
export type Link =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  /** Disconnected; the next attempt is at `retryAt` (Date.now()). */
  | { readonly kind: 'waiting'; readonly retryAt: number };
