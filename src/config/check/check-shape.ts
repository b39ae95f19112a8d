import { Kind, type TSchema } from '@sinclair/typebox';
import { Value, ValueErrorType } from '@sinclair/typebox/value';

import type { ConfigDocument } from '../file/document.ts';
import { explainUnknownKey, explainValue } from '../schema/explain.ts';
import { fromPointer, toPointer } from '../file/path.ts';
import { referenceAt } from '../file/references.ts';
import { finding, MAX_PROBLEMS, type Finding } from '../file/problem.ts';

/**
 * What the schema refuses in `value`, at most one more than is shown: one finding per wrong value, unknown key and
 * missing key. `value` includes its defaults; `document` has the original text.
 */
export function checkShape(schema: TSchema, value: unknown, document: ConfigDocument): readonly Finding[] {
  // A quarter of the time that looking for errors takes.
  if (Value.Check(schema, value)) return [];
  const findings = new Map<string, Finding>();
  for (const error of Value.Errors(schema, value)) {
    // The first error of a path is enough: a missing key is reported again as having the wrong type.
    if (findings.has(error.path)) continue;
    if (findings.size > MAX_PROBLEMS) break;
    const path = fromPointer(error.path);
    if (error.type === ValueErrorType.ObjectAdditionalProperties) {
      const message = explainUnknownKey(path.at(-1) ?? '', error.schema, { root: schema, parent: path.at(-2) });
      findings.set(error.path, finding(path, message, { atKey: true }));
    } else if (error.type === ValueErrorType.ArrayMinItems || error.type === ValueErrorType.ObjectMinProperties) {
      const what = error.schema[Kind] === 'Array' ? 'list' : 'mapping';
      findings.set(error.path, finding(path, `the ${what} is empty; at least one is needed`));
    } else {
      const message = explainValue(
        error.schema,
        error.value,
        document.origins.get(toPointer(path)),
        referenceAt(document, path),
      );
      findings.set(error.path, finding(path, message));
    }
  }
  return [...findings.values()];
}
