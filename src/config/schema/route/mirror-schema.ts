import { Type } from '@sinclair/typebox';

import { duration, integer, listOf, ratio, text } from '../schema-kinds.ts';

/** `mirror` of a route. Whether the pool exists: check-routes.ts. */
export const MirrorSchema = Type.Optional(
  Type.Object(
    {
      pool: Type.String({ description: 'Name of the pool that gets the copies.' }),
      sample: ratio(1, 'Share of the requests that are copied.'),
      methods: listOf(
        text('method', 'A method; case-sensitive.'),
        ['GET', 'HEAD'],
        'Methods that are copied. Others change something, so the copy must not reach what the original changes.',
      ),
      max_body_bytes: integer([0, 16_777_216], 65_536, 'A request with a larger body is not copied. Bytes.'),
      max_in_flight: integer(
        [1, 100_000],
        100,
        'Most copies of this route at a time, on each thread; beyond that, requests are not copied.',
      ),
      timeout: duration('10s', 'A copy that takes longer is given up.'),
    },
    {
      additionalProperties: false,
      description:
        'Sends copies of requests to another pool and drops their answers. The original never waits for one. Copies have the field `X-Sluice-Mirror: 1`. Default: none.',
    },
  ),
);
