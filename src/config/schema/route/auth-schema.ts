import { Type } from '@sinclair/typebox';

import { flag, oneOf, text } from '../schema-kinds.ts';

const UserSchema = Type.Object(
  {
    name: text('user-name', 'Name; case-sensitive.'),
    hash: text('password-hash', 'Hash of the password, as `sluice password` prints it.', { secret: true }),
  },
  { additionalProperties: false },
);

const BasicSchema = Type.Object(
  {
    users: Type.Array(UserSchema, { minItems: 1, description: 'Those who may use the route.' }),
    realm: text('realm', 'Shown by browsers that ask for the password.', { default: 'Sluice' }),
    forward_credentials: flag(false, 'Backends get name and password in `Authorization`.'),
  },
  { additionalProperties: false, description: 'Name and password, by HTTP Basic authentication.' },
);

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
      basic: Type.Optional(BasicSchema),
    },
    {
      additionalProperties: false,
      description: 'Who may use the route; others get 401. Default: everyone. See docs/authentication.md.',
    },
  ),
);
