/** Bodies of /v1/api/plugins. */
import { Type, type Static } from '@sinclair/typebox';
import { nullable } from '../../api/json-types.ts';
import { stringEnum } from '../../api/string-enum.ts';
import type { ConfiguredPlugin } from '../../reload/configuration.ts';
import { ON_PLUGIN_ERROR, PLUGIN_STATES, type PluginStateName } from '../core/plugin-kit-vocabulary.ts';
import type { PluginState } from '../core/plugin-state.ts';
import { ERROR_COUNTER, type PluginRuntime } from '../plugin-runtime.ts';

const OptionView = Type.Object({
  key: Type.String({ description: 'In `plugins.NAME.options`; nested ones dotted' }),
  description: nullable(Type.String({ description: 'Null: the schema of the plugin has none' })),
  allowed: Type.String({ description: 'In words: `an integer from 1 to 10`' }),
  default: nullable(Type.String({ description: 'As JSON; null: none' })),
  required: Type.Boolean(),
  value: nullable(
    Type.String({
      description: 'As JSON; `***` for a secret, `${NAME}` for the value of a variable; null: it has none',
    }),
  ),
  set: Type.Boolean({ description: 'It differs from the default' }),
  error: nullable(Type.String({ description: 'Why the last reload was refused, if that was because of it' })),
});

const PluginView = Type.Object({
  name: Type.String(),
  file: Type.String({ description: 'As in the configuration' }),
  revision: Type.String({ description: 'Changes with the contents of the file and of the modules that it imports' }),
  timeout_ms: Type.Number(),
  on_error: stringEnum(ON_PLUGIN_ERROR),
  state: stringEnum(PLUGIN_STATES, {
    description:
      '`running`: as configured; `outdated`: that cannot be loaded, and the instance before it goes on; `failed`: its requests ' +
      'fail. The worst of all traffic threads',
  }),
  reason: nullable(Type.String({ description: 'Why it could not be loaded' })),
  errors_total: Type.Integer({ description: 'Hooks that failed, since the start' }),
  counters: Type.Record(Type.String(), Type.Integer(), { description: 'Its own, since the start' }),
  routes: Type.Array(Type.String(), { description: 'Names of those that run it' }),
  options: Type.Array(OptionView),
});

export const PluginsView = Type.Object({ items: Type.Array(PluginView) }, { $id: 'Plugins', title: 'Plugins' });

/** @param states a list from each thread */
export function pluginsView(
  plugins: readonly ConfiguredPlugin[],
  states: readonly (readonly PluginState[])[],
  counts: ReturnType<PluginRuntime['counts']>,
): Static<typeof PluginsView> {
  const items = plugins.map(({ name, file, revision, timeoutMs, onError, routes, options }) => {
    const [state, reason] = worst(states.flatMap((each) => each.filter((one) => one.name === name)));
    const own = counts.filter(({ plugin }) => plugin === name);
    return {
      name,
      file,
      revision,
      timeout_ms: timeoutMs,
      on_error: onError,
      state,
      reason,
      errors_total: own.find(({ counter }) => counter === ERROR_COUNTER)?.value ?? 0,
      counters: Object.fromEntries(
        own.filter(({ counter }) => counter !== ERROR_COUNTER).map(({ counter, value }) => [counter, value]),
      ),
      routes: [...routes],
      options: options.map(({ fallback, isRequired, isSecret: _, isSet, ...option }) => ({
        ...option,
        default: fallback,
        required: isRequired,
        set: isSet,
      })),
    };
  });
  return { items };
}

function worst(states: readonly PluginState[]): readonly [PluginStateName, string | null] {
  const last = PLUGIN_STATES.findLast((name) => states.some(({ state }) => state === name));
  const found = states.find(({ state }) => state === last);
  return found === undefined ? ['running', null] : [found.state, found.reason];
}
