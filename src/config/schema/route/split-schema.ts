import { Type } from '@sinclair/typebox';

import { SPLIT_KEYS, SPLIT_WEIGHT } from '../../../balancing/core/balancing-vocabulary.ts';
import { flag, integer, oneOf, text } from '../schema-kinds.ts';

/** `split` of a route, and how it is decided. Which pools there are, and what contradicts: check-split.ts. */

function conditions(description: string) {
  return Type.Record(Type.String(), text('header-value', ''), { default: {}, description });
}

const ShareSchema = Type.Object(
  {
    pool: Type.String({ description: 'Name of a pool.' }),
    weight: integer(
      [...SPLIT_WEIGHT],
      0,
      'Its part of the requests, compared with the other weights. 0: only requests with `header` or `cookie`.',
    ),
    header: conditions(
      'Requests with any of these header fields go to this pool, whatever the weights; `"*"`: any value. The first pool in the list wins.',
    ),
    cookie: conditions('The same with cookies.'),
  },
  { additionalProperties: false, description: 'A pool, and which requests it gets.' },
);

export const SPLIT_PROPERTIES = {
  split: Type.Optional(
    Type.Array(ShareSchema, {
      minItems: 1,
      maxItems: 32,
      description: 'Instead of `pool`: several pools that share the requests, as for a canary release.',
    }),
  ),
  split_by: oneOf(
    SPLIT_KEYS,
    'client',
    'How the weights of `split` decide. `client`: each client stays with its pool, and a changed weight moves no more clients than it must. `request`: each request anew. A sticky session stays with its pool either way.',
  ),
  split_failover: flag(
    true,
    'A pool of `split` without an available backend is passed over. False: its requests are answered 503.',
  ),
};
