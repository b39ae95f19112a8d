/**
 * The plugins of a traffic thread. What was loaded stays in use until its successor is ready: a plugin whose new file
 * cannot be loaded runs on as it was, and one that never could fails every request that needs it.
 */
import { isDeepStrictEqual } from 'node:util';
import type { SnapshotPlugin } from '../../config/snapshot.ts';
import type { PluginState } from '../../plugin-kit/core/plugin-state.ts';
import type { RoutePlugins } from '../../routing/route-policies.ts';
import { asDefinition } from '../../plugin-kit/check-definition.ts';
import type { PluginDefinition } from '../../plugin-kit/define-plugin.ts';
import { PluginInstance, type PluginPorts } from './plugin-instance.ts';
import { PluginChain } from './plugin-run.ts';

/** Rejects with what the module throws. Returns its default export. */
export type ImportPlugin = (file: string, revision: string) => Promise<unknown>;

export class PluginSet {
  readonly #ports: PluginPorts;
  readonly #import: ImportPlugin;
  #instances = new Map<string, PluginInstance>();
  /** Why the one that is configured could not be loaded, by name. */
  readonly #failures = new Map<string, string>();
  /** Those that requests may still use once the snapshot has been swapped. */
  #replaced: PluginInstance[] = [];

  constructor(ports: PluginPorts, importPlugin: ImportPlugin) {
    this.#ports = ports;
    this.#import = importPlugin;
  }

  /** Something is new, has changed or is gone. */
  isConcerned(plugins: readonly SnapshotPlugin[]): boolean {
    if (plugins.length !== this.#instances.size) return true;
    return plugins.some((settings) => !isUnchanged(this.#instances.get(settings.name), settings));
  }

  /** Loads what is new or has changed; never rejects. Then compile the snapshot, and call retire(). */
  async load(plugins: readonly SnapshotPlugin[]): Promise<void> {
    const next = new Map<string, PluginInstance>();
    // One after the other: they may depend on the order in which modules with side effects are loaded.
    for (const settings of plugins) {
      const before = this.#instances.get(settings.name);
      next.set(settings.name, isUnchanged(before, settings) ? before : await this.#make(settings, before));
    }
    for (const name of this.#failures.keys()) if (!next.has(name)) this.#failures.delete(name);
    const kept = new Set(next.values());
    this.#replaced.push(...[...this.#instances.values()].filter((instance) => !kept.has(instance)));
    this.#instances = next;
  }

  states(): readonly PluginState[] {
    return [...this.#instances].map(([name, { isWorking }]) => {
      const reason = this.#failures.get(name) ?? null;
      return { name, state: reason === null ? 'running' : isWorking ? 'outdated' : 'failed', reason };
    });
  }

  /** For a route. @param names of plugins in the snapshot that was loaded */
  chain(names: readonly string[]): RoutePlugins {
    return new PluginChain(names.map((name) => this.#instances.get(name)!));
  }

  /** No new request uses those that were replaced. */
  retire(): void {
    for (const instance of this.#replaced.splice(0)) instance.retire();
  }

  /** The thread stops. */
  close(): void {
    this.#replaced.push(...this.#instances.values());
    this.#instances.clear();
    this.retire();
  }

  async #make(settings: SnapshotPlugin, before: PluginInstance | undefined): Promise<PluginInstance> {
    try {
      const definition = asDefinition(await this.#import(settings.file, settings.revision));
      const instance = new PluginInstance(definition, settings, this.#ports);
      this.#failures.delete(settings.name);
      return instance;
    } catch (error) {
      this.#failures.set(settings.name, error instanceof Error ? error.message : String(error));
      const isKept = before !== undefined && before.isWorking;
      const message = isKept ? 'plugin cannot be loaded: the earlier one goes on' : 'plugin cannot be loaded';
      this.#ports.log.error({ plugin: settings.name, file: settings.file, err: error }, message);
      return isKept ? before : PluginInstance.broken(settings, this.#ports, error);
    }
  }
}

function isUnchanged(before: PluginInstance | undefined, settings: SnapshotPlugin): before is PluginInstance {
  return before !== undefined && isDeepStrictEqual(before.settings, settings);
}

/** For tests and examples that have the plugin at hand. */
export function importFrom(plugins: Readonly<Record<string, PluginDefinition>>): ImportPlugin {
  return async (file) => plugins[file];
}
