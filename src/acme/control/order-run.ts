/**
 * One attempt to get a certificate: account, order, challenges, finalization, download. Everything that the next attempt
 * needs is stored before it is used, so that a gateway that dies, or loses the lease, leaves an order that can be
 * continued.
 */
import { createPrivateKey } from 'node:crypto';
import { judgePair, type Pair } from '../../certificates/judge-pair.ts';
import type { CertificateChange, NewChallenge, StoredCertificate } from '../acme-store.ts';
import type { ChallengeType } from '../core/acme-vocabulary.ts';
import type { Issuer, WantedCertificate } from '../wanted-certificate.ts';
import { AcmeAccounts, type AcmeAccountsPorts, newKey, toPem } from './acme-accounts.ts';
import { type AcmeClient, type Authorization, type Challenge, type Order } from './protocol/acme-client.ts';
import { AcmeProblem } from './protocol/acme-problem.ts';
import { certificateRequest } from './protocol/certificate-request.ts';
import { runDnsHook, txtRecord, type TxtRecord } from './dns-hook.ts';

export interface OrderPorts extends AcmeAccountsPorts {
  /** Resolves when every gateway answers the challenges. @param version the highest of them */
  readonly answered: (version: number) => Promise<void>;
}

export interface OrderJob {
  readonly wanted: WantedCertificate;
  readonly issuer: Issuer;
  /** As it was claimed. */
  readonly row: StoredCertificate;
  /** ARI's id of the certificate that is served now; null: there is none, or it is from another authority. */
  readonly replaces: string | null;
  /** Rejects if the certificate is not ours any more. */
  readonly save: (change: CertificateChange) => Promise<void>;
}

export interface IssuedCertificate {
  readonly pair: Pair;
  readonly keyEncrypted: string;
  /** By which names were validated; null: they had been before. */
  readonly challenge: ChallengeType | null;
  /** False: the authority offers no chain to the preferred root. */
  readonly isPreferredChain: boolean;
}

/** How long a challenge may be answered at most: authorities validate within minutes. */
const CHALLENGE_SECONDS = 3600;

export class OrderRun {
  readonly #ports: OrderPorts;
  readonly #job: OrderJob;
  #challenge: ChallengeType | null = null;

  constructor(ports: OrderPorts, job: OrderJob) {
    this.#ports = ports;
    this.#job = job;
  }

