import type { RedisSettings } from '../config/settings.ts';
import { Deadlines } from '../runtime/deadlines.ts';
import { Call, type CallContext } from './call.ts';
import { Cluster } from './cluster.ts';
import { serverWarnings, type ServerInfo } from './core/server-info.ts';
import type { RedisLogger } from './outage-log.ts';
import { OneServer } from './one-server.ts';
import { addressText, targetOf, type RedisTarget } from './redis-access.ts';
import type { RedisConnection } from './redis-connection.ts';
import { RedisError } from './redis-error.ts';
import type { PingDone, RedisLink, RedisReply, RunDone } from './redis-link.ts';
import { RefusalLog } from './refusal-log.ts';
import type { RedisScript } from './redis-script.ts';
import type { RedisNodeOptions } from './redis-node.ts';
import { findMaster } from './sentinel-master.ts';
import type { Servers } from './servers.ts';

export interface RedisLinkOptions {
  /** Shown by CLIENT LIST, such as `sluice-gw-1-traffic-0`: printable ASCII without spaces. */
  readonly name: string;
  /** Connected: called again after every {@link onDown}. */
  onUp(): void;
  /** Away, or never reached: once, until {@link onUp}. Commands fail at once from then on. */
  onDown(error: RedisError): void;
  /** Gets a line when Redis goes away and one when it is back, and warnings about its settings. Null: says nothing. */
  readonly log: RedisLogger | null;
}

/** Connects in the background, and for ever. Neither throws nor waits. */
export function connectRedis(settings: RedisSettings, options: RedisLinkOptions): RedisLink {
  return new Link(targetOf(settings, options.name), options);
}

class Link implements RedisLink, CallContext {
  readonly servers: Servers;
  readonly deadlines = new Deadlines(() => performance.now());
  readonly #options: RedisLinkOptions;
  readonly #refusals: RefusalLog;
  /** Warnings that were logged: once each. */
  readonly #warned = new Set<string>();
  readonly #isCluster: boolean;
  /** Null: up. */
  #down: RedisError | null = new RedisError('down', 'not connected yet');
  #isToldDown = false;
  #isClosed = false;

  constructor(target: RedisTarget, options: RedisLinkOptions) {
    this.#options = options;
    this.#refusals = new RefusalLog(options.log);
    this.#isCluster = target.kind === 'cluster';
    this.servers = serversOf(target, {
      onUp: (connection, info) => this.#onUp(connection, info),
      onDown: (error) => this.#onDown(error),
      log: options.log,
    });
  }

  get isUp(): boolean {
    return this.#down === null;
  }

  get isInParts(): boolean {
    return this.#isCluster && this.isUp;
  }

  run(script: RedisScript, key: string, args: readonly string[], deadlineMs: number, done: RunDone): void {
    const command = { words: ['EVALSHA', script.sha, '1', key, ...args], script };
    const call = new Call(this, command, (error, reply) => {
      if (error !== null) done(error, NOTHING);
      else done(null, Array.isArray(reply) ? reply : [reply]);
    });
    call.start(this.servers.of(key), deadlineMs);
  }

  ping(deadlineMs: number, done: PingDone): void {
    const startMs = performance.now();
    const connections: readonly (RedisConnection | null)[] = this.servers.connected();
    let waiting = Math.max(1, connections.length);
    const end = (error: RedisError | null): void => {
      if (waiting === 0) return;
      waiting = error === null ? waiting - 1 : 0;
      if (waiting === 0) done(error, error === null ? performance.now() - startMs : 0);
    };
    for (const connection of connections.length === 0 ? [null] : connections) {
      new Call(this, { words: ['PING'], script: null }, end).start(connection, deadlineMs);
    }
  }

  command(args: readonly string[], deadlineMs: number): Promise<RedisReply> {
    const key = args[1];
    const connection = key === undefined ? this.servers.connected()[0] : this.servers.of(key);
    return new Promise((resolve, reject) => {
      const call = new Call(this, { words: args, script: null }, (error, reply) => {
        if (error === null) resolve(reply);
        else reject(error);
      });
      call.start(connection ?? null, deadlineMs);
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#down ??= new RedisError('down', 'closed');
    await this.servers.close();
  }

  down(): RedisError {
    return this.#down ?? AWAY;
  }

  refused(error: RedisError): void {
    this.#refusals.add(error);
  }

  #onUp(connection: RedisConnection, info: ServerInfo | undefined): void {
    if (this.#isClosed) return;
    for (const warning of info === undefined ? [] : serverWarnings(info, this.#isCluster))
      this.#warn(warning, connection);
    if (this.#down === null) return;
    this.#down = null;
    this.#isToldDown = false;
    this.#options.onUp();
  }

  #warn(warning: string, { address }: RedisConnection): void {
    if (this.#warned.has(warning)) return;
    this.#warned.add(warning);
    this.#options.log?.warn({ server: addressText(address), warning }, 'redis settings are risky');
  }

  #onDown(error: RedisError): void {
    if (this.#isClosed) return;
    if (this.servers.connected().length > 0) return;
    this.#down = new RedisError('down', error.message, { cause: error });
    if (this.#isToldDown) return;
    this.#isToldDown = true;
    this.#options.onDown(error);
  }
}

const NOTHING: readonly RedisReply[] = Object.freeze([]);
const AWAY = new RedisError('down', 'the node that has the key is not connected');

function serversOf(target: RedisTarget, events: Pick<RedisNodeOptions, 'log' | 'onUp' | 'onDown'>): Servers {
  const { access } = target;
  switch (target.kind) {
    case 'one':
      return new OneServer({ ...events, access, find: () => Promise.resolve(target.address) });
    case 'sentinel': {
      const { master, sentinels, sentinelAccess } = target;
      return new OneServer({
        ...events,
        access,
        find: (signal) => findMaster(master, sentinels, sentinelAccess, signal),
      });
    }
    case 'cluster':
      return new Cluster(target.seeds, { ...events, access });
  }
}
