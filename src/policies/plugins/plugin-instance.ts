/** A plugin that runs in this thread. */
import type { Logger } from 'pino';
import { Occasionally } from '../../core/occasionally.ts';
import type { SharedClock } from '../../runtime/shared-clock.ts';
import { ERROR_COUNTER } from '../../plugin-kit/plugin-runtime.ts';
import { asHooks } from '../../plugin-kit/check-definition.ts';
import {
  isPluginName,
  PLUGIN_NAME_RULE,
  type PluginHook,
  SLOW_HOOK_MS,
} from '../../plugin-kit/core/plugin-kit-vocabulary.ts';
import type { PluginCounterTable } from '../../runtime/plugin-counter-table.ts';
import type {
  PluginCounters,
  PluginDefinition,
  PluginEnvironment,
  PluginHooks,
} from '../../plugin-kit/define-plugin.ts';
import type { SnapshotPlugin } from '../../config/snapshot.ts';

export interface PluginPorts {
  readonly log: Logger;
  readonly clock: SharedClock;
  readonly random: () => number;
  readonly counters: PluginCounterTable;
  readonly thread: number;
}

/** A plugin that fails does so often: one line of the log in this time tells it, ms. */
const LOG_MS = 1000;

export class PluginInstance {
  readonly settings: SnapshotPlugin;
  readonly hooks: PluginHooks;
  /** It was loaded. */
  isWorking = true;
  readonly #ports: PluginPorts;
  readonly #errors: number;
  readonly #said = new Occasionally(LOG_MS);
  readonly #closers: (() => void | Promise<void>)[] = [];
  #requests = 0;
  #isRetired = false;

  /** Throws what the plugin throws, or a TypeError if it makes no hooks. */
  constructor(definition: PluginDefinition, settings: SnapshotPlugin, ports: PluginPorts) {
    this.settings = settings;
    this.#ports = ports;
    this.#errors = ports.counters.cell(settings.name, ERROR_COUNTER);
    this.hooks = asHooks(definition.create(this.#environment()));
  }

  /** One that could not be loaded: each of its requests fails with the reason. */
  static broken(settings: SnapshotPlugin, ports: PluginPorts, reason: unknown): PluginInstance {
    const request = (): never => {
      throw reason;
    };
    const instance = new PluginInstance({ name: settings.name, create: () => ({ request }) }, settings, ports);
    instance.isWorking = false;
    return instance;
  }

  /** Runs a hook of it; its errors come out. */
  run<Result>(hook: PluginHook, call: () => Result): Result {
    const { counters, thread, clock } = this.#ports;
    const startMs = clock.nowMs();
    counters.mark(thread, this.settings.number);
    try {
      return call();
    } finally {
      counters.mark(thread, 0);
      const durationMs = clock.nowMs() - startMs;
      if (durationMs > SLOW_HOOK_MS)
        this.#warn(hook, { duration_ms: Math.round(durationMs) }, 'plugin blocks its thread');
    }
  }

  /** Counts and logs it. */
  failed(hook: PluginHook, error: unknown): void {
    this.#ports.counters.add(this.#errors, 1);
    this.#warn(hook, { err: error }, 'plugin failed');
  }

  /** What a hook does after its end has no effect. It is no throw: nobody might catch it, and the thread would end. */
  late(hook: PluginHook): void {
    this.#warn(hook, {}, 'plugin acts after its hook has ended: ignored');
  }

  /** A request uses it until release(). */
  hold(): void {
    this.#requests += 1;
  }

  release(): void {
    this.#requests -= 1;
    this.#closeWhenIdle();
  }

  /** Another one takes its place. */
  retire(): void {
    this.#isRetired = true;
    this.#closeWhenIdle();
  }

  #closeWhenIdle(): void {
    if (!this.#isRetired || this.#requests > 0) return;
    for (const close of this.#closers.splice(0)) {
      // Whatever it throws, now or later.
      void new Promise((resolve) => resolve(close())).catch((error: unknown) => this.failed('done', error));
    }
  }

  #warn(hook: PluginHook, fields: object, message: string): void {
    const { log, clock } = this.#ports;
    const { name } = this.settings;
    if (this.#said.isDue(message, clock.nowMs())) log.error({ plugin: name, hook, ...fields }, message);
  }

  #environment(): PluginEnvironment<never> {
    const { clock, log, random } = this.#ports;
    return {
      options: this.settings.options as never,
      clock: { nowMs: clock.nowMs, wallMs: clock.wallNowMs },
      random,
      log: log.child({ plugin: this.settings.name }),
      fetch: globalThis.fetch,
      counters: this.#counters(),
      onClose: (listener) => void this.#closers.push(listener),
    };
  }

  #counters(): PluginCounters {
    const { counters } = this.#ports;
    const cells = new Map<string, number>();
    const cellOf = (name: string): number => {
      const known = cells.get(name);
      if (known !== undefined) return known;
      if (!isPluginName(name))
        throw new TypeError(`the name of a counter must be ${PLUGIN_NAME_RULE}; found ${JSON.stringify(name)}`);
      const cell = counters.cell(this.settings.name, name);
      cells.set(name, cell);
      return cell;
    };
    return {
      add: (name, by = 1) => {
        if (!Number.isSafeInteger(by) || by < 1) throw new RangeError(`found ${by}; allowed: a whole number above 0`);
        counters.add(cellOf(name), by);
      },
      get: (name) => counters.get(cellOf(name)),
    };
  }
}
