/** The storage of certificates from authorities on drizzle. */
import type {
  AcmeStore,
  CertificateChange,
  NewChallenge,
  StoredAccount,
  StoredCertificate,
  StoredChallenge,
} from '../../src/acme/acme-store.ts';
import type { SQL } from 'drizzle-orm';
import type { DatabaseLink } from '../database-link.ts';
import type { Dialect } from '../dialect.ts';
import { and, asc, eq, gt, inArray, isNotNull, isNull, lt, ne, or, sql } from '../orm.ts';
import type { Tables } from '../table-definitions.ts';

export class AcmeRepository implements AcmeStore {
  readonly #link: DatabaseLink;
  readonly #dialect: Dialect;
  readonly #certificates: Tables['acmeCertificates'];
  readonly #accounts: Tables['acmeAccounts'];
  readonly #challenges: Tables['acmeChallenges'];
  readonly #gateways: Tables['acmeGateways'];

  constructor(link: DatabaseLink, dialect: Dialect) {
    this.#link = link;
    this.#dialect = dialect;
    this.#certificates = dialect.tables.acmeCertificates;
    this.#accounts = dialect.tables.acmeAccounts;
    this.#challenges = dialect.tables.acmeChallenges;
    this.#gateways = dialect.tables.acmeGateways;
  }

  certificates(): Promise<readonly StoredCertificate[]> {
    return this.#link.run((db) => db.select().from(this.#certificates).orderBy(asc(this.#certificates.id)));
  }

  versions(): Promise<readonly Pick<StoredCertificate, 'id' | 'version'>[]> {
    const { id, version } = this.#certificates;
    return this.#link.run((db) => db.select({ id, version }).from(this.#certificates));
  }

  async certificatesById(ids: readonly string[]): Promise<readonly StoredCertificate[]> {
    if (ids.length === 0) return [];
    const { id } = this.#certificates;
    return this.#link.run((db) =>
      db
        .select()
        .from(this.#certificates)
        .where(inArray(id, [...ids])),
    );
  }

