/** The servers that a link uses, and which of them has a key. */
import type { RedisConnection } from './redis-connection.ts';
import type { Redirect } from './core/cluster-slot.ts';

export interface Servers {
  /** Null: the server of this key is away. */
  of(key: string): RedisConnection | null;
  /** Those that are connected. */
  connected(): readonly RedisConnection[];
  /** Where a redirect that `from` sent leads; null: not connected to it yet. */
  follow(redirect: Redirect, from: RedisConnection): RedisConnection | null;
  /** The Cluster refused a command. */
  refresh(): void;
  close(): Promise<void>;
}
