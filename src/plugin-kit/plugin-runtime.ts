/** How the plugins of a running gateway do. */
import type { PluginState } from './core/plugin-state.ts';

export interface PluginRuntime {
  /** A list from each running traffic thread. */
  states(): Promise<readonly (readonly PluginState[])[]>;
  /** Over all threads, since the start; those of the gateway's own begin with a dot. */
  counts(): readonly { readonly plugin: string; readonly counter: string; readonly value: number }[];
}

/** Counted by the gateway; no counter of a plugin can have this name. */
export const ERROR_COUNTER = '.errors';
