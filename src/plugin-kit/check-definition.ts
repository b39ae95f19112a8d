/** Whether what a file exports is a plugin. */
import { isPluginName, PLUGIN_HOOKS, PLUGIN_NAME_RULE } from './core/plugin-kit-vocabulary.ts';
import type { PluginDefinition, PluginHooks } from './define-plugin.ts';

/** Throws a TypeError that says what is wrong with it. @param exported the default export of its file */
export function asDefinition(exported: unknown): PluginDefinition {
  if (exported === undefined)
    throw new TypeError('there is no default export; write `export default definePlugin({ … })`');
  if (!isRecord(exported)) throw new TypeError('the default export must be a plugin: use definePlugin');
  const { name, create, options } = exported;
  if (typeof name !== 'string' || !isPluginName(name)) {
    throw new TypeError(`the name of the plugin must be ${PLUGIN_NAME_RULE}; found ${JSON.stringify(name)}`);
  }
  if (typeof create !== 'function') throw new TypeError('the plugin has no function `create`');
  if (options !== undefined && !(isRecord(options) && options['type'] === 'object')) {
    throw new TypeError('`options` of the plugin must be a TypeBox object: Type.Object({ … })');
  }
  return exported as unknown as PluginDefinition;
}

/** Throws a TypeError. @param created what the plugin's `create` returned */
export function asHooks(created: unknown): PluginHooks {
  if (!isRecord(created)) throw new TypeError('`create` must return an object with hooks');
  for (const [key, value] of Object.entries(created)) {
    if (!(PLUGIN_HOOKS as readonly string[]).includes(key)) {
      throw new TypeError(`${JSON.stringify(key)} is not a hook; hooks: ${PLUGIN_HOOKS.join(', ')}`);
    }
    if (value !== undefined && typeof value !== 'function') throw new TypeError(`the hook ${key} must be a function`);
  }
  return created as PluginHooks;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
