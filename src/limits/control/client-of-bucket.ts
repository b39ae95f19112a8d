/** From the key of a bucket to the client that it belongs to. */
import type { ClientKey } from '../../identity/client-key.ts';
import type { ClientKind } from '../../identity/core/identity-vocabulary.ts';

export function clientOfBucket(bucket: string): ClientKey {
  const colon = bucket.indexOf(':');
  return { kind: bucket.slice(0, colon) as ClientKind, key: bucket.slice(colon + 1) };
}
