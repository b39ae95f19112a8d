/** Names of fields and parameters that are secret by the configuration, besides those that look like it. */
import type { Settings } from '../config/settings.ts';

export function secretNamesOf({
  rateLimit,
  recording,
  routes,
}: Pick<Settings, 'rateLimit' | 'recording' | 'routes'>): readonly string[] {
  return [rateLimit.apiKeyHeader, ...routes.flatMap(({ auth }) => auth?.jwt?.name ?? []), ...recording.mask];
}
