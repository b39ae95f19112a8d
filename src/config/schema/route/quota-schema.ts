import { Type } from '@sinclair/typebox';

import { QUOTA, QUOTA_PERIODS } from '../../../limits/core/limits-vocabulary.ts';
import { oneOf, text } from '../schema-kinds.ts';

/** `quota` of a route, and in `rate_limit`. */
export function quota(description: string) {
  return Type.Optional(
    Type.Object(
      {
        requests: Type.Integer({ ...QUOTA, description: 'Most requests in a period.' }),
        per: oneOf(QUOTA_PERIODS, undefined, 'The period.'),
        timezone: text('time-zone', 'Where days and months begin: a name of the IANA database.', { default: 'UTC' }),
      },
      {
        additionalProperties: false,
        description: `${description} Kept over restarts; gateways on one PostgreSQL count together, within a second. Further requests are answered 429. Default: none.`,
      },
    ),
  );
}
