import type { ConfigDocument, Origin } from './document.ts';
import { toPointer, type Path } from './path.ts';

/** The values that a configuration in code evaluated to, as a document without positions. They are bounded. */
export function evaluatedDocument(root: unknown, source: string): ConfigDocument {
  const origins = new Map<string, Origin>();
  const note = (value: unknown, path: Path): void => {
    origins.set(toPointer(path), { source, key: null, value: null, text: null, variables: [] });
    if (typeof value !== 'object' || value === null) return;
    for (const [key, inner] of Object.entries(value)) note(inner, [...path, key]);
  };
  note(root, []);
  return { source, root: root as Record<string, unknown>, origins };
}
