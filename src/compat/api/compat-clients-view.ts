/** The old balancers' clients: `refill_rate` at /client, `rate_per_sec` at /clients. */
import { Type, type Static } from '@sinclair/typebox';
import { CAPACITY, RATE } from '../../limits/core/limits-vocabulary.ts';
import { MAX_CLIENT_ID } from '../../identity/core/identity-vocabulary.ts';
import type { StoredClient } from '../../limits/client-store.ts';

const capacity = Type.Number({ ...CAPACITY });
const rate = Type.Number({ ...RATE });
const id = Type.Optional(
  Type.String({
    minLength: 1,
    maxLength: MAX_CLIENT_ID,
    description: 'Default: X-Client-ID, otherwise the caller’s IP address',
  }),
);

export const CompatClientBody = Type.Object(
  { id, capacity, refill_rate: rate },
  { additionalProperties: false, examples: [{ id: 'older-app', capacity: 20, refill_rate: 5 }] },
);
export const CompatClientPath = Type.Object({
  id: Type.String({ description: 'Id or IP address of the client', examples: ['older-app'] }),
});
export const CompatClient = Type.Object(
  { id: Type.String(), capacity: Type.Number(), refill_rate: Type.Number() },
  { description: 'The current settings' },
);
export const NamedClientBody = Type.Object(
  { client_id: Type.String({ minLength: 1, maxLength: MAX_CLIENT_ID }), capacity, rate_per_sec: rate },
  { additionalProperties: false, examples: [{ client_id: 'oldest-app', capacity: 20, rate_per_sec: 5 }] },
);
export const NamedClient = Type.Object(
  { client_id: Type.String(), capacity: Type.Number(), rate_per_sec: Type.Number() },
  { description: 'The current settings' },
);

export function compatClient({ key, capacity: max, ratePerSecond }: StoredClient): Static<typeof CompatClient> {
  return { id: key, capacity: max, refill_rate: ratePerSecond };
}

export function namedClient({ key, capacity: max, ratePerSecond }: StoredClient): Static<typeof NamedClient> {
  return { client_id: key, capacity: max, rate_per_sec: ratePerSecond };
}
