/**
 * What an ACME server is asked for (RFC 8555): an account, orders, authorizations, certificates. One step per method;
 * order-run.ts puts them in order.
 */
import type { KeyObject } from 'node:crypto';
import { parseAddress } from '../../../net/ip-address.ts';
import { objectOf, parseObject, retryAfterMs } from './acme-answer.ts';
import type { AcmeHttp } from './acme-http.ts';
import { AcmeProblem } from './acme-problem.ts';
import { alternatesIn, leadsTo } from './chain-choice.ts';
import { AcmeSession } from './acme-session.ts';
import { base64url, bindAccount, jwkOf, signEs256, thumbprintOf } from './json-web-signature.ts';

export interface AcmeClientPorts {
  readonly directoryUrl: string;
  readonly http: AcmeHttp;
  readonly accountKey: KeyObject;
  /** Milliseconds since the epoch. */
  readonly wallMs: () => number;
  /** Rejects when the gateway stops. */
  readonly wait: (ms: number) => Promise<unknown>;
}

export interface Registration {
  readonly email: string | null;
  /** For authorities that want one: key id and HMAC key, in base64url. */
  readonly binding: { readonly kid: string; readonly hmac: string } | null;
}

export interface WantedOrder {
  /** Canonical; may be wildcards and addresses. */
  readonly hosts: readonly string[];
  readonly profile: string | null;
  /** ARI's id of the certificate that it is to replace: such an order is exempt from rate limits (RFC 9773, 5). */
  readonly replaces: string | null;
}

export interface Order {
  readonly url: string;
  readonly status: string;
  readonly authorizations: readonly string[];
  readonly finalize: string;
  /** Empty until it is `valid`. */
  readonly certificate: string;
  readonly error: unknown;
}

export interface Challenge {
  readonly type: string;
  readonly url: string;
  readonly token: string;
  readonly status: string;
  readonly error: unknown;
}

export interface Authorization {
  /** Without the `*.` of a wildcard. */
  readonly host: string;
  readonly status: string;
  readonly challenges: readonly Challenge[];
}

export interface DownloadedChain {
  readonly pem: string;
  /** False: no chain that the authority offers leads to the preferred root. */
  readonly isPreferred: boolean;
}

/** How long an authority may take to validate, and to issue. */
const PATIENCE_MS = 300_000;
const FIRST_POLL_MS = 250;
const MAX_POLL_MS = 15_000;
export class AcmeClient {
  readonly #ports: AcmeClientPorts;
  readonly #session: AcmeSession;

  constructor(ports: AcmeClientPorts) {
    this.#ports = ports;
    this.#session = new AcmeSession(ports);
  }

  /** @param url of an account that was registered before */
  useAccount(url: string): void {
    this.#session.account = url;
  }

