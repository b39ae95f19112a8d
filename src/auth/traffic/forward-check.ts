/**
 * Another service decides (forward auth, `auth_request`): it gets the credentials and the URL, and a 2xx lets the request
 * pass. What it does not get cannot have changed its answer, so what is sent is also the key of the cache, all of it.
 */
import { hash } from 'node:crypto';
import type { AuthSettings } from '../../config/settings.ts';
import { DecisionCache } from '../../core/decision-cache.ts';
import { GatewayError } from '../../errors.ts';
import { clientScheme } from '../../http/client-scheme.ts';
import { PASS, ruleFor } from '../../http/fields/header-rules.ts';
import { Waiters } from '../core/waiters.ts';
import { AuthService, type ServiceAnswer } from './auth-service.ts';
import type { CredentialCheck, Foreseen, GuardedRequest, Passed, Refused, Verdict } from './verdict.ts';

export type ForwardSettings = NonNullable<AuthSettings['forward']>;

export interface ForwardPorts {
  /** Monotonic, milliseconds. */
  readonly nowMs: () => number;
  /** The service could not be asked. */
  readonly onServiceFailed: (url: string, reason: string) => void;
}

/** For one route and thread. */
const MAX_REMEMBERED = 4096;
const MAX_ASKED = 1000;

export class ForwardCheck implements CredentialCheck {
  readonly kind = 'forward';
  readonly names: readonly string[];
  readonly cookies = [];
  readonly challenge = '';
  readonly #settings: ForwardSettings;
  readonly #ports: ForwardPorts;
  readonly #service: AuthService;
  readonly #sent: readonly string[];
  /** Those that backends get as the service did. */
  readonly #kept: readonly string[];
  readonly #toBackend: readonly string[];
  readonly #remembered = new DecisionCache<Passed>(MAX_REMEMBERED);
  readonly #waiters = new Waiters<Verdict>();

  constructor(settings: ForwardSettings, ports: ForwardPorts) {
    this.#settings = settings;
    this.#ports = ports;
    this.#service = new AuthService(settings.url, settings.timeoutMs);
    this.#sent = settings.headersToAuth.map((name) => name.toLowerCase());
    // Backends get what the service has seen, in no other spelling, and what it says.
    this.#toBackend = settings.headersToBackend.map((name) => name.toLowerCase());
    const passed = this.#sent.filter(isPassed);
    this.#kept = passed.filter((name) => !this.#toBackend.includes(name));
    this.names = [...passed, ...this.#toBackend];
  }

  /** The service decides what is missing. */
  credentialIn(): string {
    return '';
  }

  judge(_credential: string, request: GuardedRequest, done: (verdict: Verdict) => void): Verdict | null {
    const { nowMs, onServiceFailed } = this.#ports;
    const { cacheMs, url } = this.#settings;
    const fields = this.#fieldsFor(request);
    const key = keyOf(fields);
    const remembered = cacheMs === 0 ? undefined : this.#remembered.get(key, nowMs());
    if (remembered !== undefined) return remembered;
    if (this.#waiters.size >= MAX_ASKED) return UNAVAILABLE;
    if (!this.#waiters.add(key, done)) return null;
    this.#service.ask(fields).then(
      (answer) => {
        const verdict = this.#verdictOf(answer, fields);
        if (verdict.failure === null && cacheMs > 0) this.#remembered.set(key, verdict, nowMs() + cacheMs);
        this.#waiters.settle(key, verdict);
      },
      (error: unknown) => {
        onServiceFailed(url, (error as Error).message);
        this.#waiters.settle(key, UNAVAILABLE);
      },
    );
    return null;
  }

  foresee(_credential: string, request: GuardedRequest): Foreseen {
    const { nowMs } = this.#ports;
    const remembered =
      this.#settings.cacheMs === 0 ? undefined : this.#remembered.get(keyOf(this.#fieldsFor(request)), nowMs());
    if (remembered === undefined)
      return { verdict: null, note: 'the authorization service is asked for a real request' };
    return {
      verdict: remembered,
      note: 'the authorization service let the same credentials pass, which is remembered',
    };
  }

  #fieldsFor({ response: { req }, target, clientAddress, isPeerTrusted }: GuardedRequest): Record<string, string> {
    const { cacheMs, cacheBy } = this.#settings;
    const isSent = (part: ForwardSettings['cacheBy'][number]): boolean => cacheMs === 0 || cacheBy.includes(part);
    const fields: Record<string, string> = {
      'x-forwarded-proto': clientScheme(req, isPeerTrusted),
      'x-forwarded-host': req.headers['host'] ?? '',
    };
    if (isSent('method')) fields['x-forwarded-method'] = req.method;
    if (isSent('uri')) fields['x-forwarded-uri'] = target;
    if (isSent('address')) fields['x-forwarded-for'] = clientAddress;
    for (const name of this.#sent) {
      const value = req.headers[name];
      if (value !== undefined) fields[name] = value;
    }
    return fields;
  }

  #verdictOf(answer: ServiceAnswer, sent: Readonly<Record<string, string>>): Verdict {
    const { status, fields } = answer;
    if (status < 200 || status > 299) return refusedBy(answer);
    const kept = this.#kept.flatMap((name) => (sent[name] === undefined ? [] : [name, sent[name]]));
    const wanted = this.#toBackend.flatMap((name) => fieldOf(fields, name));
    const user =
      this.#settings.userHeader === null ? '' : (fieldOf(fields, this.#settings.userHeader.toLowerCase())[1] ?? '');
    return { failure: null, user, fields: [...kept, ...wanted], cookie: '', claims: null, client: '' };
  }
}

function keyOf(fields: Readonly<Record<string, string>>): string {
  return hash('sha256', JSON.stringify(fields), 'base64');
}

/** Cookies are the same however they are spread over fields, and backends do not get the gateway's own. */
function isPassed(name: string): boolean {
  return ruleFor(name) === PASS;
}

/** Name and value; empty: the answer does not have it. Several values are a list. */
function fieldOf(fields: readonly string[], name: string): readonly string[] {
  const values = fields.filter((_, at) => at % 2 === 1 && fields[at - 1]!.toLowerCase() === name);
  return values.length === 0 ? [] : [name, values.join(', ')];
}

function refusedBy(answer: ServiceAnswer): Refused {
  const code = answer.status === 401 ? 'GW_AUTH_INVALID' : 'GW_AUTH_DENIED';
  return { failure: 'invalid', error: new GatewayError(code), answer };
}

const UNAVAILABLE: Refused = { failure: 'service', error: new GatewayError('GW_AUTH_UNAVAILABLE') };
