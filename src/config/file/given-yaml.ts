import type { TSchema } from '@sinclair/typebox';
import { stringify } from 'yaml';

import { schemaAt } from '../schema/schema-at.ts';
import { HIDDEN } from '../to-file.ts';
import type { ConfigDocument } from './document.ts';
import { toPointer, type Path } from './path.ts';

/**
 * What a document says, as YAML: without defaults, with flags, with variables as they were written and secrets hidden.
 * @param document with its variables filled in.
 */
export function givenYaml(document: ConfigDocument, schema: TSchema): string {
  const shown = (value: unknown, path: Path): unknown => {
    const reference = document.origins.get(toPointer(path))?.reference;
    const isSecret = schemaAt(schema, path)?.secret === true;
    // A default, or the text beside a variable, can be the secret.
    if (reference !== undefined) return isSecret && !/^\$\{\w+\}$/.test(reference) ? HIDDEN : reference;
    if (Array.isArray(value)) return value.map((item, at) => shown(item, [...path, String(at)]));
    if (typeof value === 'object' && value !== null) {
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shown(inner, [...path, key])]));
    }
    if (isSecret) return HIDDEN;
    return typeof value === 'string' ? value.replaceAll('${', () => '$${') : value;
  };
  return stringify(shown(document.root, []), { aliasDuplicateObjects: false, lineWidth: 0 });
}
