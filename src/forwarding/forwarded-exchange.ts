import type { Pool, PoolBackend } from '../balancing/pool.ts';
import type { GatewayError } from '../errors.ts';
import type { Exchange } from '../routing/exchange.ts';
import type { LiveRoute } from '../routing/live-snapshot.ts';

/** An exchange whose route and pool are known. */
export type ForwardedExchange = Exchange<LiveRoute, PoolBackend, Pool>;

/** Called once. Null: a backend's answer is here, and can begin; otherwise there will be none. */
export type AnswerCallback = (error: GatewayError | null) => void;
