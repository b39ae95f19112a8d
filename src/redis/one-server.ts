import type { RedisConnection } from './redis-connection.ts';
import { RedisNode, type RedisNodeOptions } from './redis-node.ts';
import type { Servers } from './servers.ts';

/** One server, or the current master according to the Sentinels. */
export class OneServer implements Servers {
  readonly #node: RedisNode;

  constructor(options: RedisNodeOptions) {
    this.#node = new RedisNode(options);
  }

  of(): RedisConnection | null {
    return this.#node.connection;
  }

  connected(): readonly RedisConnection[] {
    return this.#node.connection === null ? [] : [this.#node.connection];
  }

  /** Without the nodes of a Cluster, a redirect is an error. */
  follow(): null {
    return null;
  }

  refresh(): void {
    // There is nothing to look up.
  }

  close(): Promise<void> {
    return this.#node.close();
  }
}
