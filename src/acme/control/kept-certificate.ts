/** One certificate from an authority, as this gateway has it: what is stored, what is served, and what is due. */
import { createHash } from 'node:crypto';
import type { Logger } from 'pino';
import type { CertificateReport, CertificateScrape } from '../../certificates/certificate-report.ts';
import type { CertificateLog } from '../../certificates/control/certificate-log.ts';
import { pendingReport, reportOf } from '../../certificates/control/report-pair.ts';
import { certificateState, lifeLeft } from '../../certificates/core/certificate-state.ts';
import { coversHost } from '../../certificates/core/host-match.ts';
import type { CertificateState, ReportedState } from '../../certificates/core/certificates-vocabulary.ts';
import { judgePair, type Pair } from '../../certificates/judge-pair.ts';
import { shareCertificate, type SharedCertificate } from '../../certificates/shared-certificate.ts';
import type { StoredCertificate } from '../acme-store.ts';
import { nextAttemptMs, recentAttempts, renewalDueMs } from '../core/renewal-plan.ts';
import type { Issuer, WantedCertificate } from '../wanted-certificate.ts';
import type { KeyCipher } from './key-cipher.ts';
import { selfSigned } from './self-signed.ts';

export interface KeptCertificatePorts {
  readonly cipher: KeyCipher;
  readonly log: Logger;
  readonly certificateLog: CertificateLog;
  /** Milliseconds since the epoch. */
  readonly wallMs: () => number;
  /** Of what is served: higher with every call. */
  readonly nextVersion: () => number;
}

/** Chain and key, PEM, and what they are served for. */
type Shown = Pick<Pair, 'chainPem' | 'keyPem' | 'hosts'>;

export class KeptCertificate {
  readonly #ports: KeptCertificatePorts;
  #wanted: WantedCertificate;
  #row: StoredCertificate | null = null;
  /** The one from the authority; null: there is none yet. */
  #pair: Pair | null = null;
  /** Of that, milliseconds since the epoch: reading them of a certificate takes microseconds, for thousands each second. */
  #fromMs = 0;
  #untilMs = 0;
  /** Of that, 0 to 1. */
  #random = 0;
  /** What other certificates were served for, if that overlaps; until then. */
  #borrowed: Shown | null = null;
  /** A self-signed one for names that have none, if this is to be the default and there is nothing else. */
  #standIn: Shown | null = null;
  /** One of these; null: nothing. */
  #shown: Shown | null = null;
  #served: SharedCertificate | null = null;
  #published: SharedCertificate | null = null;
  /** Why what is stored cannot be served. */
  #fault: string | null = null;
  /** The last one that was logged. */
  #state: CertificateState = 'ok';
  #pausedUntilMs = 0;
  /** When a client was last served it, as far as this gateway knows; only of one on demand. */
  #usedAtMs = 0;
  isBusy = false;
  /** False for one on demand, unless a client waits for it, or it is used and its renewal is allowed. */
  mayOrder: boolean;

  constructor(wanted: WantedCertificate, ports: KeptCertificatePorts) {
    this.#wanted = wanted;
    this.#ports = ports;
    this.mayOrder = wanted.isOnDemand !== true;
  }

  get wanted(): WantedCertificate {
    return this.#wanted;
  }

  /** For messages. */
  get host(): string {
    return this.#wanted.hosts[0]!;
  }

  get pair(): Pair | null {
    return this.#pair;
  }

  get isOnDemand(): boolean {
    return this.#wanted.isOnDemand === true;
  }

  /** In a row. */
  get failures(): number {
    return this.#row?.failures ?? 0;
  }

