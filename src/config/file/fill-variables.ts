import type { TSchema } from '@sinclair/typebox';

import type { ConfigDocument } from './document.ts';
import { interpolate } from './interpolate.ts';
import type { Environment } from './read-variable.ts';
import { fromPointer, putAt, removeAt, valueAt } from './path.ts';
import { finding, type Finding } from './problem.ts';
import type { MayUse } from './references.ts';
import { coerce, isObjectSchema, schemaAt } from '../schema/schema-at.ts';

/**
 * Substitutes environment variables in every text value of a document, in place, after it was parsed. Then removes
 * known keys without a value (`token:`, or an empty `${TOKEN:-}`): they get the default.
 */
export function fillVariables(
  document: ConfigDocument,
  schema: TSchema,
  environment: Environment,
  mayUse: MayUse = () => true,
): readonly Finding[] {
  const findings: Finding[] = [];
  for (const [pointer, origin] of document.origins) {
    const path = fromPointer(pointer);
    const value = valueAt(document.root, path);
    let isEmpty = value === null;
    if (typeof value === 'string' && value.includes('${')) {
      const { text, variables, isWhole, mistakes } = interpolate(value, environment, (name) => mayUse(name, path));
      findings.push(...mistakes.map((message) => finding(path, message)));
      const interpolated = isWhole ? coerce(schemaAt(schema, path), text) : text;
      if (variables.length > 0) document.origins.set(pointer, { ...origin, variables, reference: value, interpolated });
      isEmpty = mistakes.length > 0 || (isWhole && text === '');
      putAt(document.root, path, interpolated);
    }
    if (isEmpty && isKnownKey(schema, path)) removeAt(document.root, path);
  }
  return findings;
}

/** Names of pools are kept: an empty pool is a mistake to report. */
function isKnownKey(schema: TSchema, path: readonly string[]): boolean {
  const parent = schemaAt(schema, path.slice(0, -1));
  return (
    path.length > 0 && parent !== undefined && isObjectSchema(parent) && Object.hasOwn(parent.properties, path.at(-1)!)
  );
}
