import { Type } from '@sinclair/typebox';

import { flag, text } from '../schema-kinds.ts';

/** `error_pages` of a route. Which keys are allowed: check-error-pages.ts. */
export const ErrorPagesSchema = Type.Optional(
  Type.Object(
    {
      pages: Type.Record(Type.String(), text('file', 'An HTML file in UTF-8.'), {
        minProperties: 1,
        description:
          'HTML files by status or class of it: `"404"` comes before `4xx`. At most 1 MiB each, read with the configuration and again when they change. `{status}`, `{message}` and `{request_id}` in them are replaced.',
      }),
      intercept: flag(
        false,
        'Also replace the answers of backends with these statuses. False: only errors of Sluice itself.',
      ),
    },
    {
      additionalProperties: false,
      description:
        'Pages for errors, for clients that prefer HTML by their `Accept`; others get JSON. Default: JSON for all, and the answers of backends as they are.',
    },
  ),
);
