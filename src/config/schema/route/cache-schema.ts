import { Type } from '@sinclair/typebox';

import { CACHE_BYTES, CACHE_ENTRY_BYTES } from '../../../policies/core/policies-vocabulary.ts';
import { durationOrZero, flag, integer, listOf, section, text } from '../schema-kinds.ts';

/** `cache` of a route. `{}` turns it on. */
export const CacheSchema = Type.Optional(
  Type.Object(
    {
      max_bytes: integer(
        CACHE_BYTES.range,
        CACHE_BYTES.default,
        'Memory for the answers of this route, all threads together; each thread has an equal part and its own answers. Bytes.',
      ),
      max_entry_bytes: integer(
        CACHE_ENTRY_BYTES.range,
        CACHE_ENTRY_BYTES.default,
        'Larger bodies are not stored. Bytes.',
      ),
      default_ttl: durationOrZero(
        '0s',
        'How long an answer may be used that does not say so itself, unless its request had a cookie; `0s`: it is not stored.',
      ),
      stale_while_revalidate: durationOrZero(
        '0s',
        'An answer that has been stale for less is used while a new one is fetched, where it does not say itself (RFC 5861).',
      ),
      stale_if_error: durationOrZero(
        '0s',
        'An answer that has been stale for less is used if backends fail, where it does not say itself (RFC 5861).',
      ),
      store_set_cookie: flag(
        false,
        'Also store answers with Set-Cookie: every client then gets the cookie of the first one.',
      ),
      key: section(
        {
          host: flag(true, 'Hosts have answers of their own. Off: any Host field can decide what all others get.'),
          query: listOf(
            Type.String({ minLength: 1, maxLength: 200, description: 'Name of a parameter, as in the URL.' }),
            ['*'],
            'Parameters with answers of their own; `"*"`: the query as it is. Backends get all of them anyway.',
          ),
          headers: listOf(
            text('header-name', 'A name.'),
            [],
            'Header fields with answers of their own, besides `Vary`.',
          ),
          cookies: listOf(text('header-or-cookie-name', 'A name.'), [], 'Cookies with answers of their own.'),
        },
        'What an answer belongs to, besides scheme, path and pool.',
      ),
    },
    {
      additionalProperties: false,
      description:
        'Stores answers to GET as a shared cache does (RFC 9111), in memory; `{}` for the defaults. docs/policies.md. Default: off.',
    },
  ),
);