  /** Rejects with the reason. */
  async run(): Promise<IssuedCertificate> {
    const accounts = new AcmeAccounts(this.#ports);
    const account = await accounts.open(this.#job.issuer);
    const { client } = account;
    try {
      const { order, keyEncrypted } = await this.#order(client);
      if (order.status === 'pending') await this.#validate(client, order);
      return await this.#issue(client, order.url, keyEncrypted);
    } catch (error) {
      if (isRefused(error)) await this.#job.save({ orderIssuer: null, orderUrl: null, orderKeyEncrypted: null });
      if (isAboutAccount(error)) await accounts.forget(account);
      throw error;
    }
  }

  /** The one that was begun, unless it cannot be continued, else a new one. */
  async #order(client: AcmeClient): Promise<{ readonly order: Order; readonly keyEncrypted: string }> {
    const { issuer, replaces, row, save, wanted } = this.#job;
    const { orderIssuer, orderUrl, orderKeyEncrypted } = row;
    if (orderIssuer === issuer.directory && orderUrl !== null && orderKeyEncrypted !== null) {
      const order = await client.order(orderUrl).catch((error: unknown) => {
        if (isRefused(error)) return undefined;
        throw error;
      });
      if (order !== undefined && order.status !== 'invalid') return { order, keyEncrypted: orderKeyEncrypted };
    }
    const keyEncrypted = this.#ports.cipher.encrypt(toPem(newKey()), wanted.id);
    const order = await client.newOrder({ hosts: wanted.hosts, profile: issuer.profile, replaces });
    await save({ orderIssuer: issuer.directory, orderUrl: order.url, orderKeyEncrypted: keyEncrypted });
    return { order, keyEncrypted };
  }

  async #validate(client: AcmeClient, order: Order): Promise<void> {
    const { store } = this.#ports;
    const chosen: ChosenChallenge[] = [];
    for (const url of order.authorizations) {
      const authorization = await client.authorization(url);
      if (authorization.status !== 'valid') chosen.push(this.#choose(client, url, authorization));
    }
    if (chosen.length === 0) return;
    const records: TxtRecord[] = [];
    try {
      for (const { challenge, stored } of chosen) {
        if (challenge.type === 'dns-01') records.push(await this.#present(stored));
      }
      const version = await store.addChallenges(
        chosen.map(({ stored }) => stored),
        CHALLENGE_SECONDS,
      );
      await this.#ports.answered(version);
      for (const { challenge } of chosen) if (challenge.status === 'pending') await client.accept(challenge);
      // Authorities look several times, and from several places: answers stay until the last has ended (RFC 8555, 8).
      const results = await Promise.allSettled(chosen.map(({ url }) => client.authorized(url)));
      const failed = results.find((result) => result.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
      this.#challenge = chosen[0]!.stored.type;
    } finally {
      await this.#cleanUp(
        chosen.map(({ stored }) => stored.id),
        records,
      );
    }
  }

  #choose(client: AcmeClient, url: string, { host, challenges }: Authorization): ChosenChallenge {
    const { issuer, row } = this.#job;
    const usable = (type: ChallengeType): boolean => type !== 'dns-01' || issuer.dnsHook !== null;
    // For wildcards an authority offers nothing else.
    const wanted = [...new Set<ChallengeType>([...issuer.challenges, 'dns-01'])].filter(usable);
    const offered = wanted.filter((type) => challenges.some((each) => each.type === type));
    const preferred = offered.filter((type) => issuer.challenges.includes(type));
    const candidates = preferred.length > 0 ? preferred : offered;
    if (candidates.length === 0) {
      const types = challenges.map(({ type }) => type).join(', ');
      throw new Error(`${host}: the authority validates by ${types} only, which "challenges" does not have`);
    }
    // What worked before, then one after the other.
    const first = Math.max(0, candidates.indexOf(row.challenge!));
    const type = candidates[(first + row.failures) % candidates.length]!;
    const challenge = challenges.find((each) => each.type === type)!;
    const keyAuthorization = client.keyAuthorization(challenge.token);
    return { url, challenge, stored: { id: challenge.url, type, host, token: challenge.token, keyAuthorization } };
  }

  async #present({ host, keyAuthorization }: NewChallenge): Promise<TxtRecord> {
    const record = txtRecord(host, keyAuthorization);
    await runDnsHook(this.#job.issuer.dnsHook!, 'present', record, this.#ports.signal);
    return record;
  }

  /** What is left behind does no harm, and must not hide why an order failed. */
  async #cleanUp(ids: readonly string[], records: readonly TxtRecord[]): Promise<void> {
    await this.#ports.store.removeChallenges(ids).catch(doNothing);
    for (const record of records) {
      await runDnsHook(this.#job.issuer.dnsHook!, 'cleanup', record, this.#ports.signal).catch(doNothing);
    }
  }

  async #issue(client: AcmeClient, url: string, keyEncrypted: string): Promise<IssuedCertificate> {
    const { cipher, wallMs } = this.#ports;
    const { id, hosts } = this.#job.wanted;
    const keyPem = cipher.decrypt(keyEncrypted, id);
    const order = await client.ready(url);
    if (order.status === 'ready') await client.finalize(order, certificateRequest(hosts, createPrivateKey(keyPem)));
    const { pem, isPreferred } = await client.download(await client.issued(url), this.#job.issuer.preferredChain);
    const { pair, faults } = judgePair({ hosts, readCertificate: () => pem, readKey: () => keyPem }, wallMs());
    if (pair !== undefined) return { pair, keyEncrypted, challenge: this.#challenge, isPreferredChain: isPreferred };
    const reasons = faults.map(({ key, at, message }) => `${key === 'hosts' ? hosts[at ?? 0] : 'it'} ${message}`);
    throw new AcmeProblem({
      detail: `the authority issued a certificate that cannot be served: ${reasons.join('; ')}`,
    });
  }
}

interface ChosenChallenge {
  /** Of the authorization. */
  readonly url: string;
  readonly challenge: Challenge;
  readonly stored: NewChallenge;
}

/** The order cannot be continued. After other failures, such as no answer, it can. */
function isRefused(error: unknown): boolean {
  return error instanceof AcmeProblem && error.status < 500 && error.status !== 429;
}

function isAboutAccount(error: unknown): boolean {
  return (
    error instanceof AcmeProblem && ['accountDoesNotExist', 'unauthorized'].includes(error.type) && error.status > 0
  );
}

function doNothing(): void {}
