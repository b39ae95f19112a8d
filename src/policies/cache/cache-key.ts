/**
 * What a stored answer belongs to. All that a backend gets of a request and that the client chooses must be in it, or be
 * named by Vary: otherwise one client decides what the others see (cache poisoning). So fields that only a trusted proxy
 * may set, and fields that the route fills in from the request or from what authentication has found out, are parts of it
 * without being named: Vary compares what clients send.
 */
import type { RouteSettings } from '../../config/settings.ts';
import type { Placeholder } from '../../core/placeholder-vocabulary.ts';
import { Template } from '../../core/template.ts';
import { clientScheme } from '../../http/client-scheme.ts';
import type { ClientRequest } from '../../http/client-side.ts';
import {
  foldedName,
  FORWARDED,
  FORWARDED_HOST,
  FORWARDED_PORT,
  FORWARDED_PREFIX,
  FORWARDED_PROTO,
  ruleFor,
} from '../../http/fields/header-rules.ts';
import { cookieValue } from '../../net/cookie.ts';
import { pathEnd } from '../../routing/request-path.ts';
import { type DescribedRequest, RequestValues } from '../request-values.ts';

export interface KeyedExchange extends DescribedRequest {
  readonly rewrittenTarget: string | null;
  readonly pool: unknown;
  readonly verified: { readonly user: string; readonly fields: readonly string[] } | null;
  /** See RunningPlugins. */
  readonly plugins: { changeRequest(fields: string[]): void } | null;
}

/** Backends get these of every request, whatever a route does. */
const OF_ANY_REQUEST: readonly Placeholder[] = ['request_id', 'client_address'];
const STATEMENTS = [FORWARDED, FORWARDED_HOST, FORWARDED_PORT, FORWARDED_PREFIX, FORWARDED_PROTO];
/** Statements about the caller's address: backends get that of every request. */
const ADDRESSES =
  /^(?:(?:x-)?forwarded-(?:for|by)|x-forwarded|x-original-forwarded-for|.*client-ip|(?:x-)?real-ip|cf-(?:connecting|pseudo)-.*|x-envoy-external-address|x-originating-ip|x-remote-(?:addr|ip))$/;

export class CacheKey {
  readonly #settings: NonNullable<RouteSettings['cache']>['key'];
  readonly #templates: readonly Template[];
  /** Lower case. */
  readonly #verified: ReadonlySet<string>;

  constructor(
    settings: NonNullable<RouteSettings['cache']>['key'],
    { auth, requestHeaders: { set, add } }: Pick<RouteSettings, 'auth' | 'requestHeaders'>,
  ) {
    this.#settings = settings;
    const verified = [...Object.keys(auth?.jwt?.forwardClaims ?? {}), ...(auth?.forward?.headersToBackend ?? [])];
    this.#verified = new Set(verified.map((name) => name.toLowerCase()));
    this.#templates = [...Object.values(set), ...Object.values(add)]
      .map((value) => new Template(value))
      .filter(({ placeholders }) => placeholders.some((each) => !OF_ANY_REQUEST.includes(each)));
  }

  /** Parts cannot contain line feeds. */
  of(exchange: KeyedExchange): string {
    const request = exchange.response.req;
    const { headers, cookies, host } = this.#settings;
    const parts = [
      clientScheme(request, exchange.isPeerTrusted),
      host ? hostOf(request) : '',
      (exchange.pool as { readonly settings: { readonly name: string } } | null)?.settings.name ?? '',
      this.#targetOf(exchange.target),
      exchange.rewrittenTarget ?? '',
      ...headers.map((name) => request.headers[name.toLowerCase()] ?? '\r'),
      ...cookies.map((name) => cookieValue(request.headers['cookie'], name) ?? '\r'),
    ];
    if (this.#templates.length > 0) {
      const values = new RequestValues(exchange);
      for (const template of this.#templates) parts.push(template.fill(values));
    }
    const fields = exchange.verified?.fields ?? [];
    for (let at = 0; at < fields.length; at += 2) {
      if (this.#verified.has(fields[at]!)) parts.push(`${fields[at]!}: ${fields[at + 1]!}`);
    }
    // What the user's own code has set for the backend.
    const set: string[] = [];
    exchange.plugins?.changeRequest(set);
    parts.push(...set);
    if (exchange.isPeerTrusted) {
      const route = exchange.route as { readonly geoHeader: string | null } | null;
      addStatements(request.rawHeaders, route?.geoHeader ?? null, parts);
    }
    return parts.join('\n');
  }

  #targetOf(target: string): string {
    const names = this.#settings.query;
    if (names.includes('*')) return target;
    const end = pathEnd(target);
    const pairs = target.slice(end + 1).split('&');
    const kept = names.flatMap((name) => pairs.filter((pair) => pair === name || pair.startsWith(`${name}=`)));
    return `${target.slice(0, end)}?${kept.join('&')}`;
  }
}

/** As it came, but for its case. */
export function hostOf({ headers }: ClientRequest): string {
  return (headers.host ?? '').toLowerCase();
}

/** @param geoHeader states where the client is, lower case; null: none does */
function addStatements(rawHeaders: readonly string[], geoHeader: string | null, parts: string[]): void {
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]!;
    const isLocation = geoHeader !== null && name.toLowerCase() === geoHeader;
    if (!isLocation && !STATEMENTS.includes(ruleFor(name))) continue;
    const folded = foldedName(name.toLowerCase());
    if (!isLocation && ADDRESSES.test(folded)) continue;
    const value = rawHeaders[at + 1]!;
    // Of RFC 7239, the addresses are in the same field as the rest.
    parts.push(
      `${folded}: ${folded === 'forwarded' ? value.replaceAll(/\b(?:for|by)\s*=\s*("[^"]*"|[^;,]*)/gi, '') : value}`,
    );
  }
}
