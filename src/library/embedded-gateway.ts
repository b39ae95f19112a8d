/// <reference lib="esnext.disposable" preserve="true" />
/** What `createGateway` takes and returns. Types only: a program loads the gateway when it starts one. */
import type { Config } from '../config/code/config-input.ts';
import type { GatewayEvent } from '../events/event-log.ts';
import type { ReloadResult } from '../reload/core/reload-vocabulary.ts';

/** Gets the lines of the log: a logger of pino or Fastify is one. The methods must not throw. */
export interface GatewayLogger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface CreateGatewayOptions {
  /** The configuration, with the keys of a file. Exactly one of `config` and `file` is required. */
  readonly config?: Config;
  /** A file in YAML, JSON or TypeScript instead, relative to `cwd`. It is watched, unless it sets `reload.watch: false`. */
  readonly file?: string;
  /** Relative names in the configuration start here. Default: the working directory of the process. */
  readonly cwd?: string;
  /**
   * Variables for `${NAME}`, and those that set keys by themselves, such as `DATABASE_URL`. Default: with `config` none, with
   * `file` those of the process.
   */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Replaces `server.host`. */
  readonly host?: string;
  /** Replaces `server.port`, 0..65535; 0: any free one. */
  readonly port?: number;
  /** Replaces `admin.host`. */
  readonly adminHost?: string;
  /** Replaces `admin.port`, 0..65535; 0: any free one. */
  readonly adminPort?: number;
  /** Replaces `server.threads`, 1..64. */
  readonly threads?: number | 'auto';
  /**
   * `memory`: registered clients, stored backends and the audit log end with the gateway, and `database.url` and
   * `database.data_dir` are not used. `configured`: as the configuration says. Default: `memory` with a `config` that has no
   * `database` section, otherwise `configured`.
   */
  readonly database?: 'memory' | 'configured';
  /** Default: nothing is logged, whatever `log` in the configuration says. With a logger, `log.level` applies before it. */
  readonly logger?: GatewayLogger;
}

export interface AdminRequest {
  /** Default: GET, with a body POST. */
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Sent as JSON. */
  readonly body?: object;
  /** Default: a token if `admin.token` is configured. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface AdminAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | number | undefined>>;
  readonly body: string;
  /** The body; the caller names its type. Throws SyntaxError if it is not JSON. */
  json<T>(): T;
}

export interface GatewayReload {
  /** `unchanged`: it says what the current one says. */
  readonly result: ReloadResult;
  /** Of the current snapshot, from 1. */
  readonly version: number;
  readonly changes: readonly {
    readonly kind: string;
    readonly action: string;
    readonly name: string;
    readonly keys: readonly string[];
  }[];
  /** Keys that have changed, and keep their value until the gateway starts again. */
  readonly restartRequired: readonly string[];
}

/** A gateway in this process: its control thread is the thread that made it, its traffic threads are workers. */
export interface EmbeddedGateway extends AsyncDisposable {
  /** Of the public port: `http://127.0.0.1:PORT` if it listens on all addresses. */
  readonly url: string;
  /** Of the TLS port; null: the configuration has none. */
  readonly tlsUrl: string | null;
  readonly adminUrl: string;
  /** Whether it takes traffic, and if not, why: a sentence each. */
  readonly ready: boolean;
  readonly notReadyReasons: readonly string[];
  /**
   * Applies another configuration, or reads the file again. Resolves when every traffic thread uses it; an invalid one
   * changes nothing.
   *
   * @param config required if the gateway was made with one, not allowed if it was made with a file
   * @throws ConfigError if it is invalid; TypeError if `config` is missing or not allowed
   */
  reload(config?: Config): Promise<GatewayReload>;
  /**
   * A request to the admin API without a connection, as an operator would send it.
   *
   * @param path with the query, such as `/v1/api/clients`
   */
  admin(path: string, request?: AdminRequest): Promise<AdminAnswer>;
  /** Calls `listener` with each event from now on: reloads, backends that go down, threads that die. Returns its end. */
  onEvent(listener: (event: GatewayEvent) => void): () => void;
  /**
   * Stops accepting, lets running requests end within `server.drain_timeout`, and ends all threads, timers and
   * connections. Does not wait for `server.drain_delay`, which is for processes behind a load balancer. Later calls return the
   * same promise.
   */
  close(): Promise<void>;
}

/** Why a gateway with a valid configuration cannot start. The cause is in `cause`. */
export type StartFailure = 'port_in_use' | 'cannot_listen' | 'database' | 'other';
