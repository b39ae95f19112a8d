/** Which of the four old balancers a file was written for, judged by its top-level keys. */
import { isRecord } from '../../config/file/path.ts';

/**
 * - `proxy`: JSON, `proxy`, `circuit_breaker`, units in the names (`timeout_ms`)
 * - `balancer`: JSON or YAML, `server`, `database`, `balancer`, `rate_limiter` (or `rate_limitter`), `logger`
 * - `durations`: YAML, `env`, `load_balancer`, `rate_limiter`, times such as 30s
 * - `servers`: YAML, a list `servers`
 */
export type OldFormat = 'proxy' | 'balancer' | 'durations' | 'servers';

export const OLD_FORMATS: readonly OldFormat[] = ['proxy', 'balancer', 'durations', 'servers'];

export function detectFormat(root: Readonly<Record<string, unknown>>): OldFormat {
  if (isRecord(root['proxy'])) return 'proxy';
  if (isRecord(root['balancer']) || 'rate_limitter' in root) return 'balancer';
  if (isRecord(root['circuit_breaker'])) return 'proxy';
  if (Array.isArray(root['servers'])) return 'servers';
  return 'durations';
}
