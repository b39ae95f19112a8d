/** Signed requests to one ACME server: its directory, and a fresh nonce for each request (RFC 8555, 6 and 7.1). */
import type { KeyObject } from 'node:crypto';
import { type AcmeDirectory, checkAnswer, readDirectory } from './acme-answer.ts';
import type { AcmeAnswer, AcmeHttp } from './acme-http.ts';
import { AcmeProblem } from './acme-problem.ts';
import { jwkOf, signEs256 } from './json-web-signature.ts';

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
    const { directoryUrl, http, wallMs } = this.#ports;
    this.#directory ??= readDirectory(directoryUrl, http, wallMs);
    return this.#directory;
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
        return checkAnswer(answer, this.#ports.wallMs());
      } catch (error) {
        const isStale = error instanceof AcmeProblem && error.type === 'badNonce';
        if (!isStale || retries === MAX_NONCE_RETRIES) throw error;
      }
    }
  }

  async #takeNonce(): Promise<string> {
    const known = this.#nonce;
    this.#nonce = null;
    if (known !== null) return known;
    const { newNonce } = await this.directory();
    const { http, wallMs } = this.#ports;
    const { headers } = checkAnswer(await http('HEAD', newNonce, null), wallMs());
    const nonce = headers['replay-nonce'];
    if (typeof nonce !== 'string') throw new Error(`no nonce from ${newNonce}`);
    return nonce;
  }
}
