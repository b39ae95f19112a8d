/** Certificates from authorities, as the rest of the gateway sees them. Loads the code for them only if there are any. */
import type { AcmeKeeper, AcmeKeeperPorts, AcmeScrape } from '../../acme/control/acme-keeper.ts';
import type { Challenge } from '../../acme/challenge.ts';
import { onDemandOrders, wantedCertificates } from '../../acme/wanted-certificate.ts';
import type { CertificateReport } from '../../certificates/certificate-report.ts';
import type { Pair } from '../../certificates/judge-pair.ts';
import type { SharedCertificate } from '../../certificates/shared-certificate.ts';
import type { TlsSettings } from '../../config/settings.ts';
import { GatewayError } from '../../errors.ts';
import type { Database } from '../../database/database-port.ts';

export interface AutomaticCertificatesPorts extends Omit<
  AcmeKeeperPorts,
  'store' | 'cipher' | 'publish' | 'publishChallenges'
> {
  /** Of the key for private keys, if none is configured. */
  readonly keyFolder: string;
}

/** What makes changes known to the traffic threads, and resolves when they apply. */
export interface CertificateThreads {
  readonly changeCertificates: AcmeKeeperPorts['publish'];
  readonly changeChallenges: AcmeKeeperPorts['publishChallenges'];
}

/** A gateway that starts may know more by then. */
const NOT_READY_MS = 1000;

type AcmeDatabase = Pick<Database, 'acme' | 'mode' | 'isAvailable' | 'onAvailability' | 'onCertificatesChanged'>;

export class AutomaticCertificates {
  readonly #ports: AutomaticCertificatesPorts;
  #database: AcmeDatabase | null = null;
  #keeper: AcmeKeeper | null = null;
  readonly #ends: (() => void)[] = [];
  #threads: CertificateThreads | null = null;

  constructor(ports: AutomaticCertificatesPorts) {
    this.#ports = ports;
  }

  /** Before {@link open}: nothing is stored, and so nothing published, until then. */
  connect(threads: CertificateThreads): void {
    this.#threads = threads;
  }

  get served(): readonly SharedCertificate[] {
    return this.#keeper?.served ?? [];
  }

  get challenges(): readonly Challenge[] {
    return this.#keeper?.challenges ?? [];
  }

  /** Resolves when what is stored can be served. Rejects if the key for private keys cannot be read or written. */
  async open(database: AcmeDatabase, tls: TlsSettings | null): Promise<void> {
    this.#database = database;
    await this.prepare(tls);
    await this.use(tls);
    await this.settle();
  }

  /** Before {@link use}. Rejects if that is not possible. */
  async prepare(tls: TlsSettings | null): Promise<void> {
    const isWanted = tls?.certificates.some(({ acme }) => acme !== null) === true;
    if (this.#keeper === null && isWanted && this.#database !== null) {
      this.#keeper = await this.#load(tls, this.#database);
    }
  }

  async #load({ storageKey: configured }: TlsSettings, database: AcmeDatabase): Promise<AcmeKeeper> {
    const [{ AcmeKeeper: Keeper }, { KeyCipher }, { storageKey }] = await Promise.all([
      import('../../acme/control/acme-keeper.ts'),
      import('../../acme/control/key-cipher.ts'),
      import('../../acme/control/storage-key.ts'),
    ]);
    const { keyFolder, gateway, ...ports } = this.#ports;
    const keeper = new Keeper({
      ...ports,
      publish: (set, removed) => this.#threads!.changeCertificates(set, removed),
      publishChallenges: (challenges) => this.#threads!.changeChallenges(challenges),
      store: database.acme,
      cipher: new KeyCipher(storageKey(configured, keyFolder)),
      // An embedded database has one gateway, whatever its port.
      gateway: database.mode === 'embedded' ? () => '' : gateway,
    });
    this.#ends.push(
      database.onCertificatesChanged(() => keeper.refresh()),
      database.onAvailability((isAvailable) => {
        if (isAvailable) void this.#refresh(keeper);
      }),
    );
    return keeper;
  }

  /**
   * Resolves when every thread serves what these settings want, as far as it is known, and still what they do not.
   * @param others that this gateway serves
   */
  async use(tls: TlsSettings | null, others: readonly Pair[] = []): Promise<void> {
    if (this.#keeper === null) return;
    const [wanted, onDemand] = tls === null ? [[], null] : [wantedCertificates(tls), onDemandOrders(tls)];
    await this.#keeper.use(wanted, tls?.unknownName === 'default', others, onDemand);
    await this.#refresh(this.#keeper);
  }

  /** Resolves when no thread serves what is not wanted any more. */
  async settle(): Promise<void> {
    await this.#keeper?.settle();
  }

  async #refresh(keeper: AcmeKeeper): Promise<void> {
    await keeper.refresh().catch((error: unknown) => {
      // Otherwise that has been logged, and it is repeated when the database is back.
      if (this.#database?.isAvailable() === true) {
        this.#ports.log.error({ err: error }, 'stored certificates cannot be read');
      }
    });
  }

  async look(): Promise<void> {
    await this.#keeper?.look();
  }

  list(): readonly CertificateReport[] {
    return this.#keeper?.list() ?? [];
  }

  /** For Prometheus. */
  scrape(): AcmeScrape {
    return this.#keeper?.scrape() ?? { expiries: [], issuedTotal: 0, failedTotal: 0, onDemand: null };
  }

  /** A client asks for a name without a certificate. Resolves with how long the name need not be asked for again, ms. */
  async want(host: string): Promise<number> {
    return (await this.#keeper?.want(host)) ?? NOT_READY_MS;
  }

  /** Resolves when the threads answer all challenges that are stored; while the database is away, at once. */
  async readChallenges(): Promise<void> {
    await this.#keeper?.readChallenges();
  }

  /** A client is served it. @param id of one on demand */
  noteUse(id: string): void {
    this.#keeper?.noteUse(id);
  }

  /** False: there is none with this id. */
  async renew(id: string): Promise<boolean> {
    return (await this.#keeper?.renew(id)) ?? false;
  }

  /** Gives the account with an authority a new key. Resolves with the account's URL. Rejects with GatewayError. */
  async changeAccountKey(issuer: string): Promise<string> {
    if (this.#keeper !== null) return this.#keeper.changeAccountKey(issuer);
    throw new GatewayError('GW_NOT_FOUND', { message: 'No certificate is ordered from an authority' });
  }

  /** One on demand, until a client asks for it again. Undefined: there is none with this id, or it is being ordered. */
  async forget(id: string): Promise<CertificateReport | undefined> {
    return this.#keeper?.forget(id);
  }

  async stop(): Promise<void> {
    for (const end of this.#ends) end();
    await this.#keeper?.stop();
  }
}
