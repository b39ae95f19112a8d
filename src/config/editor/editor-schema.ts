/** The JSON Schema of a configuration for editors, with the options of its plugins. */
import { type Json, toJsonSchema } from './json-schema.ts';
import { ConfigSchema } from '../schema/schema.ts';

/** @param plugins by name: the JSON Schema of their options */
export function editorSchema(plugins: ReadonlyMap<string, Json>): Json {
  const schema = toJsonSchema(ConfigSchema);
  if (plugins.size === 0) return schema;
  const named = (key: string) => ({ items: { enum: [...plugins.keys()] }, key });
  return changed(schema, {
    plugins: (all) => ({ ...all, properties: withOptions(all['additionalProperties'] as Json, plugins) }),
    routes: (routes) => ({ ...routes, items: withNames(routes['items'] as Json, named('plugins')) }),
    route_defaults: (defaults) => withNames(defaults, named('plugins')),
  });
}

function withOptions(plugin: Json, plugins: ReadonlyMap<string, Json>): Json {
  return Object.fromEntries(
    [...plugins].map(([name, schema]) => {
      const one = changed(plugin, { options: ({ description }) => ({ description, ...schema }) });
      const required = [
        ...((plugin['required'] ?? []) as string[]),
        ...(schema['required'] === undefined ? [] : ['options']),
      ];
      return [name, { ...one, required }];
    }),
  );
}

/** The items of a list are these names. */
function withNames(schema: Json, { items, key }: { readonly items: Json; readonly key: string }): Json {
  return changed(schema, { [key]: (list) => ({ ...list, items }) });
}

function changed(schema: Json, changes: Readonly<Record<string, (property: Json) => Json>>): Json {
  const properties = { ...(schema['properties'] as Record<string, Json>) };
  for (const [key, change] of Object.entries(changes)) properties[key] = change(properties[key]!);
  return { ...schema, properties };
}
