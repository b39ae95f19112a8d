/** A level that knows how to ask Redis. */
import type { RedisReply } from '../../redis/redis-link.ts';
import type { RedisScript } from '../../redis/redis-script.ts';
import type { BucketPolicy } from '../client-table.ts';
import type { GatewayLevel, Settled } from './core/gateway-level.ts';
import type { Ask } from './core/shared-limit.ts';

export interface RedisLevel extends GatewayLevel {
  /** Of clients without settings of their own; changes with the configuration. */
  policy: BucketPolicy;
  readonly script: RedisScript;
  /** Arguments of the script. @param untilUs of the server's clock: later than that, it is void; 0: there is no such time */
  ask(ask: Ask, untilUs: number): string[];
  giveBack(tokens: number, atUs: number): string[];
  /** Throws a RangeError for what the script cannot have returned. */
  read(reply: readonly RedisReply[]): Settled;
  /** Makes the table's fields of the last take those of this level. */
  show(nowMs: number): void;
}
