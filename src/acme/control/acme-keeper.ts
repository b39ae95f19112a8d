/** Certificates from authorities: keeps what is stored on all threads of this gateway, and has done what is due. */
import type { CertificateReport, CertificateScrape, OrderScrape } from '../../certificates/certificate-report.ts';
import { CertificateLog } from '../../certificates/control/certificate-log.ts';
import type { PublishCertificates } from '../../certificates/control/certificate-keeper.ts';
import type { Pair } from '../../certificates/judge-pair.ts';
import type { SharedCertificate } from '../../certificates/shared-certificate.ts';
import { KeyedQueue } from '../../core/keyed-queue.ts';
import { GatewayError } from '../../errors.ts';
import type { StoredCertificate, StoredChallenge } from '../acme-store.ts';
import type { Challenge } from '../challenge.ts';
import { certificateOnDemand, type OnDemandOrders, type WantedCertificate } from '../wanted-certificate.ts';
import { certificateKey } from '../../certificates/certificate-key.ts';
import { REPORTED_STATES, type ReportedState } from '../../certificates/core/certificates-vocabulary.ts';
import { CertificateRows } from './certificate-rows.ts';
import { isOnDemandName } from '../on-demand.ts';
import { OnDemandCertificates } from './on-demand-certificates.ts';
import { CertificateOrders, type CertificateOrdersPorts } from './certificate-orders.ts';
import { KeptCertificate, openStored, type KeptCertificatePorts } from './kept-certificate.ts';
import { challengeCertificate, challengeName } from './self-signed.ts';

export interface AcmeKeeperPorts extends Omit<CertificateOrdersPorts, 'refresh'> {
  readonly publish: PublishCertificates;
  /** Sends all challenges to every traffic thread; resolves when all answer them. */
  readonly publishChallenges: (challenges: readonly Challenge[]) => Promise<void>;
}

export type AcmeScrape = OrderScrape & Pick<CertificateScrape, 'expiries'>;

/** Gateways say this often that they are there. */
const PRESENCE_MS = 30_000;
/** That a certificate on demand is used is stored this often. */
const USE_MS = 3_600_000;
/** Longer than clocks differ. */
const FORGET_SECONDS = 86_400;

export class AcmeKeeper {
  readonly #ports: AcmeKeeperPorts;
  readonly #certificatePorts: KeptCertificatePorts;
  readonly #orders: CertificateOrders;
  readonly #onDemand: OnDemandCertificates;
  readonly #queue = new KeyedQueue();
  #kept: ReadonlyMap<string, KeptCertificate> = new Map();
  /** By id and version: a certificate that answers is not made again. */
  #answers: ReadonlyMap<string, Challenge> = new Map();
  /** Ids of those that are not wanted any more, and are still served. */
  #gone: readonly string[] = [];
  readonly #rows = new CertificateRows();
  readonly #lookups = new KeyedQueue();
  #nextLookup: Promise<void> | null = null;
  #begunReads = 0;
  #appliedRead = 0;
  #publishing: Promise<void> = Promise.resolve();
  /** Of the challenges that all threads answer. */
  #acknowledged = 0;
  #presentAtMs = Number.NEGATIVE_INFINITY;

