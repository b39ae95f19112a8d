/** Certificates from authorities: keeps what is stored on all threads of this gateway, and has done what is due. */
import type { CertificateReport, CertificateScrape } from '../../certificates/certificate-report.ts';
import { CertificateLog } from '../../certificates/control/certificate-log.ts';
import type { PublishCertificates } from '../../certificates/control/certificate-keeper.ts';
import type { Pair } from '../../certificates/judge-pair.ts';
import type { SharedCertificate } from '../../certificates/shared-certificate.ts';
import { KeyedQueue } from '../../core/keyed-queue.ts';
import type { StoredCertificate, StoredChallenge } from '../acme-store.ts';
import type { Challenge } from '../challenge.ts';
import type { WantedCertificate } from '../wanted-certificate.ts';
import { CertificateOrders, type CertificateOrdersPorts } from './certificate-orders.ts';
import { KeptCertificate, openStored, type KeptCertificatePorts } from './kept-certificate.ts';
import { challengeCertificate, challengeName } from './self-signed.ts';

export interface AcmeKeeperPorts extends Omit<CertificateOrdersPorts, 'refresh'> {
  readonly publish: PublishCertificates;
  /** Sends all challenges to every traffic thread; resolves when all answer them. */
  readonly publishChallenges: (challenges: readonly Challenge[]) => Promise<void>;
}

export type AcmeScrape = Pick<CertificateScrape, 'expiries' | 'issuedTotal' | 'failedTotal'>;

/** Gateways say this often that they are there. */
const PRESENCE_MS = 30_000;

export class AcmeKeeper {
  readonly #ports: AcmeKeeperPorts;
  readonly #certificatePorts: KeptCertificatePorts;
  readonly #orders: CertificateOrders;
  readonly #queue = new KeyedQueue();
  #kept: ReadonlyMap<string, KeptCertificate> = new Map();
  /** By id and version: a certificate that answers is not made again. */
  #answers: ReadonlyMap<string, Challenge> = new Map();
  /** Ids of those that are not wanted any more, and are still served. */
  #gone: readonly string[] = [];
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

  /**
   * Resolves when every thread serves these, as far as they are known, and still what is not wanted any more.
   * @param hasStandIn until the default certificate is there, a self-signed one is served
   * @param others that this gateway serves: until there is a certificate, one of them is
   */
  async use(wanted: readonly WantedCertificate[], hasStandIn: boolean, others: readonly Pair[] = []): Promise<void> {
    const before = this.#kept;
    this.#kept = new Map(
      wanted.map((each) => {
        const kept = before.get(each.id) ?? new KeptCertificate(each, this.#certificatePorts);
        kept.want(each, hasStandIn);
        return [each.id, kept];
      }),
    );
    const known = [...[...before.values()].flatMap(({ pair }) => pair ?? []), ...others];
    for (const kept of this.#kept.values()) kept.borrow(known);
    this.#gone = [...this.#gone, ...before.keys()].filter((id) => !this.#kept.has(id));
    await this.#publish();
  }

  /** Resolves when no thread serves what is not wanted any more. */
  async settle(): Promise<void> {
    const gone = this.#gone;
    this.#gone = [];
    if (gone.length > 0) await this.#ports.publish([], gone);
  }

  async #publish(): Promise<void> {
    const set: SharedCertificate[] = [];
    const removed: string[] = [];
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
    for (const [id, kept] of this.#kept) kept.apply(rows.get(id) ?? null);
    this.#lend(rows);
    await this.#publish();
    const stored = await store.challenges();
    await this.#answer(stored);
    const version = Math.max(this.#acknowledged, ...stored.map((each) => each.version));
    if (version === this.#acknowledged && !this.#isPresenceDue()) return;
    await store.acknowledge(gateway, version);
    this.#acknowledged = version;
    this.#presentAtMs = performance.now();
  }

  /** Certificates of before may be for some of the hosts of new ones. */
  #lend(rows: ReadonlyMap<string, StoredCertificate>): void {
    const { cipher, wallMs } = this.#ports;
    const needy = this.#all().filter(({ isBare }) => isBare);
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
    const read = async () => new Map((await store.certificates()).map((row) => [row.id, row]));
    const rows = await read();
    const missing = this.#all().filter(({ wanted }) => !rows.has(wanted.id));
    for (const { wanted } of missing) await store.addCertificate(wanted.id, wanted.hosts);
    return missing.length === 0 ? rows : read();
  }

  #isPresenceDue(): boolean {
    return performance.now() - this.#presentAtMs >= PRESENCE_MS;
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
      kept.look();
      this.#orders.consider(kept);
    }
    // That the database is away has been logged.
    if (this.#kept.size > 0 && this.#isPresenceDue()) await this.refresh().catch(doNothing);
  }

  list(): readonly CertificateReport[] {
    return this.#all().map((kept) => kept.report());
  }

  /** For Prometheus. */
  scrape(): AcmeScrape {
    return { expiries: this.#all().flatMap((kept) => kept.expiry() ?? []), ...this.#orders.totals };
  }

  /** As soon as the limit of attempts allows it. False: there is none with this id. */
  async renew(id: string): Promise<boolean> {
    if (!this.#kept.has(id) || !(await this.#ports.store.requestRenewal(id))) return false;
    await this.refresh();
    return true;
  }

  /** Orders that run are left for later. */
  async stop(): Promise<void> {
    const { gateway, store } = this.#ports;
    await this.#orders.stop();
    if (this.#kept.size > 0) await store.leave(gateway).catch(doNothing);
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
