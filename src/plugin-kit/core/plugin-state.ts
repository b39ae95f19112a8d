import type { PluginStateName } from './plugin-kit-vocabulary.ts';

/** Of a plugin in one traffic thread. */
export interface PluginState {
  readonly name: string;
  readonly state: PluginStateName;
  /** Why it could not be loaded; null: it runs. */
  readonly reason: string | null;
}
