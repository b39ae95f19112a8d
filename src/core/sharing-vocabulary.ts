/** Words of both limits and the fleet. */

/**
 * How a thread decides on limits that gateways share: with Redis; with Redis, but without waiting for it, because it is
 * slow; or alone, by the gateway's share, because Redis is lost. The worst is last.
 */
export const SHARED_MODES = ['shared', 'slow', 'lost'] as const;
export type SharedMode = (typeof SHARED_MODES)[number];