  constructor(ports: AcmeKeeperPorts) {
    let version = 0;
    this.#ports = ports;
    this.#certificatePorts = {
      cipher: ports.cipher,
      log: ports.log,
      certificateLog: new CertificateLog(ports),
      wallMs: ports.wallMs,
      nextVersion: () => {
        version += 1;
        return version;
      },
    };
    this.#orders = new CertificateOrders({ ...ports, refresh: () => this.refresh() });
    this.#onDemand = new OnDemandCertificates({
      ...ports,
      all: () => this.#allOnDemand(),
      find: (host) => this.#findOnDemand(host),
      add: (host) => this.#addOnDemand(host),
      remove: (kept, unusedSeconds) => this.#removeUnused(kept, unusedSeconds),
      order: (kept) => this.#orders.consider(kept),
    });
  }

  /** For a new thread. */
  get served(): readonly SharedCertificate[] {
    return this.#all().flatMap(({ served }) => served ?? []);
  }

  /** For a new thread. */
  get challenges(): readonly Challenge[] {
    return [...this.#answers.values()];
  }

  #all(): readonly KeptCertificate[] {
    return [...this.#kept.values()];
  }

  #allOnDemand(): readonly KeptCertificate[] {
    return this.#all().filter(({ isOnDemand }) => isOnDemand);
  }

  #findOnDemand(host: string): KeptCertificate | undefined {
    const kept = this.#kept.get(certificateKey([host]));
    return kept?.isOnDemand === true ? kept : undefined;
  }

  async #addOnDemand(host: string): Promise<KeptCertificate | undefined> {
    await this.#ports.store.addOnDemand(certificateKey([host]), host);
    await this.refresh();
    return this.#findOnDemand(host);
  }

  async #removeUnused({ host, wanted }: KeptCertificate, unusedSeconds: number): Promise<void> {
    if (!(await this.#ports.store.removeUnused(wanted.id, unusedSeconds))) return;
    this.#ports.log.info({ certificate: host }, 'certificate on demand removed');
    await this.refresh();
  }

  /** Once for all threads. Resolves with how long they need not ask for it again, milliseconds; 0: they serve it. */
  want(host: string): Promise<number> {
    return this.#onDemand.want(host);
  }

  /** A client is served it. @param id of one on demand */
  noteUse(id: string): void {
    const kept = this.#kept.get(id);
    if (kept === undefined || !kept.isOnDemand || this.#ports.wallMs() - kept.usedAtMs < USE_MS) return;
    kept.noteUse();
    // That the database is away has been logged; the next use is stored.
    this.#ports.store.markUsed(id).catch(doNothing);
  }

  /**
   * Resolves when every thread serves these, as far as they are known, and still what is not wanted any more.
   * @param hasStandIn until the default certificate is there, a self-signed one is served
   * @param others that this gateway serves: until there is a certificate, one of them is
   * @param onDemand null: none is ordered because a client asks for it
   */
  async use(
    wanted: readonly WantedCertificate[],
    hasStandIn: boolean,
    others: readonly Pair[] = [],
    onDemand: OnDemandOrders | null = null,
  ): Promise<void> {
    const before = this.#kept;
    this.#onDemand.use(onDemand);
    const named = new Set(wanted.map(({ id }) => id));
    const asked = [...before.values()].filter(({ isOnDemand, wanted: { id } }) => isOnDemand && !named.has(id));
    const stillWanted = asked.flatMap(({ host }) => this.#wantedOnDemand(host) ?? []);
    this.#kept = new Map(
      [...wanted, ...stillWanted].map((each) => {
        const known = before.get(each.id);
        const isSameKind = known?.isOnDemand === (each.isOnDemand === true);
        const kept = known !== undefined && isSameKind ? known : new KeptCertificate(each, this.#certificatePorts);
        kept.want(each, hasStandIn);
        return [each.id, kept];
      }),
    );
    const known = [...[...before.values()].flatMap(({ pair }) => pair ?? []), ...others];
    for (const kept of this.#kept.values()) if (!kept.isOnDemand) kept.borrow(known);
    this.#gone = [...this.#gone, ...before.keys()].filter((id) => !this.#kept.has(id));
    await this.#publish();
  }

  /** Resolves when no thread serves what is not wanted any more. */
  async settle(): Promise<void> {
    const gone = this.#gone;
    this.#gone = [];
    if (gone.length > 0) await this.#ports.publish([], gone);
  }

  #wantedOnDemand(host: string): WantedCertificate | undefined {
    const { orders } = this.#onDemand;
    return orders !== null && isOnDemandName(host, orders.hosts)
      ? certificateOnDemand(host, orders.issuers)
      : undefined;
  }

  /** @param gone ids that no thread needs any more */
  async #publish(gone: readonly string[] = []): Promise<void> {
    const set: SharedCertificate[] = [];
    const removed = [...gone];
    for (const [id, kept] of this.#kept) {
      const served = kept.takeUnpublished();
      if (served === null) removed.push(id);
      else if (served !== undefined) set.push(served);
    }
    if (set.length > 0 || removed.length > 0) await this.#ports.publish(set, removed);
  }

  /** Reads what is stored. Resolves when every thread has it. Rejects while the database is away. */
  refresh(): Promise<void> {
    return this.#queue.run('refresh', () => this.#refresh());
  }

  async #refresh(): Promise<void> {
    const { gateway, store } = this.#ports;
    const rows = await this.#readRows();
    const gone = this.#follow(rows);
    for (const [id, kept] of this.#kept) kept.apply(rows.get(id) ?? null);
    this.#lend(rows);
    await this.#publish(gone);
    const stored = await this.#readChallenges();
    const version = Math.max(this.#acknowledged, ...stored.map((each) => each.version));
    if (version === this.#acknowledged && !this.#isPresenceDue()) return;
    await store.acknowledge(gateway(), version);
    this.#acknowledged = version;
    this.#presentAtMs = performance.now();
  }

  /** Certificates on demand that another gateway has added or removed. Returns the ids of those that were removed. */
  #follow(rows: ReadonlyMap<string, StoredCertificate>): readonly string[] {
    const kept = new Map(this.#kept);
    const gone = this.#allOnDemand().filter(({ wanted }) => !rows.has(wanted.id));
    for (const { host, wanted } of gone) {
      kept.delete(wanted.id);
      this.#onDemand.removed(host);
    }
    for (const { id, hosts, usedAt } of rows.values()) {
      const [host, ...more] = hosts;
      if (usedAt === null || kept.has(id) || host === undefined || more.length > 0) continue;
      const wanted = this.#wantedOnDemand(host);
      if (wanted?.id === id) kept.set(id, new KeptCertificate(wanted, this.#certificatePorts));
    }
    this.#kept = kept;
    return gone.map(({ wanted }) => wanted.id);
  }

  /** Certificates of before may be for some of the hosts of new ones. */
  #lend(rows: ReadonlyMap<string, StoredCertificate>): void {
    const { cipher, wallMs } = this.#ports;
    const needy = this.#all().filter(({ isBare, isOnDemand }) => isBare && !isOnDemand);
    if (needy.length === 0) return;
    const hosts = new Set(needy.flatMap(({ wanted }) => wanted.hosts));
    const pairs = [...rows.values()].flatMap((row) => {
      if (row.chainPem === null || this.#kept.has(row.id) || !row.hosts.some((host) => hosts.has(host))) return [];
      const opened = openStored(row, cipher, wallMs());
      return typeof opened === 'string' ? [] : [opened];
    });
    for (const kept of needy) kept.borrow(pairs);
  }

  /** Of all that are wanted: those that are missing are added. */
  async #readRows(): Promise<ReadonlyMap<string, StoredCertificate>> {
    const { store } = this.#ports;
    const rows = await this.#rows.read(store);
    const missing = this.#all().filter(({ isOnDemand, wanted }) => !isOnDemand && !rows.has(wanted.id));
    for (const { wanted } of missing) await store.addCertificate(wanted.id, wanted.hosts);
    return missing.length === 0 ? rows : this.#rows.read(store);
  }

  #isPresenceDue(): boolean {
    return performance.now() - this.#presentAtMs >= PRESENCE_MS;
  }

  /** For one that a thread does not know. At most one query runs, and one more waits for it. */
  readChallenges(): Promise<void> {
    this.#nextLookup ??= this.#lookups
      .run('', () => {
        this.#nextLookup = null;
        return this.#readChallenges();
      })
      .then(doNothing, doNothing);
    return this.#nextLookup;
  }

  /** Resolves when every thread answers these, or later ones. */
  async #readChallenges(): Promise<readonly StoredChallenge[]> {
    this.#begunReads += 1;
    const read = this.#begunReads;
    const stored = await this.#ports.store.challenges();
    // One that began later knows more.
    if (read > this.#appliedRead) {
      this.#appliedRead = read;
      this.#publishing = this.#answer(stored);
    }
    await this.#publishing;
    return stored;
  }

  async #answer(stored: readonly StoredChallenge[]): Promise<void> {
    const answers = new Map<string, Challenge>();
    for (const challenge of stored) {
      const key = `${challenge.version} ${challenge.id}`;
      const answer = this.#answers.get(key) ?? toChallenge(challenge, this.#ports.wallMs());
      if (answer !== null) answers.set(key, answer);
    }
    const isSame = answers.size === this.#answers.size && [...answers.keys()].every((key) => this.#answers.has(key));
    this.#answers = answers;
    if (!isSame) await this.#ports.publishChallenges(this.challenges);
  }

  /** One check of all certificates; orders that are due begin, and are not waited for. */
  async look(): Promise<void> {
    for (const kept of this.#kept.values()) {
      if (kept.isOnDemand) {
        this.#onDemand.consider(kept);
        continue;
      }
      kept.look();
      void this.#orders.consider(kept);
    }
    // That the database is away has been logged.
    if (this.#isActive() && this.#isPresenceDue()) await this.refresh().catch(doNothing);
  }

  /** This gateway answers challenges. */
  #isActive(): boolean {
    return this.#kept.size > 0 || this.#onDemand.orders !== null;
  }

  list(): readonly CertificateReport[] {
    return this.#all().map((kept) => kept.report());
  }

  /** For Prometheus. */
  scrape(): AcmeScrape {
    const expiries = this.#all().flatMap((kept) => kept.expiry() ?? []);
    return { expiries, ...this.#orders.totals, onDemand: this.#scrapeOnDemand() };
  }

  #scrapeOnDemand(): AcmeScrape['onDemand'] {
    if (this.#onDemand.orders === null) return null;
    const states = Object.fromEntries(REPORTED_STATES.map((state) => [state, 0])) as Record<ReportedState, number>;
    for (const kept of this.#allOnDemand()) states[kept.state()] += 1;
    return { states, ...this.#onDemand.totals, orders: this.#orders.onDemandTotals };
  }

  /** As soon as the limit of attempts allows it. False: there is none with this id. */
  async renew(id: string): Promise<boolean> {
    if (!this.#kept.has(id) || !(await this.#ports.store.requestRenewal(id))) return false;
    await this.refresh();
    return true;
  }

  /** Gives the account with an authority a new key. Resolves with the account's URL. Rejects with GatewayError. */
  async changeAccountKey(name: string): Promise<string> {
    const issuers = [...this.#all().map(({ wanted }) => wanted.issuers), this.#onDemand.orders?.issuers ?? []].flat();
    const issuer = issuers.find((each) => each.name === name);
    if (issuer === undefined) {
      const message = 'No certificate is ordered from an authority of this name';
      throw new GatewayError('GW_NOT_FOUND', { message });
    }
    const nowMs = this.#ports.wallMs();
    const rows = await this.#ports.store.certificates();
    // Requests of an order that runs are signed with the key of before.
    if (rows.some(({ leaseUntil }) => leaseUntil !== null && leaseUntil.getTime() > nowMs)) {
      throw new GatewayError('GW_ACME_BUSY');
    }
    const url = await this.#orders.changeAccountKey(issuer).catch((error: unknown) => {
      if (error instanceof GatewayError) throw error;
      throw new GatewayError('GW_ACME_FAILED', { message: `${name}: ${(error as Error).message}`, cause: error });
    });
    if (url === undefined) {
      const message = 'There is no account with this authority yet: the first order registers one';
      throw new GatewayError('GW_NOT_FOUND', { message });
    }
    this.#ports.log.info({ issuer: name, account: url }, 'account key changed');
    this.#ports.onEvent?.('info', name, `the key of the account with ${name} was changed`);
    return url;
  }

  /** One on demand, until a client asks for it again. Undefined: there is none with this id, or it is being ordered. */
  async forget(id: string): Promise<CertificateReport | undefined> {
    const kept = this.#kept.get(id);
    if (kept?.isOnDemand !== true) return undefined;
    const report = kept.report();
    // However lately it was used.
    await this.#removeUnused(kept, -FORGET_SECONDS);
    return this.#kept.has(id) ? undefined : report;
  }

  /** Orders that run are left for later. */
  async stop(): Promise<void> {
    const { gateway, store } = this.#ports;
    this.#onDemand.stop();
    await this.#orders.stop();
    if (this.#isActive()) await store.leave(gateway()).catch(doNothing);
  }
}

/** Null: threads do not answer it. */
function toChallenge({ type, host, token, keyAuthorization }: StoredChallenge, nowMs: number): Challenge | null {
  if (type === 'http-01') return { type, token, keyAuthorization };
  if (type === 'dns-01') return null;
  const certificate = challengeCertificate(host, keyAuthorization, nowMs);
  return { type, serverName: challengeName(host), certificate };
}

function doNothing(): void {}
