/**
 * Certificates from authorities: keeps what is stored on all threads of this gateway, and has orders made when they are
 * due. Any gateway of the database may make one: a lease on its row sees to it that only one does.
 */
import { createHash } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { CertificateReport, CertificateScrape } from '../../certificates/certificate-report.ts';
import { CertificateLog, type CertificateLogPorts } from '../../certificates/control/certificate-log.ts';
import type { PublishCertificates } from '../../certificates/control/certificate-keeper.ts';
import { type DescribedReport, reportOf, stateOf } from '../../certificates/control/report-pair.ts';
import { lifeLeft } from '../../certificates/core/certificate-state.ts';
import type { CertificateState } from '../../certificates/core/certificates-vocabulary.ts';
import { judgePair, type Pair } from '../../certificates/judge-pair.ts';
import { shareCertificate, type SharedCertificate } from '../../certificates/shared-certificate.ts';
import { KeyedQueue } from '../../core/keyed-queue.ts';
import type { AcmeStore, CertificateChange, StoredCertificate, StoredChallenge } from '../acme-store.ts';
import { certificateId } from '../certificate-id.ts';
import type { Challenge } from '../challenge.ts';
import { backOffMs, issuerFor, nextAttemptMs, recentAttempts, renewalDueMs } from '../core/renewal-plan.ts';
import type { Issuer, WantedCertificate } from '../wanted-certificate.ts';
import { acmeHttp } from './acme-http.ts';
import { AcmeProblem } from './acme-problem.ts';
import type { KeyCipher } from './key-cipher.ts';
import { OrderRun } from './order-run.ts';
import { type RenewalWindow, readRenewalWindow } from './renewal-window.ts';
import { challengeCertificate, challengeName, selfSigned } from './self-signed.ts';

export interface AcmeKeeperPorts extends CertificateLogPorts {
  readonly store: AcmeStore;
  readonly cipher: KeyCipher;
  /** Of this gateway, unlike those of others, and the same after a restart. */
  readonly gateway: string;
  readonly log: Logger;
  readonly publish: PublishCertificates;
  /** Sends all challenges to every traffic thread; resolves when all answer them. */
  readonly publishChallenges: (challenges: readonly Challenge[]) => Promise<void>;
  /** Milliseconds since the epoch. */
  readonly wallMs: () => number;
  readonly random: () => number;
}

/** A gateway that dies leaves a certificate to the others after this. */
const LEASE_SECONDS = 120;
const KEEP_LEASE_MS = 30_000;
/** If another gateway works on a certificate, the next look at it. */
const BUSY_MS = 15_000;
/** If the database or the disk does not work, the next try. */
const PAUSE_MS = 60_000;
/** Orders at a time. */
const MAX_RUNS = 4;
/** Gateways say this often that they are there, and are waited for if they have said so lately. */
const PRESENCE_MS = 30_000;
const PRESENT_SECONDS = 90;
/** How long others may take until they answer a challenge, and how often to look. */
const ANSWER_MS = 15_000;
const ANSWER_LOOK_MS = 100;

/** Chain and key, PEM. */
type Texts = Pick<Pair, 'chainPem' | 'keyPem'>;

interface Kept {
  wanted: WantedCertificate;
  row: StoredCertificate | null;
  /** The one from the authority; null: there is none yet. */
  pair: Pair | null;
  /** A self-signed one until then. */
  standIn: Texts | null;
  /** One of these two; null: nothing. */
  shown: Texts | null;
  /** The same for the threads, and as they have it. */
  served: SharedCertificate | null;
  published: SharedCertificate | null;
  /** Why what is stored cannot be served. */
  fault: string | null;
  /** The last one that was logged. */
  state: CertificateState;
  isRunning: boolean;
  /** No work before. */
  pauseUntilMs: number;
}

export class AcmeKeeper {
  readonly #ports: AcmeKeeperPorts;
  readonly #log: CertificateLog;
  readonly #queue = new KeyedQueue();
  readonly #stopping = new AbortController();
  readonly #runs = new Set<Promise<void>>();
  #kept: ReadonlyMap<string, Kept> = new Map();
  /** By id and version: a certificate that answers is not made again. */
  #answers = new Map<string, Challenge>();
  #version = 0;
  /** Of the challenges that all threads answer. */
  #acknowledged = 0;
  #presentAtMs = Number.NEGATIVE_INFINITY;
  #servesUnknown = false;

  constructor(ports: AcmeKeeperPorts) {
    this.#ports = ports;
    this.#log = new CertificateLog(ports);
  }

