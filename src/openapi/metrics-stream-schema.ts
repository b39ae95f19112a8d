/** The messages of /ws/metrics as one self-contained JSON Schema document: OpenAPI cannot describe them. */
import { FrameView } from '../telemetry/api/frame-view.ts';
import { NAMED_SCHEMAS } from './named-schemas.ts';

export function metricsStreamSchema(): object {
  const byId = new Map(NAMED_SCHEMAS.map((schema) => [schema.$id!, schema]));
  const definitions: Record<string, unknown> = {};

  /** A copy with references to `$defs`; the referenced schemas are collected on the way. */
  function localized(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(localized);
    if (typeof value !== 'object' || value === null) return value;
    const copy: Record<string, unknown> = {};
    for (const [key, inner] of Object.entries(value)) {
      if (key === '$id') continue;
      copy[key] = key === '$ref' ? localReference(String(inner).replace(/#$/, '')) : localized(inner);
    }
    return copy;
  }

  function localReference(id: string): string {
    if (!(id in definitions)) {
      definitions[id] = {};
      definitions[id] = localized(byId.get(id));
    }
    return `#/$defs/${id}`;
  }

  const frame = localized(FrameView) as object;
  return { $schema: 'https://json-schema.org/draft/2020-12/schema', ...frame, $defs: definitions };
}
