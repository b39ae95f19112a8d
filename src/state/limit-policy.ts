/** Limits as settings name them, in the shapes in which they are used. */
import type { RateLimitSettings } from '../config/settings.ts';
import type { ClientLimit } from './client-limit.ts';

/** What a new client gets that names nothing of its own. */
export function defaultClientLimit({ default: bucket }: RateLimitSettings): ClientLimit {
  return { algorithm: 'token-bucket', ...bucket, windowSeconds: null };
}
