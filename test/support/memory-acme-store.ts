/** The storage of certificates from authorities in memory; passes the same contract suite as the real one. `isAway` makes an outage. */
import type {
  AcmeStore,
  CertificateChange,
  NewChallenge,
  StoredAccount,
  StoredCertificate,
  StoredChallenge,
} from '../../src/acme/acme-store.ts';
import { GatewayError } from '../../src/errors.ts';

export class MemoryAcmeStore implements AcmeStore {
  isAway = false;
  #version = 0;
  readonly #certificates = new Map<string, StoredCertificate>();
  readonly #accounts = new Map<string, StoredAccount>();
  readonly #challenges = new Map<string, StoredChallenge & { readonly expiresAtMs: number }>();
  readonly #gateways = new Map<string, { readonly version: number; readonly seenAtMs: number }>();
  readonly #wallMs: () => number;

  constructor(wallMs: () => number = Date.now) {
    this.#wallMs = wallMs;
  }

  async certificates(): Promise<readonly StoredCertificate[]> {
    return this.#sorted();
  }

  #sorted(): readonly StoredCertificate[] {
    this.#refuseWhenAway();
    return [...this.#certificates.values()].toSorted((one, other) => (one.id < other.id ? -1 : 1));
  }

  async versions(): Promise<readonly Pick<StoredCertificate, 'id' | 'version'>[]> {
    return this.#sorted().map(({ id, version }) => ({ id, version }));
  }

  async certificatesById(ids: readonly string[]): Promise<readonly StoredCertificate[]> {
    return this.#sorted().filter(({ id }) => ids.includes(id));
  }

