import { Type } from '@sinclair/typebox';

import { REDIRECT_STATUSES, URL_SCHEMES } from '../../../policies/core/policies-vocabulary.ts';
import { flag, oneOf, text } from '../schema-kinds.ts';

const DEFAULT_STATUS = 308 satisfies (typeof REDIRECT_STATUSES)[number];

/** `redirect` of a route. Which keys may be combined: check-redirect.ts. */
export const RedirectSchema = Type.Optional(
  Type.Object(
    {
      scheme: Type.Optional(oneOf(URL_SCHEMES, undefined, "Default: the request's.")),
      host: Type.Optional(
        text(
          'redirect-host',
          "Host name, with placeholders; `{host}` is the request's, without its port. Default: the request's.",
        ),
      ),
      port: Type.Optional(
        Type.Integer({
          minimum: 1,
          maximum: 65_535,
          description:
            "Default: that of the scheme if `scheme`, or a `host` without `{host}`, is set; otherwise the request's.",
        }),
      ),
      path: Type.Optional(
        text(
          'redirect-path',
          'The whole path, with placeholders, and perhaps a query: then that of the request is dropped. Default: the path is kept.',
        ),
      ),
      path_prefix: Type.Optional(text('path', 'Replaces `path_prefix` of the route. Default: the path is kept.')),
      status: Type.Unsafe<(typeof REDIRECT_STATUSES)[number]>(
        Type.Union(
          REDIRECT_STATUSES.map((status) => Type.Literal(status)),
          {
            default: DEFAULT_STATUS,
            description: 'Browsers remember 301 and 308; they keep the method with 307 and 308.',
          },
        ),
      ),
      any_host: flag(
        false,
        'Take the Host field of the request into the redirect although the route has no `host`: a client, or a cache in between, may be led to any host. **Unsafe.**',
      ),
    },
    {
      additionalProperties: false,
      description: 'Answers with a redirect, instead of `pool`. The query is kept unless `path` has one.',
    },
  ),
);
