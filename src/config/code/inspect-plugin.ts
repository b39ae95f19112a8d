/** Whether a file exports a plugin, and whether its options are as it wants them. Runs on the thread of the evaluation. */
import type { TSchema } from '@sinclair/typebox';
import { Value, ValueErrorType } from '@sinclair/typebox/value';
import { asDefinition } from '../../plugin-kit/check-definition.ts';
import { fromPointer } from '../file/path.ts';
import type { Finding } from '../file/problem.ts';
import { explainUnknownKey, explainValue } from '../schema/explain.ts';
import { fillDefaults } from '../schema/fill-defaults.ts';
import { isObjectSchema } from '../schema/schema-at.ts';
import type { EvaluationOutcome } from './evaluate-in-worker.ts';
import { describeOptions, isSecret, type PluginOptions } from './plugin-options.ts';

/** The value of the outcome; can be cloned. */
export interface InspectedPlugin {
  /** With their defaults. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly about: PluginOptions;
}

type Inspection = { readonly value: InspectedPlugin } | Exclude<EvaluationOutcome, { readonly value: unknown }>;

/** @param exported the default export @param options null: they are not checked, and left out of the value */
export function inspectPlugin(exported: unknown, options: Readonly<Record<string, unknown>> | null): Inspection {
  let schema;
  try {
    ({ options: schema } = asDefinition(exported));
  } catch (error) {
    return { failure: (error as Error).message };
  }
  const about = describeOptions(schema);
  if (options === null) return { value: { options: {}, about } };
  if (schema === undefined) {
    const findings = Object.keys(options).map((key) => ({ path: [key], message: 'the plugin has no options' }));
    return findings.length > 0 ? { findings } : { value: { options: {}, about } };
  }
  const filled = fillDefaults(schema, structuredClone(options)) as Readonly<Record<string, unknown>>;
  const findings = new Map<string, Finding>();
  for (const error of Value.Errors(schema, filled)) {
    if (findings.has(error.path)) continue;
    const path = fromPointer(error.path);
    const isUnknown = error.type === ValueErrorType.ObjectAdditionalProperties;
    const message = isUnknown
      ? explainUnknownKey(path.at(-1) ?? '', error.schema)
      : explainValue(hiding(error.schema, path.at(-1) ?? ''), error.value, undefined, undefined);
    findings.set(error.path, { path, message });
  }
  // TypeBox allows further keys unless told otherwise; here they are mistakes.
  if (isObjectSchema(schema) && schema.additionalProperties === undefined) {
    for (const key of Object.keys(options)) {
      if (!Object.hasOwn(schema.properties, key))
        findings.set(`/${key}`, { path: [key], message: explainUnknownKey(key, schema) });
    }
  }
  return findings.size > 0 ? { findings: [...findings.values()] } : { value: { options: filled, about } };
}

/** Messages show no value of it if it is a secret. */
function hiding(schema: TSchema, name: string): TSchema {
  return isSecret(schema, name) ? { ...schema, secret: true } : schema;
}