  /** Agrees to the terms of service. Resolves with the account's URL; for a key that has one, with that. */
  async register({ email, binding }: Registration): Promise<string> {
    const { newAccount, isBindingRequired } = await this.#session.directory();
    if (isBindingRequired && binding === null) {
      throw new Error('this authority needs an external account: set eab.kid and eab.hmac');
    }
    const { headers } = await this.#session.post(newAccount, {
      termsOfServiceAgreed: true,
      ...(email !== null && { contact: [`mailto:${email}`] }),
      ...(binding !== null && {
        externalAccountBinding: bindAccount(binding.kid, binding.hmac, newAccount, this.#ports.accountKey),
      }),
    });
    if (headers.location === undefined) throw new Error('the ACME server sent no account URL');
    this.#session.account = headers.location;
    return headers.location;
  }

  /** URL of the account that has this key; undefined: none has. */
  async find(): Promise<string | undefined> {
    const { newAccount } = await this.#session.directory();
    try {
      const { headers } = await this.#session.post(newAccount, { onlyReturnExisting: true });
      return headers.location;
    } catch (error) {
      if (error instanceof AcmeProblem && error.type === 'accountDoesNotExist') return undefined;
      throw error;
    }
  }

  /** From then on, the account has this key, and no other (RFC 8555, 7.3.5). */
  async changeKey(key: KeyObject): Promise<void> {
    const { keyChange: url } = await this.#session.directory();
    if (url === null) throw new Error('the authority does not change keys of accounts');
    const { accountKey } = this.#ports;
    const change = signEs256(
      { jwk: jwkOf(key), url },
      { account: this.#session.account, oldKey: jwkOf(accountKey) },
      key,
    );
    await this.#session.post(url, JSON.parse(change) as object);
  }

  async newOrder({ hosts, profile, replaces }: WantedOrder): Promise<Order> {
    const { newOrder, profiles, renewalInfo } = await this.#session.directory();
    if (profile !== null && profiles?.includes(profile) !== true) {
      const offered = profiles === null ? 'it has none' : `it has ${profiles.join(', ')}`;
      throw new Error(`the authority does not offer the profile "${profile}": ${offered}`);
    }
    const identifiers = hosts.map((host) => ({
      type: parseAddress(host) === undefined ? 'dns' : 'ip',
      value: host,
    }));
    const wanted = { identifiers, ...(profile !== null && { profile }) };
    const mayReplace = replaces !== null && renewalInfo !== null;
    try {
      return await this.#order(newOrder, mayReplace ? { ...wanted, replaces } : wanted);
    } catch (error) {
      // The certificate was replaced already, or is not from this authority.
      const isAboutThat = error instanceof AcmeProblem && ['alreadyReplaced', 'malformed'].includes(error.type);
      if (!mayReplace || !isAboutThat) throw error;
      return this.#order(newOrder, wanted);
    }
  }

  /** @param url of the order */
  async order(url: string): Promise<Order> {
    return toOrder(url, parseObject(await this.#session.post(url, null)));
  }

  async authorization(url: string): Promise<Authorization> {
    return toAuthorization(parseObject(await this.#session.post(url, null)));
  }

  /** What a challenge is answered with (RFC 8555, 8.1). */
  keyAuthorization(token: string): string {
    return `${token}.${thumbprintOf(this.#ports.accountKey)}`;
  }

  /** The answer is in place: the server may look at it. */
  async accept({ url }: Challenge): Promise<void> {
    await this.#session.post(url, {});
  }

  /** Resolves when the authorization is valid. Rejects with the reason if it cannot be. */
  async authorized(url: string): Promise<void> {
    const { host, status, challenges } = await this.#poll(
      url,
      toAuthorization,
      (authorization) => authorization.status !== 'pending',
    );
    if (status === 'valid') return;
    const failed = challenges.find(({ error }) => error !== undefined);
    throw failed === undefined
      ? new AcmeProblem({ detail: `the authorization is ${status}` }, { about: host })
      : new AcmeProblem(failed.error, { about: `${host} by ${failed.type}` });
  }

  /** @param request a PKCS #10 certificate request, DER */
  async finalize({ finalize }: Order, request: Uint8Array): Promise<void> {
    await this.#session.post(finalize, { csr: base64url(request) });
  }

  /** Resolves when the order is ready to be finalized, or further. */
  async ready(url: string): Promise<Order> {
    return this.#settled(url, (order) => order.status !== 'pending');
  }

  /** Resolves when the certificate has been issued. */
  async issued(url: string): Promise<Order> {
    return this.#settled(url, (order) => order.status === 'valid');
  }

  /** @param preferred common name of the root that the chain should lead to; null: as the authority prefers */
  async download({ certificate }: Order, preferred: string | null = null): Promise<DownloadedChain> {
    const answer = await this.#session.post(certificate, null);
    const first = { pem: answer.body, isPreferred: preferred === null || leadsTo(answer.body, preferred) };
    if (preferred === null || first.isPreferred) return first;
    for (const url of alternatesIn(answer, certificate)) {
      const { body: pem } = await this.#session.post(url, null);
      if (leadsTo(pem, preferred)) return { pem, isPreferred: true };
    }
    return first;
  }

  async #order(url: string, wanted: object): Promise<Order> {
    const answer = await this.#session.post(url, wanted);
    const { location } = answer.headers;
    if (location === undefined) throw new Error('the ACME server sent no order URL');
    return toOrder(location, parseObject(answer));
  }

  async #settled(url: string, isSettled: (order: Order) => boolean): Promise<Order> {
    const order = await this.#poll(
      url,
      (found) => toOrder(url, found),
      (found) => found.status === 'invalid' || isSettled(found),
    );
    if (order.status !== 'invalid') return order;
    throw new AcmeProblem(order.error ?? { detail: 'the order is invalid' });
  }

  async #poll<T>(
    url: string,
    read: (found: Readonly<Record<string, unknown>>) => T,
    isSettled: (value: T) => boolean,
  ): Promise<T> {
    const { wait } = this.#ports;
    let waitedMs = 0;
    for (let pauseMs = FIRST_POLL_MS; ; pauseMs = Math.min(MAX_POLL_MS, pauseMs * 2)) {
      const answer = await this.#session.post(url, null);
      const value = read(parseObject(answer));
      if (isSettled(value)) return value;
      if (waitedMs >= PATIENCE_MS) throw new Error(`the authority has not answered within ${PATIENCE_MS / 1000} s`);
      const nextMs = Math.min(retryAfterMs(answer, this.#ports.wallMs()) ?? pauseMs, MAX_POLL_MS);
      await wait(nextMs);
      waitedMs += nextMs;
    }
  }
}

function toOrder(url: string, found: Readonly<Record<string, unknown>>): Order {
  const { status, authorizations, finalize, certificate, error } = found;
  return {
    url,
    status: String(status),
    authorizations: Array.isArray(authorizations) ? authorizations.map(String) : [],
    finalize: String(finalize),
    certificate: typeof certificate === 'string' ? certificate : '',
    error,
  };
}

function toAuthorization(found: Readonly<Record<string, unknown>>): Authorization {
  const { identifier, status, challenges } = found;
  return {
    host: String(objectOf(identifier)['value']),
    status: String(status),
    challenges: (Array.isArray(challenges) ? challenges : []).map((each) => {
      const { type, url, token, status: state, error } = objectOf(each);
      return { type: String(type), url: String(url), token: String(token), status: String(state), error };
    }),
  };
}
