/** Signed requests to one ACME server: its directory, and a fresh nonce for each request (RFC 8555, 6 and 7.1). */
import type { KeyObject } from 'node:crypto';
import type { AcmeAnswer, AcmeHttp } from './acme-http.ts';
import { AcmeProblem } from './acme-problem.ts';
import { jwkOf, signEs256 } from './json-web-signature.ts';

export interface AcmeDirectory {
  readonly newNonce: string;
  readonly newAccount: string;
  readonly newOrder: string;
  /** RFC 9773; null: the server does not have it. */
  readonly renewalInfo: string | null;
  readonly isBindingRequired: boolean;
  /** Names of its certificate profiles; null: it has none. */
  readonly profiles: readonly string[] | null;
}

export interface AcmeSessionPorts {
  readonly directoryUrl: string;
  readonly http: AcmeHttp;
  readonly accountKey: KeyObject;
  readonly wallMs: () => number;
}

/** Servers of a farm may not know each other's nonces. */
const MAX_NONCE_RETRIES = 20;

export class AcmeSession {
  /** URL of the account; null: not known yet. */
  account: string | null = null;
  readonly #ports: AcmeSessionPorts;
  #directory: Promise<AcmeDirectory> | null = null;
  #nonce: string | null = null;

  constructor(ports: AcmeSessionPorts) {
    this.#ports = ports;
  }

  directory(): Promise<AcmeDirectory> {
    this.#directory ??= this.#readDirectory();
    return this.#directory;
  }

  /** Without a signature. */
  async get(url: string): Promise<AcmeAnswer> {
    return this.#check(await this.#ports.http('GET', url, null));
  }

  /** @param payload null: POST-as-GET. Rejects with AcmeProblem if the server refuses. */
  async post(url: string, payload: object | null): Promise<AcmeAnswer> {
    const { accountKey, http } = this.#ports;
    const identity = this.account === null ? { jwk: jwkOf(accountKey) } : { kid: this.account };
    for (let retries = 0; ; retries += 1) {
      const nonce = await this.#takeNonce();
      const answer = await http('POST', url, signEs256({ ...identity, nonce, url }, payload, accountKey));
      const next = answer.headers['replay-nonce'];
      this.#nonce = typeof next === 'string' ? next : null;
      try {
        return this.#check(answer);
      } catch (error) {
        const isStale = error instanceof AcmeProblem && error.type === 'badNonce';
        if (!isStale || retries === MAX_NONCE_RETRIES) throw error;
      }
    }
  }

  /** As the server asks for; null: it does not. */
  retryAfterMs({ headers }: AcmeAnswer): number | null {
    const text = headers['retry-after'];
    if (text === undefined) return null;
    const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - this.#ports.wallMs();
    return Number.isFinite(ms) ? Math.max(0, ms) : null;
  }

  async #takeNonce(): Promise<string> {
    const known = this.#nonce;
    this.#nonce = null;
    if (known !== null) return known;
    const { newNonce } = await this.directory();
    const { headers } = this.#check(await this.#ports.http('HEAD', newNonce, null));
    const nonce = headers['replay-nonce'];
    if (typeof nonce !== 'string') throw new Error(`no nonce from ${newNonce}`);
    return nonce;
  }

  async #readDirectory(): Promise<AcmeDirectory> {
    const { directoryUrl } = this.#ports;
    const found = parseObject(await this.get(directoryUrl));
    const url = (name: string): string => {
      const value = found[name];
      if (typeof value !== 'string') throw new Error(`no ACME directory at ${directoryUrl}: ${name} is missing`);
      return value;
    };
    const meta = objectOf(found['meta']);
    return {
      newNonce: url('newNonce'),
      newAccount: url('newAccount'),
      newOrder: url('newOrder'),
      renewalInfo: typeof found['renewalInfo'] === 'string' ? found['renewalInfo'] : null,
      isBindingRequired: meta['externalAccountRequired'] === true,
      profiles: meta['profiles'] === undefined ? null : Object.keys(objectOf(meta['profiles'])),
    };
  }

  #check(answer: AcmeAnswer): AcmeAnswer {
    if (answer.status >= 200 && answer.status < 300) return answer;
    throw new AcmeProblem(tryParse(answer.body), answer.status, this.retryAfterMs(answer));
  }
}

/** Throws Error if it is none. */
export function parseObject({ body }: AcmeAnswer): Readonly<Record<string, unknown>> {
  const value = tryParse(body);
  if (typeof value !== 'object' || value === null) throw new Error('the ACME server sent no JSON object');
  return value as Record<string, unknown>;
}

export function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
