import { Type } from '@sinclair/typebox';

import { CAPACITY, LIMIT_SCOPES, RATE } from '../../../limits/core/limits-vocabulary.ts';
import { oneOf, text, type DurationText } from '../schema-kinds.ts';

/** Which keys may be combined is checked in check-limits.ts. */
export function limit(description: string) {
  return Type.Optional(
    Type.Object(
      {
        capacity: Type.Optional(
          Type.Number({ ...CAPACITY, description: 'Token bucket: largest burst. Tokens; with `rate_per_second`.' }),
        ),
        rate_per_second: Type.Optional(
          Type.Number({ ...RATE, description: 'Token bucket: refill rate. Tokens per second; with `capacity`.' }),
        ),
        limit: Type.Optional(
          Type.Integer({ ...CAPACITY, description: 'Sliding window: most requests in it; with `size`.' }),
        ),
        size: Type.Optional(Type.Unsafe<DurationText>(text('duration', 'Sliding window: its length; with `limit`.'))),
        scope: Type.Optional(
          oneOf(
            LIMIT_SCOPES,
            undefined,
            '`fleet`: all gateways on the same Redis share it (`rate_limit.shared`). `gateway`: each has its own. Default: `fleet`.',
          ),
        ),
      },
      { additionalProperties: false, minProperties: 1, description },
    ),
  );
}