  /** Of the last hour. */
  get recentAttempts(): number {
    return recentAttempts(this.#row?.attempts ?? [], this.#ports.wallMs()).length;
  }

  get isRenewalRequested(): boolean {
    return this.#row?.isRenewalRequested === true;
  }

  get usedAtMs(): number {
    return Math.max(this.#usedAtMs, this.#row?.usedAt?.getTime() ?? 0);
  }

  /** A client is served it, or asks for it. */
  noteUse(): void {
    this.#usedAtMs = this.#ports.wallMs();
  }

  /** It is there, and has expired. */
  get isExpired(): boolean {
    return this.#pair !== null && this.#ports.wallMs() >= this.#untilMs;
  }

  /** Nothing of an authority or an operator is served for it. */
  get isBare(): boolean {
    return this.#pair === null && this.#borrowed === null;
  }

  /** Null: nothing. */
  get served(): SharedCertificate | null {
    return this.#served;
  }

  /** What the threads do not have yet; null: they must forget the one that they have; undefined: they are up to date. */
  takeUnpublished(): SharedCertificate | null | undefined {
    if (this.#published === this.#served) return undefined;
    this.#published = this.#served;
    return this.#served;
  }

  /** @param hasStandIn a self-signed certificate is served until there is another */
  want(wanted: WantedCertificate, hasStandIn: boolean): void {
    this.#wanted = wanted;
    if (!hasStandIn || !wanted.isDefault) this.#standIn = null;
    else this.#standIn ??= standIn(wanted.hosts, this.#ports.wallMs());
    this.#serve();
  }

  /**
   * Something to serve until there is a certificate: hosts that already have one must not lose it because others are
   * added to them, or because it is to come from an authority now.
   */
  borrow(pairs: readonly Pair[]): void {
    if (this.#pair !== null || this.#borrowed !== null) return;
    const offers = pairs.map((pair) => ({ ...pair, hosts: this.#wanted.hosts.filter((host) => isFor(pair, host)) }));
    const best = Math.max(...offers.map(({ hosts }) => hosts.length));
    this.#borrowed = offers.find(({ hosts }) => hosts.length > 0 && hosts.length === best) ?? null;
    this.#serve();
  }

  /** @param row as it is stored now; null: it is not */
  apply(row: StoredCertificate | null): void {
    const before = this.#row;
    const isSame = row?.chainPem === before?.chainPem && row?.keyEncrypted === before?.keyEncrypted;
    this.#row = row;
    if (row === null || row.chainPem === null || row.keyEncrypted === null) return;
    if (isSame && this.#fault === null) return;
    const pair = this.#open(row);
    if (pair === null) return;
    const isReplaced = this.#pair !== null;
    this.#pair = pair;
    this.#fromMs = pair.leaf.validFromDate.getTime();
    this.#untilMs = pair.leaf.validToDate.getTime();
    this.#random = createHash('sha256').update(pair.leaf.raw).digest().readUInt32BE() / 2 ** 32;
    this.#serve();
    if (isReplaced) this.#ports.certificateLog.replaced(pair);
  }

  /** Null: it cannot be served, and what was served is served on. */
  #open(row: StoredCertificate): Pair | null {
    const before = this.#fault;
    const opened = openStored({ ...row, hosts: this.#wanted.hosts }, this.#ports.cipher, this.#ports.wallMs());
    this.#fault = typeof opened === 'string' ? opened : null;
    if (typeof opened !== 'string') return opened;
    if (opened !== before) {
      this.#ports.log.error({ certificate: this.host, problem: opened }, 'stored certificate cannot be served');
    }
    return null;
  }

  /** Sets what is served, if that changes. */
  #serve(): void {
    const { id, isDefault } = this.#wanted;
    const shown = this.#pair ?? this.#borrowed ?? this.#standIn;
    if (shown === this.#shown && (shown === null || this.#served?.isDefault === isDefault)) return;
    this.#shown = shown;
    this.#served =
      shown &&
      shareCertificate({
        id,
        version: this.#ports.nextVersion(),
        hosts: shown.hosts,
        isDefault,
        ...(this.isOnDemand && { isOnDemand: true }),
        chainPem: shown.chainPem,
        keyPem: shown.keyPem,
      });
  }

  /** Logs a state that is new. */
  look(): void {
    if (this.#pair === null) return;
    const state = certificateState(this.#fromMs, this.#untilMs, this.#ports.wallMs());
    if (state !== this.#state) this.#ports.certificateLog.changed(this.#pair, state);
    this.#state = state;
  }

  /** Nothing is due before. */
  pause(ms: number): void {
    this.#pausedUntilMs = this.#ports.wallMs() + ms;
  }

  isPaused(): boolean {
    return this.#ports.wallMs() < this.#pausedUntilMs;
  }

  hasWork(): boolean {
    return !this.isPaused() && (this.isDue() || this.isQuestionDue());
  }

  /** It is to be ordered now. */
  isDue(): boolean {
    return this.mayOrder && this.isRenewalDue();
  }

  /** It is to be ordered, if that is allowed. */
  isRenewalDue(): boolean {
    return this.#row !== null && this.#ports.wallMs() >= this.#dueMs(this.#row);
  }

  /** Of one without a certificate, after failures. */
  nextAttemptMs(): number {
    return this.#row === null ? 0 : this.#dueMs(this.#row);
  }

  /** Its authority is to be asked when to renew it. */
  isQuestionDue(): boolean {
    if (this.#row === null || this.#pair === null || this.issuer() === undefined) return false;
    return this.#ports.wallMs() >= (this.#row.renewalCheckAt?.getTime() ?? 0);
  }

  /** The authority that it is from; undefined: none that is configured. */
  issuer(): Issuer | undefined {
    return this.#wanted.issuers.find(({ directory }) => directory === this.#row?.issuer);
  }

  #dueMs(row: StoredCertificate): number {
    const freeMs = nextAttemptMs(row.attempts, this.#ports.wallMs());
    if (row.isRenewalRequested) return freeMs;
    return Math.max(this.#renewalMs(row), freeMs, row.nextAttemptAt?.getTime() ?? 0);
  }

  #renewalMs({ renewalStart: start, renewalEnd: end }: StoredCertificate): number {
    // It is not from the authority that it should be from: one for trials, say.
    if (this.#pair === null || this.issuer() === undefined) return 0;
    const window = start === null || end === null ? null : { startMs: start.getTime(), endMs: end.getTime() };
    return renewalDueMs(this.#fromMs, this.#untilMs, window, this.#random);
  }

  state(): ReportedState {
    return this.#pair === null ? 'pending' : certificateState(this.#fromMs, this.#untilMs, this.#ports.wallMs());
  }

  report(): CertificateReport {
    const nowMs = this.#ports.wallMs();
    const { id, hosts } = this.#wanted;
    return {
      ...(this.#pair === null ? pendingReport(hosts) : reportOf(this.#pair, nowMs)),
      id,
      source: this.isOnDemand ? 'on_demand' : 'acme',
      file: null,
      error: this.#fault ?? this.#row?.error ?? null,
      nextAttempt: this.#row === null ? null : Math.max(this.#dueMs(this.#row), nowMs),
      lastUsed: this.isOnDemand ? this.usedAtMs : null,
      version: null,
    };
  }

  expiry(): CertificateScrape['expiries'][number] | undefined {
    // Names that clients choose are no labels.
    if (this.#pair === null || this.isOnDemand) return undefined;
    const left = lifeLeft(this.#fromMs, this.#untilMs, this.#ports.wallMs());
    return { host: this.host, atSeconds: this.#untilMs / 1000, left };
  }
}

/** Why it cannot be served, if it cannot. */
export function openStored(
  { id, hosts, chainPem, keyEncrypted }: StoredCertificate,
  cipher: KeyCipher,
  nowMs: number,
): Pair | string {
  try {
    const keyPem = cipher.decrypt(keyEncrypted ?? '', id);
    const { pair, faults } = judgePair({ hosts, readCertificate: () => chainPem ?? '', readKey: () => keyPem }, nowMs);
    return pair ?? faults.map(({ message }) => `it ${message}`).join('; ');
  } catch (error) {
    return (error as Error).message;
  }
}

/** Such a certificate is served for the host, or for a wildcard that it is covered by. */
function isFor({ hosts }: Pair, host: string): boolean {
  return hosts.some((each) => coversHost(each, host));
}

function standIn(hosts: readonly string[], nowMs: number): Shown {
  const { certPem, keyPem } = selfSigned(hosts, nowMs);
  // It counts as none for all of them: they are not redirected to it, for one.
  return { chainPem: certPem, keyPem, hosts: [] };
}
