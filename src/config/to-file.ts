import { formatDuration } from './schema/duration.ts';
import { fileKey } from './file-key.ts';
import { ConfigSchema } from './schema/schema.ts';
import { schemaAt } from './schema/schema-at.ts';
import { toPointer, type Path } from './file/path.ts';
import { NO_REFERENCES, type References } from './file/references.ts';
import type { Settings, TlsSettings } from './settings.ts';

/** Settings that are never shown, by pointer. */
const SECRETS =
  /^\/(admin\/token|admin\/tokens\/\d+\/hash|tls\/storage_key|tls\/acme\/[^/]+\/eab\/hmac|database\/url|redis\/(sentinel\/)?(url|password)|discovery\/etcd\/password|discovery\/consul\/token|routes\/\d+\/auth\/(basic\/users\/\d+\/hash|jwt\/secret)|pools\/[^/]+\/sticky\/keys\/\d+\/secret)$/;

/** Replaces a secret. */
export const HIDDEN = '***';

/**
 * Settings in the shape of the file, every default filled in, as an operator may see them.
 * @param references of the file they came from: shown instead of values from the environment.
 */
export function toFile(
  { pools, routes, tls, foundDefaults: _found, ...rest }: Settings,
  references: References = NO_REFERENCES,
): Record<string, unknown> {
  const show = new Shown(references);
  return {
    ...(show.convert({ ...rest, tls: tls && fileTls(tls) }, []) as Record<string, unknown>),
    pools: Object.fromEntries(
      pools.map(({ name, backends, ...pool }) => [
        name,
        {
          ...(show.convert(pool, ['pools', name]) as object),
          backends: backends.map((backend) => ({
            ...(show.convert(backend, ['backends', backend.id]) as object),
            id: references.backends.get(backend.id) ?? backend.id,
          })),
        },
      ]),
    ),
    routes: routes.map((route, at) => ({
      ...(show.convert(route, ['routes', String(at)]) as object),
      name: references.routes.get(route.name) ?? route.name,
    })),
  };
}

/** Mappings whose keys are not ours, but names of headers; true: their values are secrets. */
const HEADERS: Readonly<Record<string, boolean>> = {
  'health_check.headers': true,
  'health_check.expected_headers': false,
  'match.headers': false,
  'match.headers_regex': false,
  'match.query': false,
  'match.query_regex': false,
  'telemetry.resource': false,
  'traces.headers': true,
  'metrics.headers': true,
  'logs.headers': true,
  'split.header': false,
  'split.cookie': false,
  'jwt.forward_claims': false,
  'request_headers.set': true,
  'request_headers.add': true,
  'response_headers.set': false,
  'response_headers.add': false,
  'respond.headers': false,
  'error_pages.pages': false,
  'http.headers': true,
};

/** Whether the value at this path of a file is never shown. */
export function isSecretAt(path: Path): boolean {
  if (SECRETS.test(toPointer(path)) || schemaAt(ConfigSchema, path)?.secret === true) return true;
  if (path[0] === 'plugins' && path[2] === 'options' && path.length > 3) return true;
  return HEADERS[namesOf(path.slice(0, -1)).slice(-2).join('.')] === true;
}

class Shown {
  readonly #texts: References['texts'];

  constructor({ texts }: References) {
    this.#texts = texts;
  }

  convert(value: unknown, path: Path): unknown {
    if (Array.isArray(value)) return value.map((item, at) => this.convert(item, [...path, String(at)]));
    if (typeof value !== 'object' || value === null) return this.#leaf(value, path);
    // Keys of a plugin's own, and their values may be secrets.
    const isPlugins = /^\/plugins\/[^/]+\/options$/.test(toPointer(path));
    const isHidden = isPlugins || HEADERS[namesOf(path).slice(-2).join('.')];
    if (isHidden !== undefined) {
      return Object.fromEntries(
        Object.entries(value).map(([name, text]) => [name, isHidden ? HIDDEN : this.#leaf(text, [...path, name])]),
      );
    }
    const entries = Object.entries(value as Readonly<Record<string, unknown>>).flatMap(([camel, inner]) => {
      // A missing value has no key in the file; nor have the contents of a file that it names.
      if (
        inner === null ||
        /(?:Pem|Content|^addressName)$/.test(camel) ||
        (camel === 'revision' && path[0] === 'plugins')
      )
        return [];
      const here = [...path, fileKey(camel)];
      const ms = durationMs(camel, inner);
      return [[here.at(-1)!, ms === undefined ? this.convert(inner, here) : this.#leaf(formatDuration(ms), here)]];
    });
    return Object.fromEntries(entries) as unknown;
  }

  #leaf(value: unknown, path: Path): unknown {
    const pointer = toPointer(path);
    if (SECRETS.test(pointer)) return HIDDEN;
    const reference = this.#texts.get(pointer);
    if (reference === undefined) return value;
    // A number or a switch that the API overrides is not from the environment.
    const isOther = typeof value !== 'string' && String(value) !== reference.value;
    return isOther ? value : reference.text;
  }
}

/** Without the places in lists. */
function namesOf(path: Path): Path {
  return path.filter((key) => !/^\d+$/.test(key));
}

function durationMs(camel: string, value: unknown): number | undefined {
  if (typeof value !== 'number') return undefined;
  if (camel.endsWith('Seconds')) return value * 1000;
  return camel.endsWith('Ms') ? value : undefined;
}

function fileTls(tls: TlsSettings): object {
  const { acme, redirect, ...rest } = tls;
  const issuers = Object.keys(acme).length === 0 ? {} : { acme };
  return { ...rest, ...issuers, redirect: redirect === 0 ? 'off' : redirect };
}
