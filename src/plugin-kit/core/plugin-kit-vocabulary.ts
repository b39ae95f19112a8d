/** Words and ranges of plugins that users write. */

/** What happens to a request when a plugin throws, or takes too long: it is answered 500, or goes on without it. */
export const ON_PLUGIN_ERROR = ['deny', 'skip'] as const;
export type OnPluginError = (typeof ON_PLUGIN_ERROR)[number];

/**
 * Of a plugin in a traffic thread: it runs as configured; what is configured cannot be loaded, and the instance before it
 * goes on; or there is none, and its requests fail.
 */
export const PLUGIN_STATES = ['running', 'outdated', 'failed'] as const;
export type PluginStateName = (typeof PLUGIN_STATES)[number];

/** What a plugin may do with a request, in this order. */
export const PLUGIN_HOOKS = ['request', 'response', 'done'] as const;
export type PluginHook = (typeof PLUGIN_HOOKS)[number];

/** Names of plugins and of their counters. */
export const PLUGIN_NAME_RULE = '1 to 40 lower-case letters, digits, dashes and underscores, beginning with a letter';

export function isPluginName(text: string): boolean {
  return /^[a-z][a-z0-9_-]{0,39}$/.test(text);
}

/** A hook that keeps its thread busy for longer delays every other request of the thread; ms. */
export const SLOW_HOOK_MS = 100;
