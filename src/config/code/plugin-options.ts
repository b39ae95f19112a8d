/** What a plugin's own schema says of its options: for editors, and for people. */
import type { TObject, TSchema } from '@sinclair/typebox';
import { SecretNames } from '../../recording/core/secret-names.ts';
import { allowedText } from '../schema/explain.ts';
import type { Json } from '../editor/json-schema.ts';
import { isObjectSchema } from '../schema/schema-at.ts';

/** Can be cloned: it comes from another thread. */
export interface PluginOptions {
  /** JSON Schema of `plugins.NAME.options`; keys with a default are optional. */
  readonly schema: Json;
  /** One for each key, nested ones dotted, in the order of the schema. */
  readonly options: readonly PluginOption[];
}

export interface PluginOption {
  /** `service.ttl` */
  readonly key: string;
  /** Null: the schema has none. */
  readonly description: string | null;
  /** `an integer from 1 to 10` */
  readonly allowed: string;
  /** As JSON; null: none. */
  readonly fallback: string | null;
  readonly isRequired: boolean;
  /** Its value is not shown: the schema says `writeOnly`, or its name does. */
  readonly isSecret: boolean;
}

const NO_SECRETS = new SecretNames([]);
/** Of the file. */
const MAX_LEVELS = 32;

/** @param schema undefined: the plugin has no options */
export function describeOptions(schema: TObject | undefined): PluginOptions {
  if (schema === undefined)
    return { schema: { type: 'object', additionalProperties: false, properties: {} }, options: [] };
  return { schema: editorShape(schema), options: optionsIn(schema, [], true) };
}

function optionsIn(schema: TObject, path: readonly string[], isNeeded: boolean): readonly PluginOption[] {
  return Object.entries(schema.properties).flatMap(([name, one]) => {
    const here = [...path, name];
    const isRequired = isNeeded && (schema.required ?? []).includes(name) && one.default === undefined;
    if (isObjectSchema(one) && here.length < MAX_LEVELS) return optionsIn(one, here, isRequired);
    return [
      {
        key: here.join('.'),
        description: textOf(one.description),
        allowed: allowedText(one),
        fallback: jsonOf(one.default),
        isRequired,
        isSecret: isSecret(one, name),
      },
    ];
  });
}

/** Numbers and switches with such a name are counts: `max_tokens`. */
export function isSecret(schema: TSchema, name: string): boolean {
  // Also what is within a list or a mapping.
  if (/"writeOnly":true|"secret":true|"format":"password"/.test(jsonOf(schema) ?? '')) return true;
  return NO_SECRETS.has(name) && !['number', 'integer', 'boolean'].includes(String(schema['type']));
}

/** As JSON, without what the names in it say to be secret; undefined becomes null. */
export function shownJson(value: unknown, hidden: string): string | null {
  const mask = (name: string, inner: unknown): unknown => (NO_SECRETS.hidesField(name, inner) ? hidden : inner);
  return (JSON.stringify(value, mask) as string | undefined) ?? null;
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function jsonOf(value: unknown): string | null {
  return (JSON.stringify(value) as string | undefined) ?? null;
}

/** As the check reads it: what has a default may be left out, and further keys are mistakes unless it allows them. */
function editorShape(schema: TObject): Json {
  const {
    properties,
    required: _,
    ...rest
  } = JSON.parse(JSON.stringify(schema)) as { properties: Json; required: unknown };
  const required = (schema.required ?? []).filter((key) => schema.properties[key]!.default === undefined);
  return {
    additionalProperties: false,
    ...rest,
    ...(required.length === 0 ? {} : { required }),
    properties: Object.fromEntries(
      Object.entries(schema.properties).map(([key, one]) => [
        key,
        isObjectSchema(one) ? editorShape(one) : properties[key],
      ]),
    ),
  };
}