  async addCertificate(id: string, hosts: readonly string[]): Promise<void> {
    this.#refuseWhenAway();
    if (this.#certificates.has(id)) return;
    this.#certificates.set(id, {
      id,
      hosts,
      issuer: null,
      challenge: null,
      chainPem: null,
      keyEncrypted: null,
      error: null,
      failures: 0,
      attempts: [],
      nextAttemptAt: null,
      isRenewalRequested: false,
      renewalStart: null,
      renewalEnd: null,
      renewalCheckAt: null,
      orderIssuer: null,
      orderUrl: null,
      orderKeyEncrypted: null,
      leaseOwner: null,
      leaseUntil: null,
      usedAt: null,
      version: this.#next(),
    });
  }

  async addOnDemand(id: string, host: string): Promise<void> {
    await this.addCertificate(id, [host]);
    this.#put({ ...this.#certificates.get(id)!, usedAt: this.#in(0), version: this.#next() });
  }

  async markUsed(id: string): Promise<void> {
    this.#refuseWhenAway();
    const row = this.#certificates.get(id);
    if (row !== undefined && row.usedAt !== null) this.#put({ ...row, usedAt: this.#in(0) });
  }

  async removeUnused(id: string, seconds: number): Promise<boolean> {
    this.#refuseWhenAway();
    const row = this.#certificates.get(id);
    const isUnused = row !== undefined && row.usedAt !== null && row.usedAt < this.#in(-seconds);
    if (!isUnused || (row.leaseUntil?.getTime() ?? 0) >= this.#wallMs()) return false;
    return this.#certificates.delete(id);
  }

  async claim(id: string, owner: string, seconds: number): Promise<StoredCertificate | undefined> {
    this.#refuseWhenAway();
    const row = this.#certificates.get(id);
    const isFree = row?.leaseOwner === owner || (row?.leaseUntil?.getTime() ?? 0) < this.#wallMs();
    return row !== undefined && isFree
      ? this.#put({ ...row, leaseOwner: owner, leaseUntil: this.#in(seconds) })
      : undefined;
  }

  async keepLease(id: string, owner: string, seconds: number): Promise<boolean> {
    const row = this.#own(id, owner);
    if (row !== undefined) this.#put({ ...row, leaseUntil: this.#in(seconds) });
    return row !== undefined;
  }

  async release(id: string, owner: string): Promise<void> {
    const row = this.#own(id, owner);
    if (row !== undefined) this.#put({ ...row, leaseOwner: null, leaseUntil: null });
  }

  async save(id: string, owner: string, change: CertificateChange): Promise<boolean> {
    const row = this.#own(id, owner);
    if (row !== undefined) this.#put({ ...row, ...change, version: this.#next() });
    return row !== undefined;
  }

  async requestRenewal(id: string): Promise<boolean> {
    this.#refuseWhenAway();
    const row = this.#certificates.get(id);
    if (row !== undefined) this.#put({ ...row, isRenewalRequested: true, version: this.#next() });
    return row !== undefined;
  }

  async account(id: string): Promise<StoredAccount | undefined> {
    this.#refuseWhenAway();
    return this.#accounts.get(id);
  }

  async addAccount(account: StoredAccount): Promise<StoredAccount> {
    this.#refuseWhenAway();
    const known = this.#accounts.get(account.id) ?? account;
    this.#accounts.set(account.id, known);
    return known;
  }

  async removeAccount(id: string, keyEncrypted: string): Promise<void> {
    this.#refuseWhenAway();
    if (this.#accounts.get(id)?.keyEncrypted === keyEncrypted) this.#accounts.delete(id);
  }

  async setNextAccountKey(id: string, keyEncrypted: string, nextKeyEncrypted: string | null): Promise<boolean> {
    if (nextKeyEncrypted !== null && (this.#accounts.get(id)?.nextKeyEncrypted ?? null) !== null) return false;
    return this.#changeAccount(id, keyEncrypted, { nextKeyEncrypted });
  }

  async replaceAccountKey(id: string, keyEncrypted: string, newKeyEncrypted: string): Promise<boolean> {
    return this.#changeAccount(id, keyEncrypted, { keyEncrypted: newKeyEncrypted, nextKeyEncrypted: null });
  }

  #changeAccount(id: string, keyEncrypted: string, change: Partial<StoredAccount>): boolean {
    this.#refuseWhenAway();
    const account = this.#accounts.get(id);
    if (account === undefined || account.keyEncrypted !== keyEncrypted) return false;
    this.#accounts.set(id, { ...account, ...change });
    return true;
  }

  async challenges(): Promise<readonly StoredChallenge[]> {
    this.#refuseWhenAway();
    return [...this.#challenges.values()]
      .filter(({ expiresAtMs }) => expiresAtMs > this.#wallMs())
      .map(({ expiresAtMs: _expiresAtMs, ...challenge }) => challenge);
  }

  async addChallenges(challenges: readonly NewChallenge[], seconds: number): Promise<number> {
    this.#refuseWhenAway();
    const version = this.#next();
    const expiresAtMs = this.#in(seconds).getTime();
    for (const each of challenges) this.#challenges.set(each.id, { ...each, version, expiresAtMs });
    return version;
  }

  async removeChallenges(ids: readonly string[]): Promise<void> {
    this.#refuseWhenAway();
    for (const { id, expiresAtMs } of this.#challenges.values()) {
      if (ids.includes(id) || expiresAtMs < this.#wallMs()) this.#challenges.delete(id);
    }
  }

  async acknowledge(gateway: string, version: number): Promise<void> {
    this.#refuseWhenAway();
    this.#gateways.set(gateway, { version, seenAtMs: this.#wallMs() });
  }

  async leave(gateway: string): Promise<void> {
    this.#refuseWhenAway();
    this.#gateways.delete(gateway);
  }

  async waitingFor(gateway: string, version: number, seconds: number): Promise<readonly string[]> {
    this.#refuseWhenAway();
    const sinceMs = this.#wallMs() - seconds * 1000;
    return [...this.#gateways]
      .filter(([name, seen]) => name !== gateway && seen.version < version && seen.seenAtMs > sinceMs)
      .map(([name]) => name);
  }

  #own(id: string, owner: string): StoredCertificate | undefined {
    this.#refuseWhenAway();
    const row = this.#certificates.get(id);
    return row?.leaseOwner === owner ? row : undefined;
  }

  #put(row: StoredCertificate): StoredCertificate {
    this.#certificates.set(row.id, row);
    return row;
  }

  #in(seconds: number): Date {
    return new Date(this.#wallMs() + seconds * 1000);
  }

  #next(): number {
    this.#version += 1;
    return this.#version;
  }

  #refuseWhenAway(): void {
    if (this.isAway) throw new GatewayError('GW_DATABASE_UNAVAILABLE');
  }
}
