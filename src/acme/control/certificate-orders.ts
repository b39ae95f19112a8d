/**
 * Work on certificates that are due: ordering them, and asking their authorities when to renew them. Any gateway of the
 * database may do it: a lease on the row sees to it that only one does.
 */
import { setTimeout as wait } from 'node:timers/promises';
import type { CertificateLogPorts } from '../../certificates/control/certificate-log.ts';
import type { Pair } from '../../certificates/judge-pair.ts';
import { GatewayError } from '../../errors.ts';
import type { AcmeStore, CertificateChange, StoredCertificate } from '../acme-store.ts';
import { certificateId } from '../certificate-id.ts';
import { backOffMs, issuerFor, recentAttempts } from '../core/renewal-plan.ts';
import type { Issuer } from '../wanted-certificate.ts';
import { AcmeAccounts, type AcmeAccountsPorts } from './acme-accounts.ts';
import { acmeHttp } from './protocol/acme-http.ts';
import { AcmeProblem } from './protocol/acme-problem.ts';
import type { KeptCertificate } from './kept-certificate.ts';
import type { KeyCipher } from './key-cipher.ts';
import { type IssuedCertificate, OrderRun } from './order-run.ts';
import { type RenewalWindow, readRenewalWindow } from './protocol/renewal-window.ts';

export interface CertificateOrdersPorts extends CertificateLogPorts {
  readonly store: AcmeStore;
  readonly cipher: KeyCipher;
  /** Of this gateway, unlike those of others, and the same after a restart. Changes if another one turns out to have it, too. */
  readonly gateway: () => string;
  /** Milliseconds since the epoch. */
  readonly wallMs: () => number;
  readonly random: () => number;
  /** Reads what is stored. Resolves when every thread of this gateway has it. */
  readonly refresh: () => Promise<void>;
}

/** A gateway that dies leaves a certificate to the others after this. */
const LEASE_SECONDS = 120;
const KEEP_LEASE_MS = 30_000;
/** If another gateway works on a certificate, the next look at it. */
const BUSY_MS = 15_000;
/** If something of ours does not work, the next try. */
const PAUSE_MS = 60_000;
/** If that is the database: without it, a try asks nobody and counts nowhere. */
const DATABASE_PAUSE_MS = 5000;
/** Orders at a time; as many more on demand, so that neither holds up the other. */
const MAX_RUNS = 4;
/** Gateways that have said within this time that they are there are waited for. */
const PRESENT_SECONDS = 90;
/** How long others may take until they answer a challenge, and how often to look. */
const ANSWER_MS = 15_000;
const ANSWER_LOOK_MS = 100;
/** By how much clocks may differ. */
const CLOCK_MS = 3_600_000;
/** How often to ask an authority when to renew: what it asks for, within limits (RFC 9773, 4.3.3). */
const ASK_MS = 6 * 3_600_000;
const MIN_ASK_MS = 60_000;
const MAX_ASK_MS = 24 * 3_600_000;

/** One certificate under the lease. */
interface Work {
  readonly kept: KeptCertificate;
  /** As it was claimed. */
  readonly row: StoredCertificate;
  /** Rejects if the lease was lost. */
  readonly save: (change: CertificateChange) => Promise<void>;
}

export class CertificateOrders {
  readonly #ports: CertificateOrdersPorts;
  readonly #stopping = new AbortController();
  /** And whether it is on demand. */
  readonly #runs = new Map<Promise<void>, boolean>();
  /** Since start: orders by result, and those on demand. */
  readonly totals = { issuedTotal: 0, failedTotal: 0 };
  readonly onDemandTotals = { issuedTotal: 0, failedTotal: 0 };

  constructor(ports: CertificateOrdersPorts) {
    this.#ports = ports;
  }

