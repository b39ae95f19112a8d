/** Makes entries of what backends answer, if it may be stored. */
import type { RouteSettings } from '../../config/settings.ts';
import type { ArrivedAnswer } from '../../routing/cache-step.ts';
import { type ArrivedFields, arrivedFields, comparable } from './arrived-fields.ts';
import { CacheEntry, ownTexts, type StoredFields } from './cache-entry.ts';
import type { CachedExchange, CachedFetch } from './cached-fetch.ts';
import { type Freshness, freshnessOf, statedLifetime } from './core/freshness.ts';
import { isStorable } from './core/storable.ts';

/** It does not end. */
const EVENT_STREAM = /^text\/event-stream[ \t]*(?:;|$)/i;
/** They are made for each answer, or belong to this message only. */
const NOT_STORED: ReadonlySet<string> = new Set(['age', 'content-length', 'trailer']);
/** A 304 says nothing about the body that is stored. */
const OF_BODY: ReadonlySet<string> = new Set(['content-encoding', 'content-range', 'content-type', 'content-md5']);

export class EntryMaker {
  readonly #settings: NonNullable<RouteSettings['cache']>;
  readonly #wallMs: (atMs: number) => number;

  /** @param wallMs ms since 1970 @param wallMs.atMs of the shared clock */
  constructor(settings: NonNullable<RouteSettings['cache']>, wallMs: (atMs: number) => number) {
    this.#settings = settings;
    this.#wallMs = wallMs;
  }

  read(fields: readonly string[], nowMs: number): ArrivedFields {
    return arrivedFields(fields, this.#wallMs(nowMs) / 1000);
  }

  mayStore(
    { facts: { exchange } }: CachedFetch,
    { status, contentLength, isDelimited }: ArrivedAnswer,
    arrived: ArrivedFields,
    nowMs: number,
  ): boolean {
    const { maxEntryBytes, defaultTtlMs, storeSetCookie } = this.#settings;
    if (EVENT_STREAM.test(arrived.values['content-type'] ?? '')) return false;
    if (!isDelimited || contentLength > maxEntryBytes || arrived.vary === null) return false;
    const { values, directives } = arrived;
    return isStorable({
      status,
      directives,
      isPersonal: isPersonal(exchange),
      lifetime: statedLifetime(arrived, this.#wallMs(nowMs) / 1000),
      defaultTtl: hasForeignCookie(exchange) ? 0 : defaultTtlMs / 1000,
      hasValidator: values['etag'] !== undefined || values['last-modified'] !== undefined,
      isSettingCookies: values['set-cookie'] !== undefined,
      storesCookies: storeSetCookie,
    });
  }

  headOf(
    fetch: CachedFetch,
    { status, reason, fields }: ArrivedAnswer,
    arrived: ArrivedFields,
    nowMs: number,
  ): StoredFields {
    const { values } = arrived;
    const request = fetch.facts.exchange.response.req;
    const kept = ownTexts(fields.filter((_, at) => !NOT_STORED.has(fields[at - (at % 2)]!.toLowerCase())));
    if (values['date'] === undefined) kept.push('date', new Date(this.#wallMs(nowMs)).toUTCString());
    return {
      status,
      reason,
      fields: kept,
      etag: ownOrNull(values['etag']),
      lastModified: ownOrNull(values['last-modified']),
      vary: (arrived.vary ?? []).map((name) => {
        const [own = ''] = ownTexts([comparable(request.headers[name])]);
        return [name, own] as const;
      }),
      freshness: this.#freshness(fetch, arrived, nowMs),
      arrivedMs: nowMs,
    };
  }

  #freshness(fetch: CachedFetch, arrived: ArrivedFields, nowMs: number): Freshness {
    const { defaultTtlMs, staleWhileRevalidateMs, staleIfErrorMs } = this.#settings;
    const defaults = {
      ttl: defaultTtlMs / 1000,
      staleWhileRevalidate: staleWhileRevalidateMs / 1000,
      staleIfError: staleIfErrorMs / 1000,
    };
    return freshnessOf(arrived, defaults, this.#wallMs(fetch.facts.startMs) / 1000, this.#wallMs(nowMs) / 1000);
  }

  /** The fields of a 304 replace those that are stored (RFC 9111, 3.2). */
  updated(fetch: CachedFetch, old: CacheEntry, fields: readonly string[], nowMs: number): CacheEntry {
    const names = new Set<string>();
    const added: string[] = [];
    for (let at = 0; at < fields.length; at += 2) {
      const name = fields[at]!.toLowerCase();
      if (NOT_STORED.has(name) || OF_BODY.has(name)) continue;
      names.add(name);
      added.push(...ownTexts([fields[at]!, fields[at + 1]!]));
    }
    const { head } = old;
    const kept = head.fields.filter((_, at) => !names.has(head.fields[at - (at % 2)]!.toLowerCase()));
    const all = [...kept, ...added];
    // Its age is not that of the old one, but of this confirmation.
    const age = fields.findIndex((name, at) => at % 2 === 0 && name.toLowerCase() === 'age');
    const dated = age === -1 ? all : [...all, 'age', fields[age + 1]!];
    if (!names.has('date')) dated.push('date', new Date(this.#wallMs(nowMs)).toUTCString());
    const arrived = arrivedFields(dated, this.#wallMs(nowMs) / 1000);
    const newHead = {
      ...head,
      fields: all,
      etag: ownOrNull(arrived.values['etag']),
      lastModified: ownOrNull(arrived.values['last-modified']),
      freshness: this.#freshness(fetch, arrived, nowMs),
      arrivedMs: nowMs,
    };
    return new CacheEntry(newHead, { ...old.place, change: fetch.facts.place.change }, old.body);
  }
}

/** It says who it is from: its answer is stored only if that says that it may be. */
function isPersonal({ response, route, verified, clientCertificate }: CachedExchange): boolean {
  const { headers } = response.req;
  if (headers['authorization'] !== undefined || verified !== null || typeof clientCertificate === 'string') return true;
  return route!.identityFields.some((name) => headers[name] !== undefined);
}

/** Besides those of the gateway, which backends do not see. */
function hasForeignCookie({ response, route }: CachedExchange): boolean {
  const { cookie } = response.req.headers;
  if (cookie === undefined) return false;
  return cookie.split(';').some((pair) => !route!.ownCookies.includes(pair.split('=', 1)[0]!.trim()));
}

function ownOrNull(text: string | undefined): string | null {
  return text === undefined ? null : ownTexts([text])[0]!;
}
