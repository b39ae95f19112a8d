/** Keeps one connection to one server, for ever. */
import { setTimeout as sleep } from 'node:timers/promises';

import { equalJitterMs } from '../core/backoff.ts';
import { parseInfo, type ServerInfo } from './core/server-info.ts';
import { OutageLog, type RedisLogger } from './outage-log.ts';
import { addressText, type RedisAccess, type RedisAddress } from './redis-access.ts';
import { RedisConnection } from './redis-connection.ts';
import { RedisError } from './redis-error.ts';

const MIN_RETRY_MS = 50;
const MAX_RETRY_MS = 500;
/** A connection that ends earlier counts as a failed one: the next has to wait. */
const STABLE_MS = 1000;

export interface RedisNodeOptions {
  /** Where the server is now: asked before every connection. Rejects with RedisError. */
  find(signal: AbortSignal): Promise<RedisAddress>;
  readonly access: RedisAccess;
  /** @param info undefined: the server does not allow INFO. */
  onUp(connection: RedisConnection, info: ServerInfo | undefined): void;
  /** The connection ended, or another attempt failed. */
  onDown(error: RedisError): void;
  readonly log: RedisLogger | null;
}

export class RedisNode {
  readonly #options: RedisNodeOptions;
  readonly #closing = new AbortController();
  readonly #kept: Promise<void>;
  readonly #log: OutageLog;
  #connection: RedisConnection | null = null;
  /** The last address. */
  #server = '';

  constructor(options: RedisNodeOptions) {
    this.#options = options;
    this.#log = new OutageLog(options.log);
    this.#kept = this.#keep();
  }

  /** Null: none is ready. */
  get connection(): RedisConnection | null {
    return this.#connection;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#connection?.end(new RedisError('down', 'closed'));
    await this.#kept;
  }

  async #keep(): Promise<void> {
    const { signal } = this.#closing;
    for (let failures = 0; !signal.aborted; failures++) {
      const wasStable = await this.#round(signal);
      if (wasStable) failures = 0;
      const waitMs = equalJitterMs(failures, MIN_RETRY_MS, MAX_RETRY_MS, Math.random());
      await sleep(waitMs, undefined, { ref: false, signal }).catch(() => undefined);
    }
  }

  /** One connection, from finding the server to its end. @returns whether it lasted. */
  async #round(signal: AbortSignal): Promise<boolean> {
    const { find, access, onUp } = this.#options;
    let upAtMs = Infinity;
    try {
      const address = await find(signal);
      this.#server = addressText(address);
      const connection = await RedisConnection.open(address, access, signal);
      const info = await askInfo(connection);
      upAtMs = performance.now();
      this.#connection = connection;
      this.#log.up(this.#server, info?.version ?? '');
      onUp(connection, info);
      const error = await connection.ended;
      this.#connection = null;
      this.#onDown(error);
    } catch (error) {
      if (!(error instanceof RedisError)) throw error;
      this.#onDown(error);
    }
    return performance.now() - upAtMs >= STABLE_MS;
  }

  #onDown(error: RedisError): void {
    if (this.#closing.signal.aborted) return;
    this.#log.down(this.#server, error);
    this.#options.onDown(error);
  }
}

/** Rejects with RedisError, and ends the connection, if the server cannot be written to now. */
async function askInfo(connection: RedisConnection): Promise<ServerInfo | undefined> {
  try {
    const info = parseInfo(String(await connection.ask('INFO')));
    if (info.isLoading) throw new RedisError('loading', 'the server is reading its data from disk');
    if (info.isReplica) throw new RedisError('readonly', 'the server is a replica');
    return info;
  } catch (error) {
    if ((error as RedisError).kind === 'noperm') return undefined;
    connection.end(error as RedisError);
    throw error;
  }
}