  /** For a new thread. */
  get served(): readonly SharedCertificate[] {
    return [...this.#kept.values()].flatMap(({ served }) => served ?? []);
  }

  /** For a new thread. */
  get challenges(): readonly Challenge[] {
    return [...this.#answers.values()];
  }

  /**
   * Resolves when every thread serves these, and nothing else, as far as they are known.
   * @param servesUnknown until there is a certificate, a self-signed one is served
   */
  async use(wanted: readonly WantedCertificate[], servesUnknown: boolean): Promise<void> {
    this.#servesUnknown = servesUnknown;
    const before = this.#kept;
    this.#kept = new Map(wanted.map((each) => [each.id, keep(each, before.get(each.id))]));
    for (const kept of this.#kept.values()) this.#serve(kept);
    await this.#publish([...before.keys()].filter((id) => !this.#kept.has(id)));
  }

  /** @param gone ids that are not wanted any more */
  async #publish(gone: readonly string[] = []): Promise<void> {
    const changed = [...this.#kept.values()].filter(({ published, served }) => published !== served);
    for (const kept of changed) kept.published = kept.served;
    const set = changed.flatMap(({ served }) => served ?? []);
    const removed = [...gone, ...changed.filter(({ served }) => served === null).map(({ wanted }) => wanted.id)];
    if (set.length > 0 || removed.length > 0) await this.#ports.publish(set, removed);
  }

  /** Reads what is stored. Resolves when every thread has it. Rejects while the database is away. */
  refresh(): Promise<void> {
    return this.#queue.run('refresh', () => this.#refresh());
  }

  async #refresh(): Promise<void> {
    const { gateway, store } = this.#ports;
    let rows = byId(await store.certificates());
    const missing = [...this.#kept.values()].filter(({ wanted: { id } }) => !rows.has(id));
    for (const { wanted } of missing) await store.addCertificate(wanted.id, wanted.hosts);
    if (missing.length > 0) rows = byId(await store.certificates());
    for (const kept of this.#kept.values()) this.#apply(kept, rows.get(kept.wanted.id) ?? null);
    await this.#publish();
    const stored = await store.challenges();
    await this.#useChallenges(stored);
    const version = Math.max(this.#acknowledged, ...stored.map((each) => each.version));
    if (version === this.#acknowledged && !this.#isPresenceDue()) return;
    await store.acknowledge(gateway, version);
    this.#acknowledged = version;
    this.#presentAtMs = performance.now();
  }

  #isPresenceDue(): boolean {
    return performance.now() - this.#presentAtMs >= PRESENCE_MS;
  }

  #apply(kept: Kept, row: StoredCertificate | null): void {
    const isSame = row?.chainPem === kept.row?.chainPem && row?.keyEncrypted === kept.row?.keyEncrypted;
    kept.row = row;
    if (isSame && kept.fault === null) return;
    const before = kept.pair;
    this.#open(kept);
    this.#serve(kept);
    if (kept.pair !== null && before !== null && before !== kept.pair) this.#log.replaced(kept.pair);
  }

  #open(kept: Kept): void {
    const { row, wanted } = kept;
    if (row === null || row.chainPem === null || row.keyEncrypted === null) return;
    const { chainPem, keyEncrypted } = row;
    const fault = this.#tryOpen(kept, wanted, chainPem, keyEncrypted);
    if (fault !== null && fault !== kept.fault) {
      this.#ports.log.error({ certificate: wanted.hosts[0], problem: fault }, 'stored certificate cannot be served');
    }
    kept.fault = fault;
  }

  /** Returns why it cannot be served; what was served is served on then. */
  #tryOpen(kept: Kept, { id, hosts }: WantedCertificate, chainPem: string, keyEncrypted: string): string | null {
    const { cipher, wallMs } = this.#ports;
    try {
      const keyPem = cipher.decrypt(keyEncrypted, id);
      const { pair, faults } = judgePair({ hosts, readCertificate: () => chainPem, readKey: () => keyPem }, wallMs());
      if (pair === undefined) return faults.map(({ message }) => `it ${message}`).join('; ');
      kept.pair = pair;
      return null;
    } catch (error) {
      return (error as Error).message;
    }
  }

  /** Sets what is served, if that changes. */
  #serve(kept: Kept): void {
    const { id, hosts, isDefault } = kept.wanted;
    if (kept.pair === null && this.#servesUnknown) kept.standIn ??= standIn(hosts, this.#ports.wallMs());
    const shown = kept.pair ?? (this.#servesUnknown ? kept.standIn : null);
    if (shown === kept.shown && (shown === null || kept.served?.isDefault === isDefault)) return;
    kept.shown = shown;
    kept.served = shown && this.#share({ id, hosts, isDefault, chainPem: shown.chainPem, keyPem: shown.keyPem });
  }

  #share(certificate: Omit<Parameters<typeof shareCertificate>[0], 'version'>): SharedCertificate {
    this.#version += 1;
    return shareCertificate({ ...certificate, version: this.#version });
  }

  async #useChallenges(stored: readonly StoredChallenge[]): Promise<void> {
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
    const nowMs = this.#ports.wallMs();
    for (const kept of this.#kept.values()) {
      this.#logState(kept, nowMs);
      if (this.#runs.size >= MAX_RUNS || this.#stopping.signal.aborted) continue;
      if (!kept.isRunning && nowMs >= this.#nextStepMs(kept, nowMs)) this.#start(kept);
    }
    // That the database is away has been logged.
    if (this.#kept.size > 0 && this.#isPresenceDue()) await this.refresh().catch(() => {});
  }

  #logState(kept: Kept, nowMs: number): void {
    if (kept.pair === null) return;
    const state = stateOf(kept.pair.leaf, nowMs);
    if (state !== kept.state) this.#log.changed(kept.pair, state);
    kept.state = state;
  }

  /** When there is something to do: order, or ask the authority when to renew. */
  #nextStepMs(kept: Kept, nowMs: number): number {
    if (kept.row === null) return Number.POSITIVE_INFINITY;
    const { row, pauseUntilMs } = kept;
    return Math.max(pauseUntilMs, Math.min(this.#dueMs(kept, row, nowMs), askMs(kept, row)));
  }

  #dueMs({ pair }: Kept, row: StoredCertificate, nowMs: number): number {
    const freeMs = nextAttemptMs(row.attempts, nowMs);
    if (row.isRenewalRequested) return freeMs;
    const dueMs = pair === null ? 0 : renewalMs(pair, row);
    return Math.max(dueMs, freeMs, row.nextAttemptAt?.getTime() ?? 0);
  }

  #start(kept: Kept): void {
    kept.isRunning = true;
    const run = this.#work(kept)
      .catch((error: unknown) => {
        if (this.#stopping.signal.aborted) return;
        this.#pause(kept, PAUSE_MS);
        const { message: problem } = error as Error;
        this.#ports.log.warn({ certificate: kept.wanted.hosts[0], problem }, 'certificate cannot be looked after');
      })
      .finally(() => {
        kept.isRunning = false;
        this.#runs.delete(run);
      });
    this.#runs.add(run);
  }

  #pause(kept: Kept, ms: number): void {
    kept.pauseUntilMs = this.#ports.wallMs() + ms;
  }

  async #work(kept: Kept): Promise<void> {
    const { gateway, store } = this.#ports;
    const { id } = kept.wanted;
    const row = await store.claim(id, gateway, LEASE_SECONDS);
    if (row === undefined) {
      this.#pause(kept, BUSY_MS);
      return;
    }
    let isOurs = true;
    const lease = setInterval(() => {
      store.keepLease(id, gateway, LEASE_SECONDS).then(
        (isKept) => (isOurs &&= isKept),
        () => {},
      );
    }, KEEP_LEASE_MS);
    const save = async (change: CertificateChange): Promise<void> => {
      if (!isOurs || !(await store.save(id, gateway, change))) throw new Error('another gateway works on it now');
    };
    try {
      // Another gateway may have been faster.
      this.#apply(kept, row);
      const nowMs = this.#ports.wallMs();
      if (nowMs >= this.#dueMs(kept, row, nowMs)) await this.#order(kept, row, save);
      else if (kept.pair !== null && nowMs >= askMs(kept, row)) await this.#ask(kept.pair, kept, row, save);
    } finally {
      clearInterval(lease);
      await store.release(id, gateway).catch(() => {});
      await this.refresh().catch(() => {});
    }
  }

  async #order(kept: Kept, row: StoredCertificate, save: (change: CertificateChange) => Promise<void>): Promise<void> {
    const { log, random, wallMs } = this.#ports;
    const { wanted } = kept;
    const [host] = wanted.hosts;
    const issuer = issuerFor(wanted.issuers, row.failures);
    // Stored first: attempts of a gateway that dies count, too.
    await save({ attempts: [...recentAttempts(row.attempts, wallMs()), wallMs()], isRenewalRequested: false });
    log.info({ certificate: host, issuer: issuer.name }, 'ordering a certificate');
    try {
      const { pair, keyEncrypted, challenge } = await this.#run(kept, issuer, row, save);
      const { validFromDate: from, validToDate: until } = pair.leaf;
      const isValid = from.getTime() <= wallMs() + CLOCK_MS && until.getTime() > wallMs();
      const now = new Date(wallMs()).toISOString();
      const error = isValid
        ? null
        : `the new certificate is valid from ${from.toISOString()} until ${until.toISOString()}; this machine's clock says ${now}`;
      await save({
        issuer: issuer.directory,
        challenge: challenge ?? row.challenge,
        chainPem: pair.chainPem,
        keyEncrypted,
        error,
        failures: isValid ? 0 : row.failures + 1,
        nextAttemptAt: isValid ? null : new Date(wallMs() + backOffMs(row.failures + 1, random())),
        renewalStart: null,
        renewalEnd: null,
        renewalCheckAt: null,
        orderIssuer: null,
        orderUrl: null,
        orderKeyEncrypted: null,
      });
      log.info({ certificate: host, issuer: issuer.name, not_after: until.toISOString() }, 'certificate issued');
      this.#event(
        'info',
        host!,
        `certificate for ${host!} issued by ${issuer.name}; valid until ${until.toISOString()}`,
      );
    } catch (error) {
      if (this.#stopping.signal.aborted) return;
      await this.#fail(kept, issuer, row, error as Error, save);
    }
  }

  #run(kept: Kept, issuer: Issuer, row: StoredCertificate, save: (change: CertificateChange) => Promise<void>) {
    const { cipher, store, wallMs } = this.#ports;
    const { signal } = this.#stopping;
    const isSameIssuer = row.issuer === issuer.directory;
    return new OrderRun(
      {
        store,
        cipher,
        wallMs,
        wait: (ms) => wait(ms, undefined, { signal }),
        answered: (version) => this.#answered(version),
        signal,
      },
      {
        wanted: kept.wanted,
        issuer,
        row,
        replaces: kept.pair !== null && isSameIssuer ? certificateId(kept.pair.leaf) : null,
        save,
      },
    ).run();
  }

  async #fail(
    kept: Kept,
    issuer: Issuer,
    row: StoredCertificate,
    error: Error,
    save: (change: CertificateChange) => Promise<void>,
  ): Promise<void> {
    const { log, random, wallMs } = this.#ports;
    const [host] = kept.wanted.hosts;
    const failures = row.failures + 1;
    const asked = error instanceof AcmeProblem ? (error.retryAfterMs ?? 0) : 0;
    const nextAttemptAt = new Date(wallMs() + Math.max(backOffMs(failures, random()), asked));
    const problem = `${issuer.name}: ${error.message}`;
    log.error(
      {
        certificate: host,
        issuer: issuer.name,
        problem: error.message,
        failures,
        next_attempt: nextAttemptAt.toISOString(),
      },
      'certificate cannot be ordered',
    );
    if (row.error !== problem)
      this.#event('error', host!, `certificate for ${host!} cannot be ordered from ${problem}`);
    await save({ error: problem, failures, nextAttemptAt });
  }

  #event(...event: Parameters<NonNullable<CertificateLogPorts['onEvent']>>): void {
    this.#ports.onEvent?.(...event);
  }