  async addCertificate(id: string, hosts: readonly string[]): Promise<void> {
    const row = { id, hosts, attempts: [], isRenewalRequested: false, version: this.#dialect.nextVersion };
    await this.#link.run((db) => db.insert(this.#certificates).values(row).onConflictDoNothing());
  }

  async addOnDemand(id: string, host: string): Promise<void> {
    const { nextVersion: version, now: usedAt } = this.#dialect;
    const row = { id, hosts: [host], attempts: [], isRenewalRequested: false, usedAt, version };
    await this.#link.run((db) =>
      db
        .insert(this.#certificates)
        .values(row)
        .onConflictDoUpdate({ target: this.#certificates.id, set: { usedAt, version } }),
    );
  }

  async markUsed(id: string): Promise<void> {
    const { id: column, usedAt } = this.#certificates;
    await this.#link.run((db) =>
      db
        .update(this.#certificates)
        .set({ usedAt: this.#dialect.now })
        .where(and(eq(column, id), isNotNull(usedAt))),
    );
  }

  async removeUnused(id: string, seconds: number): Promise<boolean> {
    const { id: column, leaseUntil, usedAt } = this.#certificates;
    const isFree = or(isNull(leaseUntil), lt(leaseUntil, this.#dialect.now));
    const rows = await this.#link.run((db) =>
      db
        .delete(this.#certificates)
        .where(and(eq(column, id), lt(usedAt, this.#dialect.fromNow(-seconds)), isFree))
        .returning({ id: column }),
    );
    return rows.length > 0;
  }

  async claim(id: string, owner: string, seconds: number): Promise<StoredCertificate | undefined> {
    const { id: column, leaseOwner, leaseUntil } = this.#certificates;
    const isFree = or(isNull(leaseUntil), lt(leaseUntil, this.#dialect.now), eq(leaseOwner, owner));
    const [row] = await this.#link.run((db) =>
      db
        .update(this.#certificates)
        .set({ leaseOwner: owner, leaseUntil: this.#dialect.fromNow(seconds) })
        .where(and(eq(column, id), isFree))
        .returning(),
    );
    return row;
  }

  async keepLease(id: string, owner: string, seconds: number): Promise<boolean> {
    const rows = await this.#link.run((db) =>
      db
        .update(this.#certificates)
        .set({ leaseUntil: this.#dialect.fromNow(seconds) })
        .where(this.#isOwn(id, owner))
        .returning({ id: this.#certificates.id }),
    );
    return rows.length > 0;
  }

  async release(id: string, owner: string): Promise<void> {
    await this.#link.run((db) =>
      db.update(this.#certificates).set({ leaseOwner: null, leaseUntil: null }).where(this.#isOwn(id, owner)),
    );
  }

  async save(id: string, owner: string, change: CertificateChange): Promise<boolean> {
    const rows = await this.#link.run((db) =>
      db
        .update(this.#certificates)
        .set({ ...change, version: this.#dialect.nextVersion })
        .where(this.#isOwn(id, owner))
        .returning({ id: this.#certificates.id }),
    );
    return rows.length > 0;
  }

  async requestRenewal(id: string): Promise<boolean> {
    const rows = await this.#link.run((db) =>
      db
        .update(this.#certificates)
        .set({ isRenewalRequested: true, version: this.#dialect.nextVersion })
        .where(eq(this.#certificates.id, id))
        .returning({ id: this.#certificates.id }),
    );
    return rows.length > 0;
  }

  async account(id: string): Promise<StoredAccount | undefined> {
    const { id: column, url, keyEncrypted, nextKeyEncrypted } = this.#accounts;
    const [row] = await this.#link.run((db) =>
      db.select({ id: column, url, keyEncrypted, nextKeyEncrypted }).from(this.#accounts).where(eq(column, id)),
    );
    return row;
  }

  async addAccount(account: StoredAccount): Promise<StoredAccount> {
    await this.#link.run((db) => db.insert(this.#accounts).values(account).onConflictDoNothing());
    return (await this.account(account.id)) ?? account;
  }

  async removeAccount(id: string, keyEncrypted: string): Promise<void> {
    await this.#link.run((db) => db.delete(this.#accounts).where(this.#hasKey(id, keyEncrypted)));
  }

  setNextAccountKey(id: string, keyEncrypted: string, nextKeyEncrypted: string | null): Promise<boolean> {
    const isFree = nextKeyEncrypted === null ? undefined : isNull(this.#accounts.nextKeyEncrypted);
    return this.#changeAccount(id, keyEncrypted, { nextKeyEncrypted }, isFree);
  }

  replaceAccountKey(id: string, keyEncrypted: string, newKeyEncrypted: string): Promise<boolean> {
    return this.#changeAccount(id, keyEncrypted, { keyEncrypted: newKeyEncrypted, nextKeyEncrypted: null });
  }

  async #changeAccount(id: string, keyEncrypted: string, change: Partial<StoredAccount>, more?: SQL): Promise<boolean> {
    const rows = await this.#link.run((db) =>
      db
        .update(this.#accounts)
        .set(change)
        .where(and(this.#hasKey(id, keyEncrypted), more))
        .returning({ id: this.#accounts.id }),
    );
    return rows.length > 0;
  }

  #hasKey(id: string, key: string) {
    return and(eq(this.#accounts.id, id), eq(this.#accounts.keyEncrypted, key));
  }

  challenges(): Promise<readonly StoredChallenge[]> {
    const { id, type, host, token, keyAuthorization, version, expiresAt } = this.#challenges;
    return this.#link.run((db) =>
      db
        .select({ id, type, host, token, keyAuthorization, version })
        .from(this.#challenges)
        .where(gt(expiresAt, this.#dialect.now)),
    );
  }

  async addChallenges(challenges: readonly NewChallenge[], seconds: number): Promise<number> {
    const { nextVersion } = this.#dialect;
    const expiresAt = this.#dialect.fromNow(seconds);
    const rows = challenges.map((challenge) => ({ ...challenge, expiresAt, version: nextVersion }));
    const added = await this.#link.run((db) =>
      db
        .insert(this.#challenges)
        .values(rows)
        .onConflictDoUpdate({
          target: this.#challenges.id,
          set: { keyAuthorization: sql`excluded."key_authorization"`, expiresAt, version: nextVersion },
        })
        .returning({ version: this.#challenges.version }),
    );
    return Math.max(...added.map(({ version }) => version));
  }

  async removeChallenges(ids: readonly string[]): Promise<void> {
    const { id, expiresAt } = this.#challenges;
    const isOver = lt(expiresAt, this.#dialect.now);
    await this.#link.run((db) =>
      db.delete(this.#challenges).where(ids.length === 0 ? isOver : or(inArray(id, [...ids]), isOver)),
    );
  }

  async acknowledge(gateway: string, version: number): Promise<void> {
    const seenAt = this.#dialect.now;
    await this.#link.run((db) =>
      db
        .insert(this.#gateways)
        .values({ gateway, challenges: version, seenAt })
        .onConflictDoUpdate({ target: this.#gateways.gateway, set: { challenges: version, seenAt } }),
    );
  }

  async leave(gateway: string): Promise<void> {
    await this.#link.run((db) => db.delete(this.#gateways).where(eq(this.#gateways.gateway, gateway)));
  }

  async waitingFor(gateway: string, version: number, seconds: number): Promise<readonly string[]> {
    const { gateway: name, challenges, seenAt } = this.#gateways;
    const rows = await this.#link.run((db) =>
      db
        .select({ name })
        .from(this.#gateways)
        .where(and(ne(name, gateway), lt(challenges, version), gt(seenAt, this.#dialect.fromNow(-seconds)))),
    );
    return rows.map((row) => row.name);
  }

  #isOwn(id: string, owner: string) {
    return and(eq(this.#certificates.id, id), eq(this.#certificates.leaseOwner, owner));
  }
}
