import { Type } from '@sinclair/typebox';

import { text } from '../schema-kinds.ts';

/** `rewrite` of a route. Which keys may be combined: check-rewrite.ts. */
export const RewriteSchema = Type.Optional(
  Type.Object(
    {
      prefix: Type.Optional(
        text('path', 'Replaces `path_prefix`: with `/v1`, `/api/x` becomes `/v1/x` on a route for `/api`.'),
      ),
      path: Type.Optional(
        text(
          'path-template',
          'The whole path, with placeholders: docs/policies.md. `{group.1}` is what a group of `path_regex` matched.',
        ),
      ),
      regex: Type.Optional(
        text(
          'expression',
          'Its first match in the path is replaced by `to`. A path that it does not match is left as it is.',
        ),
      ),
      to: Type.Optional(
        text('path-part', 'Replaces what `regex` matches, with placeholders. `{group.1}` is a group of `regex`.'),
      ),
    },
    {
      additionalProperties: false,
      minProperties: 1,
      description:
        'Changes the path that backends get: `prefix`, `path`, or `regex` and `to`. The query is kept. A request is answered 400 if its path would lead out of the rewritten one. Default: none.',
    },
  ),
);
