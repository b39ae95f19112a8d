import { Type } from '@sinclair/typebox';

import { CAPACITY, LIMIT_SCOPES, RATE } from '../../../limits/core/limits-vocabulary.ts';
import { oneOf, text, type DurationText } from '../schema-kinds.ts';

/** Which keys may be combined is checked in check-limits.ts. */
function limitKeys() {
  return {
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
  };
}

export function limit(description: string) {
  return Type.Optional(Type.Object(limitKeys(), { additionalProperties: false, minProperties: 1, description }));
}

/** The same for each value of a key, if there is one. */
export function clientLimit(description: string) {
  const key = Type.Optional(
    text(
      'field-template',
      'Counts the requests with the same text instead of those of each client, such as `"{jwt.sub}"` or `"{header.x-tenant}"`. Known after authentication. A request without one of the values counts as its client\'s. Placeholders: docs/policies.md. Default: the client.',
    ),
  );
  return Type.Optional(
    Type.Object({ ...limitKeys(), key }, { additionalProperties: false, minProperties: 1, description }),
  );
}
