/** How the connection to the gateway is. */
export type Link =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  /** Nothing is heard; the next try is at `retryAt` (Date.now()). */
  | { readonly kind: 'waiting'; readonly retryAt: number };
