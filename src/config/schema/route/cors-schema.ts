import { Type } from '@sinclair/typebox';

import { CORS_METHODS } from '../../../policies/core/policies-vocabulary.ts';
import { type DurationText, flag, listOf, text } from '../schema-kinds.ts';

/** `cors` of a route. Which keys may be combined: check-cors.ts. */
export const CorsSchema = Type.Optional(
  Type.Object(
    {
      origins: Type.Array(text('cors-origin', 'An origin.'), {
        minItems: 1,
        description:
          'Origins whose pages may read the answers: `https://app.example.com`, `https://*.example.com` for all hosts below, `"null"`, or `"*"` for all.',
      }),
      methods: listOf(text('method', 'A method.'), CORS_METHODS, 'Methods that pages may use.'),
      headers: Type.Optional(
        Type.Array(text('header-name', 'A name.'), {
          description: 'Header fields that pages may send. Default: those that they ask for.',
        }),
      ),
      expose: listOf(
        text('header-name', 'A name.'),
        [],
        'Header fields of answers that pages may read, such as `x-request-id`, besides those that they always may.',
      ),
      credentials: flag(
        false,
        'Pages may send cookies, client certificates and the like. Not with `"*"` or `"null"` in `origins`.',
      ),
      max_age: Type.Unsafe<DurationText>(
        text('max-age', 'How long browsers may remember a preflight; they have maxima of their own.', {
          default: '10m',
        }),
      ),
      private_network: flag(false, 'Pages of public sites may reach this gateway in a private network.'),
    },
    {
      additionalProperties: false,
      description:
        'Lets pages of other origins read the answers (CORS). Preflights are answered by Sluice, before `auth`, and cost no tokens; `Access-Control-*` of backends are replaced. Default: that is left to the backends.',
    },
  ),
);