  /** Begins with what is due of it, and resolves when that has ended. Undefined: nothing is, or there is enough to do. */
  consider(kept: KeptCertificate): Promise<void> | undefined {
    if (kept.isBusy || this.#stopping.signal.aborted || !kept.hasWork()) return undefined;
    const running = [...this.#runs.values()].filter((isOnDemand) => isOnDemand === kept.isOnDemand).length;
    if (running >= MAX_RUNS) return undefined;
    kept.isBusy = true;
    const run = this.#work(kept)
      .catch((error: unknown) => this.#interrupted(kept, error as Error))
      .finally(() => {
        kept.isBusy = false;
        this.#runs.delete(run);
      });
    this.#runs.set(run, kept.isOnDemand);
    return run;
  }

  /** Orders that run are left for later. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#runs.keys());
  }

  #interrupted(kept: KeptCertificate, error: Error): void {
    if (this.#stopping.signal.aborted) return;
    kept.pause(isAboutDatabase(error) ? DATABASE_PAUSE_MS : PAUSE_MS);
    // That has been logged.
    if (isAboutDatabase(error)) return;
    this.#ports.log.warn({ certificate: kept.host, problem: error.message }, 'certificate cannot be looked after');
  }

  async #work(kept: KeptCertificate): Promise<void> {
    const { refresh, store } = this.#ports;
    const gateway = this.#ports.gateway();
    const { id } = kept.wanted;
    const row = await store.claim(id, gateway, LEASE_SECONDS);
    if (row === undefined) {
      kept.pause(BUSY_MS);
      return;
    }
    let isOurs = true;
    const lease = setInterval(() => {
      store.keepLease(id, gateway, LEASE_SECONDS).then((isKept) => (isOurs &&= isKept), doNothing);
    }, KEEP_LEASE_MS);
    const save = async (change: CertificateChange): Promise<void> => {
      if (!isOurs || !(await store.save(id, gateway, change))) throw new Error('another gateway works on it now');
    };
    try {
      // Another gateway may have been faster.
      kept.apply(row);
      if (kept.isDue()) await this.#order({ kept, row, save });
      else if (kept.pair !== null && kept.isQuestionDue()) await this.#ask(kept.pair, { kept, row, save });
    } finally {
      clearInterval(lease);
      await store.release(id, gateway).catch(doNothing);
      await refresh().catch(doNothing);
    }
  }

  async #order(work: Work): Promise<void> {
    const { kept, row, save } = work;
    const { log, wallMs } = this.#ports;
    const issuer = issuerFor(kept.wanted.issuers, row.failures);
    // Stored first: attempts of a gateway that dies count, too.
    await save({ attempts: [...recentAttempts(row.attempts, wallMs()), wallMs()], isRenewalRequested: false });
    log.info({ certificate: kept.host, issuer: issuer.name }, 'ordering a certificate');
    try {
      await this.#succeed(work, issuer, await this.#run(work, issuer));
    } catch (error) {
      // No fault of the authority: the order is continued as soon as the database is back.
      if (isAboutDatabase(error)) throw error;
      if (!this.#stopping.signal.aborted) await this.#fail(work, issuer, error as Error);
    }
  }

  /** Gives the account with an authority a new key. Resolves with its URL; undefined: there is no account yet. */
  changeAccountKey(issuer: Issuer): Promise<string | undefined> {
    return new AcmeAccounts(this.#accountPorts()).rollover(issuer);
  }

  #accountPorts(): AcmeAccountsPorts {
    const { cipher, store, wallMs } = this.#ports;
    const { signal } = this.#stopping;
    return { store, cipher, wallMs, wait: (ms) => wait(ms, undefined, { signal }), signal };
  }

  #run({ kept, row, save }: Work, issuer: Issuer): Promise<IssuedCertificate> {
    const mayReplace = kept.pair !== null && row.issuer === issuer.directory;
    const ports = { ...this.#accountPorts(), answered: (version: number) => this.#answered(version) };
    const replaces = mayReplace ? certificateId(kept.pair.leaf) : null;
    return new OrderRun(ports, { wanted: kept.wanted, issuer, row, replaces, save }).run();
  }

  async #succeed({ kept, row, save }: Work, issuer: Issuer, issued: IssuedCertificate): Promise<void> {
    const { log, onEvent } = this.#ports;
    const { pair, keyEncrypted, challenge, isPreferredChain } = issued;
    const error = this.#clockFault(pair);
    const outcome = error === null ? { error, failures: 0, nextAttemptAt: null } : this.#failure(row, error, 0);
    await save({
      ...outcome,
      issuer: issuer.directory,
      challenge: challenge ?? row.challenge,
      chainPem: pair.chainPem,
      keyEncrypted,
      renewalStart: null,
      renewalEnd: null,
      renewalCheckAt: null,
      orderIssuer: null,
      orderUrl: null,
      orderKeyEncrypted: null,
    });
    this.#totalsOf(kept).issuedTotal += 1;
    const until = pair.leaf.validToDate.toISOString();
    log.info({ certificate: kept.host, issuer: issuer.name, not_after: until }, 'certificate issued');
    onEvent?.('info', kept.host, `certificate for ${kept.host} issued by ${issuer.name}; valid until ${until}`);
    if (!isPreferredChain) {
      const wanted = issuer.preferredChain;
      log.warn({ certificate: kept.host, issuer: issuer.name, wanted }, 'the authority offers no chain to this root');
    }
    if (error !== null) log.error({ certificate: kept.host, problem: error }, 'new certificate is not valid');
  }

  /** Apart: names that clients ask for may fail without a fault of the operator. */
  #totalsOf({ isOnDemand }: KeptCertificate): { issuedTotal: number; failedTotal: number } {
    return isOnDemand ? this.onDemandTotals : this.totals;
  }

  /** A new certificate that is not valid would be ordered again and again. Null: it is valid. */
  #clockFault({ leaf: { validFromDate: from, validToDate: until } }: Pair): string | null {
    const nowMs = this.#ports.wallMs();
    if (from.getTime() <= nowMs + CLOCK_MS && until.getTime() > nowMs) return null;
    return `the new certificate is valid from ${from.toISOString()} until ${until.toISOString()}; this machine's clock says ${new Date(nowMs).toISOString()}`;
  }

