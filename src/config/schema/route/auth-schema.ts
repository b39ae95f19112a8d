import { Type } from '@sinclair/typebox';

import {
  DECISION_PARTS,
  PUBLIC_KEY_ALGORITHMS,
  SECRET_ALGORITHMS,
  TOKEN_PLACES,
} from '../../../auth/core/auth-vocabulary.ts';
import { duration, durationOrZero, flag, listOf, oneOf, text, type DurationText } from '../schema-kinds.ts';

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

const JwtSchema = Type.Object(
  {
    issuer: Type.Optional(
      text(
        'issuer',
        'The claim `iss` must be this. Without `jwks_url`, `jwks_file` and `secret`, the keys are found through it (OpenID Connect Discovery).',
      ),
    ),
    audience: listOf(text('claim-value', 'A value.'), [], 'The claim `aud` must have one of these. Empty: any.'),
    jwks_url: Type.Optional(text('keys-url', 'Where the public keys are, as a JSON Web Key Set.')),
    jwks_file: Type.Optional(text('file', 'A file with the public keys. A changed file is read within ten seconds.')),
    secret: Type.Optional(
      text('token-secret', 'Secret that tokens are signed with, instead of public keys; for HS256 and the like only.', {
        secret: true,
      }),
    ),
    algorithms: listOf(
      oneOf([...PUBLIC_KEY_ALGORITHMS, ...SECRET_ALGORITHMS], undefined, 'An algorithm.'),
      [],
      'Signatures that are accepted. Empty: RS256, PS256, ES256, EdDSA and Ed25519; with `secret`, HS256.',
    ),
    leeway: durationOrZero('30s', 'How much clocks may differ.'),
    max_age: Type.Optional(
      Type.Unsafe<DurationText>(
        text('duration', 'Longest time since the claim `iat`, whatever `exp` is. Default: any.'),
      ),
    ),
    required_claims: listOf(
      text('claim-name', 'A name.'),
      ['exp'],
      'Claims that a token must have, besides those that other keys demand.',
    ),
    scopes: listOf(text('scope', 'A scope.'), [], 'Scopes that a token must have, all of them; otherwise 403.'),
    from: oneOf(
      TOKEN_PLACES,
      'header',
      'Where a request has its token. Avoid `query`: URLs end up in logs and histories.',
    ),
    name: Type.Optional(
      text(
        'header-or-cookie-name',
        'Name of the header, cookie or parameter. Default: `Authorization`, with `Bearer`; `token`; `access_token`.',
      ),
    ),
    forward_token: flag(true, 'Backends get the token.'),
    forward_claims: Type.Record(Type.String(), text('claim-name', 'Name of a claim.'), {
      default: {},
      description: 'Header fields for backends, by name, such as `x-user: sub`. A dot leads into a claim.',
    }),
    realm: text('realm', 'Name of what is protected, in `WWW-Authenticate`.', { default: 'Sluice' }),
  },
  { additionalProperties: false, description: 'A JSON Web Token, verified here.' },
);

const ForwardSchema = Type.Object(
  {
    url: text('keys-url', 'URL of the service, asked by GET. A 2xx lets a request pass; clients get any other answer.'),
    timeout: duration('5s', 'Time limit for its answer; then clients get 503.'),
    headers_to_auth: listOf(
      text('header-name', 'A name.'),
      ['authorization', 'cookie'],
      'Header fields of the request that the service gets.',
    ),
    headers_to_backend: listOf(
      text('header-name', 'A name.'),
      [],
      'Header fields of its answer that backends get, instead of what clients send.',
    ),
    user_header: Type.Optional(
      text('header-name', 'Header field of its answer that has the user, for logs and `{auth_user}`. Default: none.'),
    ),
    cache: durationOrZero('0s', 'How long an answer that lets a request pass is used for others; `0s`: not at all.'),
    cache_by: listOf(
      oneOf(DECISION_PARTS, undefined, 'A part of the request.'),
      [...DECISION_PARTS],
      'With `cache`: what its answer may depend on, besides `headers_to_auth`, the host and the scheme. The service does not get the rest.',
    ),
  },
  { additionalProperties: false, description: 'Another service decides.' },
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
      jwt: Type.Optional(JwtSchema),
      basic: Type.Optional(BasicSchema),
      forward: Type.Optional(ForwardSchema),
      anyone: flag(false, 'Everyone may use the route, whatever `route_defaults` demand. Excludes all others.'),
    },
    {
      additionalProperties: false,
      description: 'Who may use the route; others get 401. Default: everyone. See docs/authentication.md.',
    },
  ),
);
