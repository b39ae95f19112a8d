import { Type } from '@sinclair/typebox';

import { flag, oneOf } from '../schema-kinds.ts';

/** What a route demands of its callers. Which keys may be combined: check-auth.ts. */
export const AuthSchema = Type.Optional(
  Type.Object(
    {
      api_key: Type.Optional(
        oneOf(
          ['required'],
          undefined,
          '`required`: the API key of a registered client, in the header `rate_limit.api_key_header`.',
        ),
      ),
      forward_key: flag(true, 'Backends get the API key. False: it is removed.'),
    },
    {
      additionalProperties: false,
      minProperties: 1,
      description: 'Who may use the route; others get 401. Default: everyone. See docs/policies.md.',
    },
  ),
);
