/**
 * What a traffic thread consists of: the tables attached, the app built, and the control thread's messages carried
 * out. Apart from the worker that it runs in (worker.ts), so that a test can run it in its own thread.
 */
import { randomBytes } from 'node:crypto';
import type { FastifyInstance, FastifyListenOptions } from 'fastify';
import type { Logger } from 'pino';
import { BackendRow } from '../state/backend-row.ts';
import { Circuits } from '../state/circuits.ts';
import { ClientDirectory } from '../state/client-directory.ts';
import { compileSnapshot, type SnapshotHolder } from '../state/live-snapshot.ts';
import type { PoolPorts } from '../state/pool.ts';
import { RateLimiter } from '../state/rate-limiter.ts';
import { attachSharedMemory } from '../state/shared-memory.ts';
import type { FromThread, ThreadStart, ToThread } from './messages.ts';
import { buildTrafficApp } from './traffic-app.ts';
import { Upstreams } from './upstreams.ts';

export class TrafficThread {
  readonly app: FastifyInstance;
  readonly #start: ThreadStart;
  readonly #log: Logger;
  readonly #tell: (message: FromThread) => void;
  readonly #poolPorts: PoolPorts;
  readonly #live: SnapshotHolder;
  readonly #directory: ClientDirectory;
  readonly #upstreams: Upstreams;
  #isStopping = false;
  #listening = Promise.resolve();

  static async build(start: ThreadStart, log: Logger, tell: (message: FromThread) => void): Promise<TrafficThread> {
    const tables = attachSharedMemory(start.memory, start.index);
    const row = new BackendRow(tables.backends, start.index);
    const circuits = new Circuits(tables.backends, row, Math.random);
    const poolPorts = { table: tables.backends, circuits, random: Math.random, turns: tables.turns };
    const live = { current: compileSnapshot(start.snapshot, poolPorts) };
    const directory = new ClientDirectory();
    directory.apply(start.directory);
    const upstreams = new Upstreams();
    const app = await buildTrafficApp({
      thread: start.index,
      log,
      server: start.server,
      tables,
      live,
      row,
      circuits,
      limiter: new RateLimiter(tables.clients, start.memory.hashKey),
      directory,
      upstreams,
      random: Math.random,
      idPrefix: randomBytes(6).toString('base64url'),
      isStopping: (): boolean => thread.#isStopping,
      onPassiveErrors: (backendId) => tell({ type: 'passive_errors', backendId }),
    });
    const thread: TrafficThread = new TrafficThread(app, start, tell, { log, poolPorts, live, directory, upstreams });
    return thread;
  }

  private constructor(
    app: FastifyInstance,
    start: ThreadStart,
    tell: (message: FromThread) => void,
    parts: {
      log: Logger;
      poolPorts: PoolPorts;
      live: SnapshotHolder;
      directory: ClientDirectory;
      upstreams: Upstreams;
    },
  ) {
    this.app = app;
    this.#start = start;
    this.#tell = tell;
    this.#log = parts.log;
    this.#poolPorts = parts.poolPorts;
    this.#live = parts.live;
    this.#directory = parts.directory;
    this.#upstreams = parts.upstreams;
  }

  /** Tells `listening` with the port, or `failed`; nothing when it was told to stop before. */
  async listen(): Promise<void> {
    if (this.#isStopping) return;
    this.#listening = this.#listen();
    await this.#listening;
  }

  async #listen(): Promise<void> {
    const { server, reusePort } = this.#start;
    const { host, port } = server;
    try {
      // Fastify hands the options to net.Server.listen as they are; its types do not know reusePort yet.
      await this.app.listen({ host, port, backlog: 1024, reusePort } as FastifyListenOptions);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      this.#tell({ type: 'failed', code: code ?? 'ERR', message });
      return;
    }
    const address = this.app.server.address();
    const actual = typeof address === 'object' && address !== null ? address.port : port;
    this.#tell({ type: 'listening', port: actual, snapshot: this.#live.current.version });
  }

  handle(message: ToThread): void {
    switch (message.type) {
      case 'snapshot': {
        this.#log.level = message.snapshot.logLevel;
        this.#live.current = compileSnapshot(message.snapshot, this.#poolPorts, this.#live.current);
        const backends = [...this.#live.current.pools.values()].flatMap((pool) => pool.backends);
        this.#upstreams.retain(new Set(backends.map(({ connectionKey }) => connectionKey)));
        this.#tell({ type: 'ack', id: message.id });
        break;
      }
      case 'clients':
        this.#directory.apply(message.changes);
        this.#tell({ type: 'ack', id: message.id });
        break;
      case 'stop':
        void this.#stop(message.drainTimeoutMs);
        break;
    }
  }

  /** No new connections; what runs may finish, with `Connection: close`; then everything is cut. */
  async #stop(drainTimeoutMs: number): Promise<void> {
    if (this.#isStopping) return;
    this.#isStopping = true;
    // Closed while it is about to listen, the server would listen all the same.
    await this.#listening;
    const cut = setTimeout(() => this.app.server.closeAllConnections(), drainTimeoutMs);
    await this.app.close();
    clearTimeout(cut);
    await this.#upstreams.destroy();
    this.#tell({ type: 'stopped' });
  }
}
