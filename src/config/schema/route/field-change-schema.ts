import { Type } from '@sinclair/typebox';

import { listOf, section, text } from '../schema-kinds.ts';

/** `request_headers` and `response_headers` of a route. Which names are allowed: check-field-changes.ts. */
export function fieldChanges(
  description: string,
  { example, isSecret }: { readonly example: string; readonly isSecret: boolean },
) {
  return section(
    {
      set: Type.Record(Type.String(), text('field-template', 'Value, with placeholders.', { secret: isSecret }), {
        default: {},
        description: `Fields to set, by name, instead of those that are there, such as \`${example}\`. Placeholders: docs/policies.md. A field whose value turns out empty is not sent.${isSecret ? ' Values are never shown.' : ''}`,
      }),
      add: Type.Record(Type.String(), text('field-template', 'Value, with placeholders.', { secret: isSecret }), {
        default: {},
        description: 'Fields to add beside those that are there.',
      }),
      remove: listOf(text('header-name', 'A name.'), [], 'Names of fields to remove, in every spelling.'),
    },
    description,
  );
}
