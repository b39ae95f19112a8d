/**
 * JSON Web Tokens (RFC 7519) as bearer tokens (RFC 6750). A verified one is remembered until it expires, or the keys
 * change: by the whole token, which is kept for backends anyway, so that looking it up costs next to nothing.
 */
import { DecisionCache } from '../../core/decision-cache.ts';
import { ownText } from '../../core/own-text.ts';
import { unicodeFieldText } from '../../http/fields/field-text.ts';
import { cookieValue } from '../../net/cookie.ts';
import { claimText } from '../core/claim-text.ts';
import { bearerToken, type Claims, hasScopes, isCompactToken, validUntilMs } from '../core/token-rules.ts';
import type { KeyDirectory, SharedKeySet } from '../key-directory.ts';
import type { KeyLookups } from '../key-lookups.ts';
import { type JwtSettings, keySourceOf } from '../key-source.ts';
import { keyIdOf, tokenFaultOf, TokenRefusals } from './token-faults.ts';
import { TokenVerifier, type VerifiedClaims } from './token-verifier.ts';
import type { CredentialCheck, Foreseen, GuardedRequest, Refused, Verdict } from './verdict.ts';

export interface TokenPorts {
  readonly keys: Pick<KeyDirectory, 'find'>;
  readonly lookups: Pick<KeyLookups, 'start'>;
  /** Milliseconds since the epoch. */
  readonly wallMs: () => number;
  /** A token was refused, because the key that it names is not one of these. @param kid null: it names none; so in `known` */
  readonly onUnknownKey: (source: string, kid: string | null, known: readonly (string | null)[]) => void;
}

/** For one route and thread; with claims of a kilobyte, a few megabytes. */
const MAX_REMEMBERED = 4096;
/** A token that was revoked by other means than its keys. */
const MAX_REMEMBERED_MS = 300_000;

interface Remembered {
  /** The keys that verified it; undefined: a secret. */
  readonly set: SharedKeySet | undefined;
  readonly verdict: Verdict;
}

export class TokenCheck implements CredentialCheck {
  readonly kind = 'jwt';
  readonly names: readonly string[];
  readonly cookies: readonly string[];
  readonly challenge: string;
  readonly #settings: JwtSettings;
  readonly #ports: TokenPorts;
  readonly #source: string | null;
  readonly #place: string;
  readonly #verifier: TokenVerifier;
  readonly #refusals: TokenRefusals;
  readonly #remembered = new DecisionCache<Remembered>(MAX_REMEMBERED);

