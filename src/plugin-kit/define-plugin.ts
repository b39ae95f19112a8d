/**
 * The contract between the gateway and the plugins that users write: what `import { definePlugin } from 'sluice'` offers.
 * docs/plugins.md explains it with examples.
 */
import type { Static, TObject } from '@sinclair/typebox';

/** A plugin, the default export of its file. */
export interface PluginDefinition<Options extends TObject = TObject> {
  /** In logs and metrics; the configuration may give it another. */
  readonly name: string;
  /**
   * A TypeBox object: the keys that `plugins.NAME.options` of the configuration may have. They are checked with it, and
   * defaults are filled in, before the plugin is created. Default: it has no options.
   */
  readonly options?: Options;
  /** Called once in each traffic thread, and again when the file or the options change. */
  create(environment: PluginEnvironment<Static<Options>>): PluginHooks;
}

/** What an instance gets. Use these instead of globals, and tests can move the clock. */
export interface PluginEnvironment<Options> {
  readonly options: Options;
  readonly clock: {
    /** Monotonic, the same in all threads; ms. */
    nowMs(): number;
    /** Since 1970; ms. */
    wallMs(): number;
  };
  /** 0 ≤ x < 1. */
  readonly random: () => number;
  readonly log: PluginLog;
  readonly fetch: typeof globalThis.fetch;
  readonly counters: PluginCounters;
  /** Called when the instance is replaced or the gateway stops, once its requests are done. */
  onClose(listener: () => void | Promise<void>): void;
}

export interface PluginLog {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/**
 * The only state that the threads of a gateway share: whole numbers by name, in `/metrics` as
 * `sluice_plugin_counter_total{plugin,counter}`. At most 256 names in a gateway.
 */
export interface PluginCounters {
  /** @param by a whole number above 0; default 1 */
  add(name: string, by?: number): void;
  /** The sum over all threads. */
  get(name: string): number;
}

/** Each is optional. An instance serves many requests at a time: keep what belongs to one of them in its `state`. */
export interface PluginHooks {
  /**
   * Before a backend is picked. It may answer, change what the backend gets, or do nothing; a promise delays the request,
   * for at most `plugins.NAME.timeout`.
   */
  request?(context: PluginRequest): void | Promise<void>;
  /** The head of an answer, from a backend or of the gateway itself, before the client gets it; nothing waits for a promise. */
  response?(context: PluginResponse): void;
  /** The answer is sent, or the client left. */
  done?(context: PluginDone): void;
}

/** What is known about a request in every hook. */
export interface PluginContext {
  /** As in the access log. */
  readonly id: string;
  readonly method: string;
  readonly scheme: 'http' | 'https';
  /** The Host field; empty: none. */
  readonly host: string;
  /** As received, without the query. */
  readonly path: string;
  /** Decoded; changing it changes nothing. */
  readonly query: URLSearchParams;
  /** The name of its route. */
  readonly route: string;
  readonly client: {
    /** Behind trusted proxies. */
    readonly address: string;
    /** Of a registered client; null: an address, or not identified. */
    readonly id: string | null;
  };
  /** Of a verified JSON Web Token; null: none. */
  readonly claims: Readonly<Record<string, unknown>> | null;
  /** For what this plugin keeps from one hook to the next, about this request. */
  readonly state: Map<string, unknown>;
}

/**
 * Header fields by name, in any case. Names that frame a message or belong to a connection throw when changed. Once the hook has
 * ended, or was given up, changes do nothing.
 */
export interface PluginHeaders {
  /** Values of several fields are joined with a comma. */
  get(name: string): string | undefined;
  has(name: string): boolean;
  /** Replaces all fields of this name, in every spelling. */
  set(name: string, value: string): void;
  add(name: string, value: string): void;
  remove(name: string): void;
}

export interface PluginRequest extends PluginContext {
  /** As the client sent them; changes are for the backend. */
  readonly headers: PluginHeaders;
  /** Aborted when the client leaves or the time is up: pass it to fetch. */
  readonly signal: AbortSignal;
  /**
   * Answers instead of a backend; later plugins and the backend are left out.
   *
   * @param status 200 to 599. @param body text, bytes, or anything else as JSON; default: none
   */
  answer(status: number, body?: unknown, headers?: Readonly<Record<string, string>>): void;
}

export interface PluginResponse extends PluginContext {
  readonly status: number;
  readonly headers: PluginHeaders;
}

export interface PluginDone extends PluginContext {
  /** 0: the client left before there was one. */
  readonly status: number;
  readonly durationMs: number;
  /** The client left, or the answer was cut. */
  readonly isAborted: boolean;
  /** Code of the gateway's own answer, such as `GW_NO_BACKEND`; null: a backend or a plugin answered. */
  readonly error: string | null;
  /** Id of the backend that answered, or the last that was tried; null: none. */
  readonly backend: string | null;
}

/** Checks a plugin's types where it is written; returns it unchanged. */
export function definePlugin<Options extends TObject>(plugin: PluginDefinition<Options>): PluginDefinition<Options> {
  return plugin;
}
