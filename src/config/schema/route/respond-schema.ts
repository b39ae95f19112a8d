import { Type } from '@sinclair/typebox';

import { integer, text } from '../schema-kinds.ts';

/** `respond` of a route. Which keys may be combined: check-respond.ts. */
export const RespondSchema = Type.Optional(
  Type.Object(
    {
      status: integer([200, 599], 200, 'Status of the answer.'),
      body: Type.Optional(text('answer-body', 'Body of the answer. Default: empty.')),
      file: Type.Optional(
        text(
          'file',
          'The body, instead of `body`: at most 1 MiB, read with the configuration and again when it changes.',
        ),
      ),
      content_type: Type.Optional(
        text(
          'content-type',
          'Default: that of the file by the end of its name; `text/plain; charset=utf-8` for `body`.',
        ),
      ),
      headers: Type.Record(Type.String(), text('header-value', 'Value.'), {
        default: {},
        description: 'Further header fields, such as `retry-after: "600"`.',
      }),
    },
    {
      additionalProperties: false,
      description:
        'Answers every request with this, instead of `pool`: a page for maintenance, `robots.txt`, a health check.',
    },
  ),
);