  /** Resolves when all gateways answer the challenges, or those that do not have had their time. */
  async #answered(version: number): Promise<void> {
    const { gateway, log, store } = this.#ports;
    const { signal } = this.#stopping;
    await this.refresh();
    for (let waitedMs = 0; ; waitedMs += ANSWER_LOOK_MS) {
      const others = await store.waitingFor(gateway, version, PRESENT_SECONDS);
      if (others.length === 0) return;
      if (waitedMs >= ANSWER_MS) {
        log.warn({ gateways: others }, 'these gateways do not say that they answer challenges');
        return;
      }
      await wait(ANSWER_LOOK_MS, undefined, { signal });
    }
  }

  /** When to renew. That the authority does not say is no failure. */
  async #ask(
    pair: Pair,
    kept: Kept,
    row: StoredCertificate,
    save: (change: CertificateChange) => Promise<void>,
  ): Promise<void> {
    const { log, wallMs } = this.#ports;
    const issuer = issuerOf(kept, row);
    const id = certificateId(pair.leaf);
    let window: RenewalWindow | null = null;
    if (issuer !== undefined && id !== null) {
      const http = acmeHttp({ caPem: issuer.caPem, signal: this.#stopping.signal });
      window = await readRenewalWindow({ directoryUrl: issuer.directory, http, wallMs }, id).catch((error: unknown) => {
        log.info({ certificate: kept.wanted.hosts[0], err: error }, 'the authority does not say when to renew');
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

  list(): readonly CertificateReport[] {
    const nowMs = this.#ports.wallMs();
    return [...this.#kept.values()].map((kept) => {
      const { fault, pair, row, wanted } = kept;
      const due = row === null ? null : this.#dueMs(kept, row, nowMs);
      return {
        ...(pair === null ? pendingReport(wanted.hosts) : reportOf(pair, nowMs)),
        id: wanted.id,
        source: 'acme' as const,
        file: null,
        error: fault ?? row?.error ?? null,
        nextAttempt: due === null ? null : Math.max(due, nowMs),
      };
    });
  }

  expiries(): CertificateScrape['expiries'] {
    const nowMs = this.#ports.wallMs();
    return [...this.#kept.values()].flatMap(({ pair }) => {
      if (pair === null) return [];
      const [fromMs, toMs] = [pair.leaf.validFromDate.getTime(), pair.leaf.validToDate.getTime()];
      return [{ host: pair.hosts[0]!, atSeconds: toMs / 1000, left: lifeLeft(fromMs, toMs, nowMs) }];
    });
  }

  /** As soon as the limit of attempts allows it. False: there is none with this id. */
  async renew(id: string): Promise<boolean> {
    if (!this.#kept.has(id) || !(await this.#ports.store.requestRenewal(id))) return false;
    await this.refresh();
    return true;
  }

  /** Orders that run are left for later. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#runs);
    const { gateway, store } = this.#ports;
    if (this.#kept.size > 0) await store.leave(gateway).catch(() => {});
  }
}

/** By how much clocks may differ. */
const CLOCK_MS = 3_600_000;
/** How often to ask an authority when to renew: what it asks for, within limits (RFC 9773, 4.3.3). */
const ASK_MS = 6 * 3_600_000;
const MIN_ASK_MS = 60_000;
const MAX_ASK_MS = 24 * 3_600_000;

function keep(wanted: WantedCertificate, before: Kept | undefined): Kept {
  if (before !== undefined) {
    before.wanted = wanted;
    return before;
  }
  return {
    wanted,
    row: null,
    pair: null,
    standIn: null,
    shown: null,
    served: null,
    published: null,
    fault: null,
    state: 'ok',
    isRunning: false,
    pauseUntilMs: 0,
  };
}

function standIn(hosts: readonly string[], nowMs: number): Texts {
  const { certPem, keyPem } = selfSigned(hosts, nowMs);
  return { chainPem: certPem, keyPem };
}

/** Null: threads do not answer it. */
function toChallenge({ type, host, token, keyAuthorization }: StoredChallenge, nowMs: number): Challenge | null {
  if (type === 'http-01') return { type, token, keyAuthorization };
  if (type === 'dns-01') return null;
  const certificate = challengeCertificate(host, keyAuthorization, nowMs);
  return { type, serverName: challengeName(host), certificate };
}

function byId(rows: readonly StoredCertificate[]): ReadonlyMap<string, StoredCertificate> {
  return new Map(rows.map((row) => [row.id, row]));
}

/** One of the configured ones. */
function issuerOf({ wanted }: Kept, { issuer }: StoredCertificate): Issuer | undefined {
  return wanted.issuers.find(({ directory }) => directory === issuer);
}

function askMs(kept: Kept, row: StoredCertificate): number {
  if (kept.pair === null || issuerOf(kept, row) === undefined) return Number.POSITIVE_INFINITY;
  return row.renewalCheckAt?.getTime() ?? 0;
}

function renewalMs({ leaf }: Pair, { renewalStart, renewalEnd }: StoredCertificate): number {
  const window =
    renewalStart === null || renewalEnd === null
      ? null
      : { startMs: renewalStart.getTime(), endMs: renewalEnd.getTime() };
  // The same on every gateway.
  const random = createHash('sha256').update(leaf.raw).digest().readUInt32BE() / 2 ** 32;
  return renewalDueMs(leaf.validFromDate.getTime(), leaf.validToDate.getTime(), window, random);
}

function pendingReport(hosts: readonly string[]): DescribedReport {
  return {
    hosts,
    issuer: null,
    serial: null,
    notBefore: null,
    notAfter: null,
    fingerprintSha256: null,
    state: 'pending',
  };
}
