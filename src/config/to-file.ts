import { formatDuration } from './duration.ts';
import { fileKey } from './file-key.ts';
import type { Settings } from './settings.ts';

/** Settings that are never shown. */
const SECRETS: ReadonlySet<string> = new Set(['admin.token', 'database.url']);
const STICKY_SECRET = /^pools\.[^.]+\.sticky\.keys\.\d+\.secret$/;

/** What stands in the place of a secret. */
export const HIDDEN = '***';

/** Settings in the shape of the file, every default filled in, as an operator may see them. */
export function toFile({ pools, routes, ...rest }: Settings): Record<string, unknown> {
  return {
    ...(convert(rest, '') as Record<string, unknown>),
    pools: Object.fromEntries(pools.map(({ name, ...pool }) => [name, convert(pool, `pools.${name}`)])),
    routes: routes.map((route, at) => convert(route, `routes.${at}`)),
  };
}

function isSecret(path: string): boolean {
  return SECRETS.has(path) || STICKY_SECRET.test(path);
}

function convert(value: unknown, path: string): unknown {
  if (Array.isArray(value)) return value.map((item, at) => convert(item, `${path}.${at}`));
  if (typeof value !== 'object' || value === null) return isSecret(path) ? HIDDEN : value;
  const entries = Object.entries(value as Readonly<Record<string, unknown>>).flatMap(([camel, inner]) => {
    // What has no value has no key in the file.
    if (inner === null) return [];
    const key = fileKey(camel);
    const isDuration = camel.endsWith('Ms') && typeof inner === 'number';
    return [[key, isDuration ? formatDuration(inner) : convert(inner, path === '' ? key : `${path}.${key}`)]];
  });
  return Object.fromEntries(entries) as unknown;
}
