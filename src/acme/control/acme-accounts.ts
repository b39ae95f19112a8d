/**
 * Accounts with authorities: registered when they are first needed, and shared by all gateways. A new key is stored
 * before the authority is asked to take it, so that a gateway that dies in between locks nobody out.
 */
import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { AcmeStore, StoredAccount } from '../acme-store.ts';
import type { Issuer } from '../wanted-certificate.ts';
import { AcmeClient } from './protocol/acme-client.ts';
import { acmeHttp } from './protocol/acme-http.ts';
import { AcmeProblem } from './protocol/acme-problem.ts';
import type { KeyCipher } from './key-cipher.ts';

export interface AcmeAccountsPorts {
  readonly store: AcmeStore;
  readonly cipher: KeyCipher;
  readonly wallMs: () => number;
  /** Rejects when the gateway stops. */
  readonly wait: (ms: number) => Promise<unknown>;
  /** Ends requests. */
  readonly signal: AbortSignal;
}

export interface OpenedAccount {
  readonly client: AcmeClient;
  readonly stored: StoredAccount;
}

export class AcmeAccounts {
  readonly #ports: AcmeAccountsPorts;

  constructor(ports: AcmeAccountsPorts) {
    this.#ports = ports;
  }

  /** Registers one if there is none. */
  async open(issuer: Issuer): Promise<OpenedAccount> {
    const stored = await this.#ports.store.account(accountId(issuer));
    return this.#opened(
      issuer,
      stored === undefined ? await this.#register(issuer) : await this.#settle(issuer, stored),
    );
  }

  /** The authority does not know it, or not by this key: the next order registers another. */
  async forget({ stored }: OpenedAccount): Promise<void> {
    await this.#ports.store.removeAccount(stored.id, stored.keyEncrypted);
  }

  /** Gives it a new key. Resolves with its URL; undefined: there is no account yet. */
  async rollover(issuer: Issuer): Promise<string | undefined> {
    const { cipher, store } = this.#ports;
    const id = accountId(issuer);
    const found = await store.account(id);
    if (found === undefined) return undefined;
    const stored = await this.#settle(issuer, found);
    const key = newKey();
    const nextKeyEncrypted = cipher.encrypt(toPem(key), id);
    if (!(await store.setNextAccountKey(id, stored.keyEncrypted, nextKeyEncrypted))) {
      throw new Error('another gateway has just changed the key of this account');
    }
    try {
      await this.#opened(issuer, stored).client.changeKey(key);
    } catch (error) {
      // It was refused. After no answer, nobody knows whether it has changed: the next one who opens the account asks.
      if (error instanceof AcmeProblem && error.status < 500)
        await store.setNextAccountKey(id, stored.keyEncrypted, null);
      throw error;
    }
    await store.replaceAccountKey(id, stored.keyEncrypted, nextKeyEncrypted);
    return stored.url;
  }

  /** Finds out what became of a change of the key that was begun. */
  async #settle(issuer: Issuer, stored: StoredAccount): Promise<StoredAccount> {
    const { cipher, store } = this.#ports;
    const { id, keyEncrypted, nextKeyEncrypted } = stored;
    if (nextKeyEncrypted === null) return stored;
    const next = this.#client(issuer, createPrivateKey(cipher.decrypt(nextKeyEncrypted, id)));
    if ((await next.find()) === stored.url) {
      await store.replaceAccountKey(id, keyEncrypted, nextKeyEncrypted);
      return { ...stored, keyEncrypted: nextKeyEncrypted, nextKeyEncrypted: null };
    }
    await store.setNextAccountKey(id, keyEncrypted, null);
    return { ...stored, nextKeyEncrypted: null };
  }

  async #register(issuer: Issuer): Promise<StoredAccount> {
    const { store, cipher } = this.#ports;
    const id = accountId(issuer);
    const key = newKey();
    const url = await this.#client(issuer, key).register({ email: issuer.email, binding: issuer.eab });
    return store.addAccount({ id, url, keyEncrypted: cipher.encrypt(toPem(key), id), nextKeyEncrypted: null });
  }

  #opened(issuer: Issuer, stored: StoredAccount): OpenedAccount {
    const key = createPrivateKey(this.#ports.cipher.decrypt(stored.keyEncrypted, stored.id));
    const client = this.#client(issuer, key);
    client.useAccount(stored.url);
    return { client, stored };
  }

  #client({ directory, caPem }: Issuer, accountKey: KeyObject): AcmeClient {
    const { signal, wait, wallMs } = this.#ports;
    return new AcmeClient({ directoryUrl: directory, http: acmeHttp({ caPem, signal }), accountKey, wallMs, wait });
  }
}

/** Accounts differ by what they are bound to. */
function accountId({ directory, eab }: Issuer): string {
  return eab === null ? directory : `${directory} ${eab.kid}`;
}

/** Of an account or a certificate. */
export function newKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
}

export function toPem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}
