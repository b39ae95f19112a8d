import { formatDuration } from './duration.ts';
import { fileKey } from './file-key.ts';
import type { Settings } from './settings.ts';

/** Settings that are never shown. */
const SECRETS = /^(admin\.token|admin\.tokens\.\d+\.hash|database\.url|pools\.[^.]+\.sticky\.keys\.\d+\.secret)$/;

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

/** Mappings whose keys are not ours, but names of headers; true: their values are secrets. */
const HEADERS: Readonly<Record<string, boolean>> = {
  'health_check.headers': true,
  'health_check.expected_headers': false,
};

function convert(value: unknown, path: string): unknown {
  if (Array.isArray(value)) return value.map((item, at) => convert(item, `${path}.${at}`));
  if (typeof value !== 'object' || value === null) return SECRETS.test(path) ? HIDDEN : value;
  const isHidden = HEADERS[path.split('.').slice(-2).join('.')];
  if (isHidden !== undefined) {
    return Object.fromEntries(Object.entries(value).map(([name, text]) => [name, isHidden ? HIDDEN : text]));
  }
  const entries = Object.entries(value as Readonly<Record<string, unknown>>).flatMap(([camel, inner]) => {
    // What has no value has no key in the file; nor has what a file held that it names.
    if (inner === null || camel.endsWith('Pem')) return [];
    const key = fileKey(camel);
    const isDuration = camel.endsWith('Ms') && typeof inner === 'number';
    return [[key, isDuration ? formatDuration(inner) : convert(inner, path === '' ? key : `${path}.${key}`)]];
  });
  return Object.fromEntries(entries) as unknown;
}
