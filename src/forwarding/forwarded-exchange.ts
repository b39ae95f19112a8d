import type { PoolBackend } from '../balancing/pool.ts';
import type { Exchange } from '../routing/exchange.ts';
import type { LiveRoute } from '../routing/live-snapshot.ts';

/** An exchange whose route is known. */
export type ForwardedExchange = Exchange<LiveRoute, PoolBackend>;