  async #fail({ kept, row, save }: Work, issuer: Issuer, error: Error): Promise<void> {
    const { log, onEvent } = this.#ports;
    const asked = error instanceof AcmeProblem ? (error.retryAfterMs ?? 0) : 0;
    const failure = this.#failure(row, `${issuer.name}: ${error.message}`, asked);
    const { failures, nextAttemptAt } = failure;
    this.#totalsOf(kept).failedTotal += 1;
    log.error(
      {
        certificate: kept.host,
        issuer: issuer.name,
        problem: error.message,
        failures,
        next_attempt: nextAttemptAt.toISOString(),
      },
      'certificate cannot be ordered',
    );
    if (row.error !== failure.error) {
      onEvent?.('error', kept.host, `certificate for ${kept.host} cannot be ordered from ${failure.error}`);
    }
    await save(failure);
  }

  /** @param askedMs for so long the authority wants to be left alone */
  #failure(row: StoredCertificate, error: string, askedMs: number) {
    const { random, wallMs } = this.#ports;
    const failures = row.failures + 1;
    return { error, failures, nextAttemptAt: new Date(wallMs() + Math.max(backOffMs(failures, random()), askedMs)) };
  }

  /** Resolves when all gateways answer the challenges, or those that do not have had their time. */
  async #answered(version: number): Promise<void> {
    const { gateway, log, refresh, store } = this.#ports;
    await refresh();
    for (let waitedMs = 0; ; waitedMs += ANSWER_LOOK_MS) {
      const others = await store.waitingFor(gateway(), version, PRESENT_SECONDS);
      if (others.length === 0) return;
      if (waitedMs >= ANSWER_MS) {
        log.warn({ gateways: others }, 'these gateways do not say that they answer challenges');
        return;
      }
      await wait(ANSWER_LOOK_MS, undefined, { signal: this.#stopping.signal });
    }
  }

  /** When to renew. That the authority does not say is no failure. */
  async #ask({ leaf }: Pair, { kept, row, save }: Work): Promise<void> {
    const { log, wallMs } = this.#ports;
    const issuer = kept.issuer();
    const id = certificateId(leaf);
    let window: RenewalWindow | null = null;
    if (issuer !== undefined && id !== null) {
      const http = acmeHttp({ caPem: issuer.caPem, signal: this.#stopping.signal });
      window = await readRenewalWindow({ directoryUrl: issuer.directory, http, wallMs }, id).catch((error: unknown) => {
        const { message: problem } = error as Error;
        log.info({ certificate: kept.host, issuer: issuer.name, problem }, 'the authority does not say when to renew');
        return null;
      });
    }
    const nextMs = Math.min(Math.max(window?.retryAfterMs ?? ASK_MS, MIN_ASK_MS), MAX_ASK_MS);
    await save({
      renewalStart: window === null ? row.renewalStart : new Date(window.startMs),
      renewalEnd: window === null ? row.renewalEnd : new Date(window.endMs),
      renewalCheckAt: new Date(wallMs() + nextMs),
    });
  }
}

/** It is away, or its disk is full. */
function isAboutDatabase(error: unknown): boolean {
  return error instanceof GatewayError && error.code === 'GW_DATABASE_UNAVAILABLE';
}

function doNothing(): void {}
