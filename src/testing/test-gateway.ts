/** What `import … from 'sluice/testing'` offers, as types: the package declares them without compiling the gateway. */
import type { Config } from '../config/code/config-input.ts';
import type { PluginDefinition } from '../plugin-kit/define-plugin.ts';

export interface TestGatewayOptions {
  /**
   * The configuration, as in a file. Default: a pool for each backend, and a route to the only one. `file` of a plugin is
   * its name in `plugins`.
   */
  readonly config?: Partial<Config>;
  /** By the name of their pool. Default: a pool `web` that answers 200. */
  readonly backends?: Readonly<Record<string, TestBackend>>;
  /** By the `file` that the configuration names. */
  readonly plugins?: Readonly<Record<string, PluginDefinition>>;
  /** Registered clients: id to API key. */
  readonly clients?: Readonly<Record<string, string>>;
  /** The time of day at the start. Default: 2030-01-01T00:00:00Z. */
  readonly now?: Date;
}

export interface TestGateway {
  /** Sends a request; rejects if it gets no answer. */
  inject(options?: InjectOptions): Promise<Injected>;
  /** @param time ms, or a duration such as `10s` */
  advance(time: number | string): void;
  /** What the backends received, in order. */
  readonly requests: readonly BackendRequest[];
  /** Lines of the log. */
  readonly log: readonly Readonly<Record<string, unknown>>[];
  /** What a plugin has counted. */
  counter(plugin: string, counter: string): number;
  close(): Promise<void>;
}

export interface InjectOptions {
  /** Default: GET. */
  readonly method?: string;
  /** Path and query. Default: `/`. */
  readonly path?: string;
  /** Default: a Host of `localhost`. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Uint8Array;
  /** Address of the client. Default: 127.0.0.1. */
  readonly address?: string;
}

export interface Injected {
  readonly status: number;
  /** By name in lower case; several of one name are joined, `set-cookie` is a list. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
  json<T>(): T;
}

/** What a backend gets. */
export interface BackendRequest {
  readonly pool: string;
  /** Id of the backend. */
  readonly backend: string;
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  /** By name in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

/** What it answers; an error that it throws is a connection that breaks. */
export interface BackendAnswer {
  /** Default: 200. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Default: empty. */
  readonly body?: string | Uint8Array;
}

export type TestBackend = (request: BackendRequest) => BackendAnswer | Promise<BackendAnswer>;

/**
 * A gateway in a test: the real traffic plane, but no port, no backend and no clock. create-test-gateway.ts says what is
 * different.
 *
 * Rejects with a ConfigError if the configuration is wrong, with a TypeError if the options of a plugin are.
 */
export declare function createTestGateway(options?: TestGatewayOptions): Promise<TestGateway>;