  constructor(settings: JwtSettings, ports: TokenPorts) {
    this.#settings = settings;
    this.#ports = ports;
    this.#source = keySourceOf(settings)?.id ?? null;
    this.#verifier = new TokenVerifier(settings);
    this.#refusals = new TokenRefusals(settings.realm, settings.scopes);
    this.challenge = this.#refusals.challenge;
    const { from, name } = settings;
    this.#place = name === null ? DEFAULT_NAMES[from] : from === 'header' ? name.toLowerCase() : name;
    this.names = from === 'header' ? [this.#place] : [];
    this.cookies = from === 'cookie' ? [this.#place] : [];
  }

  credentialIn({ response, target }: GuardedRequest): string | undefined {
    const { headers } = response.req;
    switch (this.#settings.from) {
      case 'header': {
        const field = headers[this.#place];
        return bearerToken(field) ?? (this.#place === 'authorization' ? undefined : field);
      }
      case 'cookie':
        return cookieValue(headers.cookie, this.#place);
      case 'query': {
        const query = target.indexOf('?');
        return query === -1 ? undefined : (new URLSearchParams(target.slice(query)).get(this.#place) ?? undefined);
      }
    }
  }

  judge(token: string, _request: GuardedRequest, done: (verdict: Verdict) => void): Verdict | null {
    const { keys, lookups, wallMs } = this.#ports;
    if (!isCompactToken(token)) return this.#refusals.of('malformed');
    const source = this.#source;
    const set = source === null ? undefined : keys.find(source);
    const remembered = this.#remembered.get(token, wallMs());
    if (remembered !== undefined && remembered.set === set) return remembered.verdict;
    if (source === null || set !== undefined) {
      void this.#verify(token, set, done);
      return null;
    }
    const again = (): void => {
      const found = keys.find(source);
      if (found === undefined) done(this.#refusals.noKeys);
      else void this.#verify(token, found, done);
    };
    return lookups.start(source, false, again) ? null : this.#refusals.noKeys;
  }

  async foresee(token: string): Promise<Foreseen> {
    const source = this.#source;
    const set = source === null ? undefined : this.#ports.keys.find(source);
    if (!isCompactToken(token)) return refusal(this.#refusals.of('malformed'));
    if (source !== null && set === undefined) {
      return { verdict: null, note: 'the keys that verify its token are fetched for a real request' };
    }
    let claims: VerifiedClaims;
    try {
      claims = await this.#verifier.verify(token, set, this.#ports.wallMs());
    } catch (error) {
      return refusal(this.#refusals.of(tokenFaultOf(error)));
    }
    if (claims === null) {
      return { verdict: null, note: 'no fetched key fits its token; for a real request, they are fetched again' };
    }
    if (!hasScopes(claims, this.#settings.scopes)) return refusal(this.#refusals.scope);
    const user = claimText(claims, 'sub');
    return { verdict: this.#passed(token, claims), note: `a valid token${user === undefined ? '' : ` of ${user}`}` };
  }

  async #verify(
    token: string,
    set: SharedKeySet | undefined,
    done: (verdict: Verdict) => void,
    isSecond = false,
  ): Promise<void> {
    let claims: VerifiedClaims;
    try {
      claims = await this.#verifier.verify(token, set, this.#ports.wallMs());
    } catch (error) {
      return done(this.#refusals.of(tokenFaultOf(error)));
    }
    if (claims !== null) return done(this.#remember(token, set, claims));
    const source = this.#source!;
    const refuse = (): void => {
      const known = (set?.keys ?? []).map(({ kid }) => (typeof kid === 'string' ? kid : null));
      this.#ports.onUnknownKey(source, keyIdOf(token), known);
      done(this.#refusals.of('unknownKey'));
    };
    if (isSecond) return refuse();
    const again = (): void => void this.#verify(token, this.#ports.keys.find(source), done, true);
    if (!this.#ports.lookups.start(source, true, again)) refuse();
  }

  #remember(token: string, set: SharedKeySet | undefined, claims: Claims): Verdict {
    const verdict = hasScopes(claims, this.#settings.scopes) ? this.#passed(token, claims) : this.#refusals.scope;
    const nowMs = this.#ports.wallMs();
    const untilMs = validUntilMs(claims, this.#settings, nowMs, MAX_REMEMBERED_MS);
    // A slice of the head would keep all of it.
    this.#remembered.set(ownText(token), { set, verdict }, untilMs);
    return verdict;
  }

  #passed(token: string, claims: Claims): Verdict {
    const { from, forwardToken, forwardClaims } = this.#settings;
    const fields = Object.entries(forwardClaims).flatMap(([name, claim]) => {
      const value = unicodeFieldText(claimText(claims, claim) ?? '');
      return value === '' ? [] : [name.toLowerCase(), value];
    });
    let cookie = '';
    if (forwardToken && from === 'header') {
      fields.push(this.#place, this.#place === 'authorization' ? `Bearer ${token}` : token);
    } else if (forwardToken && from === 'cookie') cookie = `${this.#place}=${token}`;
    return { failure: null, user: claimText(claims, 'sub') ?? '', fields, cookie, claims, client: '' };
  }
}

function refusal(verdict: Refused): Foreseen {
  return { verdict, note: verdict.error.message };
}

const DEFAULT_NAMES = { header: 'authorization', cookie: 'token', query: 'access_token' } as const;
