/** Filters of a rule of an HTTPRoute, as keys of a route. Source: Gateway API v1, HTTPRouteFilter. */
import { USUAL_METHODS } from '../../../../net/core/net-vocabulary.ts';
import { fieldOf, listAt, textAt } from '../../sources/json-value.ts';
import { literal } from './services.ts';

/** Throws Error if one of them cannot be had: the HTTPRoute is then refused. @param mirrorPool of a backendRef */
export function filterKeys(
  filters: readonly unknown[],
  host: string | null,
  mirrorPool: (ref: unknown) => string | null,
): Record<string, unknown> {
  const keys: Record<string, unknown> = {};
  const set = (key: string, value: unknown, type: string): void => {
    if (keys[key] !== undefined) throw new Error(`more than one filter ${type} in a rule is not supported`);
    keys[key] = value;
  };
  for (const filter of filters) {
    const type = textAt(filter, 'type') ?? 'none';
    switch (type) {
      case 'RequestHeaderModifier':
        set('request_headers', changes(fieldOf(filter, 'requestHeaderModifier')), type);
        break;
      case 'ResponseHeaderModifier':
        set('response_headers', changes(fieldOf(filter, 'responseHeaderModifier')), type);
        break;
      case 'RequestRedirect':
        set('redirect', redirect(fieldOf(filter, 'requestRedirect'), host), type);
        break;
      case 'URLRewrite':
        set('rewrite', rewrite(fieldOf(filter, 'urlRewrite')), type);
        break;
      case 'RequestMirror': {
        // By default, a mirror gets only requests that change nothing; the API mirrors every request.
        const pool = mirrorPool(fieldOf(filter, 'requestMirror', 'backendRef'));
        if (pool !== null)
          set('mirror', { pool, ...sample(fieldOf(filter, 'requestMirror')), methods: [...USUAL_METHODS] }, type);
        break;
      }
      default:
        throw new Error(`filter ${type} is not supported`);
    }
  }
  return keys;
}

function changes(modifier: unknown): object {
  const fields = (list: string): Record<string, string> =>
    Object.fromEntries(
      (listAt(modifier, list) ?? []).map((each) => [textAt(each, 'name') ?? '', literal(textAt(each, 'value') ?? '')]),
    );
  return { set: fields('set'), add: fields('add'), remove: [...(listAt(modifier, 'remove') ?? [])] };
}

function redirect(given: unknown, host: string | null): object {
  const [scheme, hostname] = [textAt(given, 'scheme'), textAt(given, 'hostname')];
  const port = fieldOf(given, 'port');
  return {
    ...(scheme !== null && { scheme }),
    ...(hostname !== null && { host: literal(hostname) }),
    ...(typeof port === 'number' && { port }),
    ...pathOf(given, { full: 'path', prefix: 'path_prefix' }),
    status: fieldOf(given, 'statusCode') ?? 302,
    // As the API defines it: the host of the request stays.
    ...(host === null && hostname === null && { any_host: true }),
  };
}

function rewrite(given: unknown): object {
  if (textAt(given, 'hostname') !== null) throw new Error('urlRewrite.hostname is not supported');
  return pathOf(given, { full: 'path', prefix: 'prefix' });
}

function pathOf(given: unknown, keys: { readonly full: string; readonly prefix: string }): object {
  const type = textAt(given, 'path', 'type');
  if (type === null) return {};
  if (type === 'ReplaceFullPath') return { [keys.full]: literal(textAt(given, 'path', 'replaceFullPath') ?? '/') };
  if (type !== 'ReplacePrefixMatch') throw new Error(`path.type ${type} is not supported`);
  const prefix = (textAt(given, 'path', 'replacePrefixMatch') ?? '').replace(/\/+$/, '');
  return { [keys.prefix]: prefix === '' ? '/' : prefix };
}

function sample(mirror: unknown): object {
  const [percent, numerator] = [fieldOf(mirror, 'percent'), fieldOf(mirror, 'fraction', 'numerator')];
  if (typeof percent === 'number') return { sample: percent / 100 };
  const denominator = fieldOf(mirror, 'fraction', 'denominator') ?? 100;
  return typeof numerator === 'number' && typeof denominator === 'number' ? { sample: numerator / denominator } : {};
}
