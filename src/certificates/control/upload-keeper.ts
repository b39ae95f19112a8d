/**
 * Certificates that operators upload: stored with an encrypted key, and served by all gateways of the database. The
 * configuration takes precedence for a host that both have.
 */
import { listedNames } from '../../core/listed-names.ts';
import { KeyedQueue } from '../../core/keyed-queue.ts';
import { GatewayError, type FieldProblem } from '../../errors.ts';
import type { AcceptedVersions } from '../../net/entity-tag.ts';
import { canonicalHostPattern } from '../../net/host-name.ts';
import type { CertificateReport, CertificateScrape } from '../certificate-report.ts';
import { certificateKey } from '../certificate-key.ts';
import type { CertificateUpload, CertificateUploads, Uploaded } from '../certificate-uploads.ts';
import { lifeLeft } from '../core/certificate-state.ts';
import type { CertificateState } from '../core/certificates-vocabulary.ts';
import { type JudgedPair, judgePair, type Pair, type Remark } from '../judge-pair.ts';
import { shareCertificate, type SharedCertificate } from '../shared-certificate.ts';
import type { StoredUpload, UploadStore } from '../upload-store.ts';
import type { PublishCertificates } from './certificate-keeper.ts';
import { CertificateLog, type CertificateLogPorts } from './certificate-log.ts';
import { pendingReport, reportOf, stateOf } from './report-pair.ts';

/** Encrypts keys for one owner each. Both throw Error with the reason. */
export interface KeyCipherPort {
  encrypt(text: string, owner: string): string;
  decrypt(stored: string, owner: string): string;
}

export interface UploadKeeperPorts extends CertificateLogPorts {
  /** Rejects with the reason. */
  readonly cipher: () => Promise<KeyCipherPort>;
  /** All certificates that the configuration asks for. */
  readonly configured: () => readonly Pick<CertificateReport, 'hosts' | 'state'>[];
  /** Milliseconds since the epoch. */
  readonly wallMs: () => number;
}

interface Kept {
  readonly row: StoredUpload;
  /** Null: it cannot be served, see `fault`. */
  readonly pair: Pair | null;
  readonly fault: string | null;
  /** Of its hosts, those that nothing else is served for. */
  free: readonly string[];
  served: SharedCertificate | null;
  /** The last one that was logged. */
  state: CertificateState;
}

export class UploadKeeper implements CertificateUploads {
  readonly #ports: UploadKeeperPorts;
  readonly #log: CertificateLog;
  readonly #queue = new KeyedQueue();
  #kept: ReadonlyMap<string, Kept> = new Map();
  #version = 0;
  #store: UploadStore | null = null;
  #obstacle: string | null = null;
  #publish: PublishCertificates = async () => {};

  constructor(ports: UploadKeeperPorts) {
    this.#ports = ports;
    this.#log = new CertificateLog(ports);
  }

  /** Until then there are no threads, and nothing is sent. */
  connect(publish: PublishCertificates): void {
    this.#publish = publish;
  }

  /** Until then nothing is stored. @param obstacle why no key can be stored or read; null: it can */
  open(store: UploadStore, obstacle: string | null): void {
    this.#store = store;
    this.#obstacle = obstacle;
  }

  /** For a new thread. */
  get served(): readonly SharedCertificate[] {
    return [...this.#kept.values()].flatMap(({ served }) => served ?? []);
  }

  list(): readonly CertificateReport[] {
    const nowMs = this.#ports.wallMs();
    return [...this.#kept.values()].map((kept) => reportKept(kept, nowMs));
  }

  expiries(): CertificateScrape['expiries'] {
    const nowMs = this.#ports.wallMs();
    return [...this.#kept.values()].flatMap(({ pair }) => {
      if (pair === null) return [];
      const [fromMs, toMs] = [pair.leaf.validFromDate.getTime(), pair.leaf.validToDate.getTime()];
      return [{ host: pair.hosts[0]!, atSeconds: toMs / 1000, left: lifeLeft(fromMs, toMs, nowMs) }];
    });
  }

  /** Reads what is stored. Resolves when every thread has it. Rejects while the database is away. */
  refresh(): Promise<void> {
    return this.#queue.run('', () => this.#refresh());
  }

  async #refresh(): Promise<void> {
    const before = this.#kept;
    const rows = (await this.#store?.all()) ?? [];
    const kept = new Map<string, Kept>();
    for (const row of rows) kept.set(row.id, await this.#keep(row, before.get(row.id)));
    this.#kept = kept;
    await this.#serve([...before.values()].filter(({ row }) => !kept.has(row.id)));
  }

  /** Called when other certificates have changed. Resolves when every thread serves what is left to these. */
  use(): Promise<void> {
    return this.#queue.run('', () => this.#serve([]));
  }

  async #keep(row: StoredUpload, before: Kept | undefined): Promise<Kept> {
    if (before?.row.version === row.version && before.fault === null) return before;
    const { pair, fault } = await this.#open(row);
    if (fault !== null && fault !== before?.fault) {
      this.#ports.log.error({ certificate: row.hosts[0], problem: fault }, 'stored certificate cannot be served');
    }
    if (pair !== null && before !== undefined) this.#log.replaced(pair);
    // What was served is served on.
    return {
      row,
      pair: pair ?? before?.pair ?? null,
      fault,
      free: pair === null ? (before?.free ?? []) : [],
      served: before?.served ?? null,
      state: 'ok',
    };
  }

  async #open({
    id,
    hosts,
    chainPem,
    keyEncrypted,
  }: StoredUpload): Promise<{ pair: Pair | null; fault: string | null }> {
    try {
      const keyPem = (await this.#cipher()).decrypt(keyEncrypted, ownerOf(id));
      const { pair, faults } = this.#judge({ certPem: chainPem, keyPem }, hosts);
      return pair === undefined ? { pair: null, fault: faults.map(textOf).join('; ') } : { pair, fault: null };
    } catch (error) {
      return { pair: null, fault: (error as Error).message };
    }
  }

  #judge(
    { certPem, keyPem }: Pick<CertificateUpload, 'certPem' | 'keyPem'>,
    hosts: readonly string[] | null,
  ): JudgedPair {
    return judgePair({ hosts, readCertificate: () => certPem, readKey: () => keyPem }, this.#ports.wallMs());
  }

  /** @param gone not stored any more */
  async #serve(gone: readonly Kept[]): Promise<void> {
    if (gone.length === 0 && this.#kept.size === 0) return;
    const configured = this.#ports.configured().filter(({ state }) => state !== 'pending');
    const taken = new Set(configured.flatMap(({ hosts }) => hosts));
    const set: SharedCertificate[] = [];
    const removed = gone.filter(({ served }) => served !== null).map(({ row }) => servedId(row.id));
    for (const kept of this.#kept.values()) {
      const { pair, row } = kept;
      const free = pair === null ? [] : pair.hosts.filter((host) => !taken.has(host));
      for (const host of free) taken.add(host);
      const isSame = kept.free.join() === free.join() && (free.length === 0) === (kept.served === null);
      kept.free = free;
      if (isSame) continue;
      if (pair === null || free.length === 0) {
        kept.served = null;
        removed.push(servedId(row.id));
      } else {
        kept.served = this.#share(row.id, pair, free);
        set.push(kept.served);
      }
    }
    if (set.length > 0 || removed.length > 0) await this.#publish(set, removed);
  }

  #share(id: string, { chainPem, keyPem }: Pair, hosts: readonly string[]): SharedCertificate {
    this.#version += 1;
    return shareCertificate({ id: servedId(id), version: this.#version, hosts, isDefault: false, chainPem, keyPem });
  }

  /** One check of all dates. */
  look(): void {
    const nowMs = this.#ports.wallMs();
    for (const kept of this.#kept.values()) {
      if (kept.pair === null) continue;
      const state = stateOf(kept.pair.leaf, nowMs);
      if (state !== kept.state) this.#log.changed(kept.pair, state);
      kept.state = state;
    }
  }

  async upload(upload: CertificateUpload, accepted: AcceptedVersions): Promise<Uploaded> {
    if (this.#obstacle !== null) throw new GatewayError('GW_CERTIFICATES_NOT_STORED', { message: this.#obstacle });
    const judged = this.#judge(upload, upload.hosts && canonical(upload.hosts));
    const { pair } = judged;
    if (pair === undefined) throw invalid(judged.faults.map((fault) => problemOf(fault, upload)));
    return this.#queue.run('', async () => {
      // Other gateways may have uploaded some.
      await this.#refresh();
      // Authorities may list the names in another order next time.
      const id = certificateKey(pair.hosts.toSorted());
      this.#assertFree(id, pair.hosts);
      const before = this.#kept.get(id);
      const nowMs = this.#ports.wallMs();
      const cipher = await this.#cipher().catch((error: unknown) => {
        throw new GatewayError('GW_CERTIFICATES_NOT_STORED', { message: (error as Error).message, cause: error });
      });
      const keyEncrypted = cipher.encrypt(pair.keyPem, ownerOf(id));
      const { hosts, chainPem } = pair;
      const beforeReport = before === undefined ? null : reportKept(before, nowMs);
      await this.#store!.put({ id, hosts, chainPem, keyEncrypted }, accepted);
      await this.#refresh();
      const kept = this.#kept.get(id);
      // Another gateway has just removed it.
      if (kept === undefined) throw new GatewayError('GW_PRECONDITION_FAILED');
      if (before === undefined) this.#log.uploaded(pair);
      const warnings = judged.warnings.map(textOf);
      return { report: reportKept(kept, nowMs), before: beforeReport, warnings };
    });
  }

  remove(id: string, accepted: AcceptedVersions): Promise<CertificateReport | undefined> {
    return this.#queue.run('', async () => {
      await this.#refresh();
      const before = this.#kept.get(id);
      if (before === undefined || !(await this.#store!.remove(id, accepted))) return undefined;
      const report = reportKept(before, this.#ports.wallMs());
      await this.#refresh();
      this.#log.removed(before.row.hosts);
      return report;
    });
  }

  async #cipher(): Promise<KeyCipherPort> {
    if (this.#obstacle !== null) throw new Error(this.#obstacle);
    return this.#ports.cipher();
  }

  #assertFree(id: string, hosts: readonly string[]): void {
    const configured = new Set(this.#ports.configured().flatMap(({ hosts }) => hosts));
    const taken = (host: string, where: string): GatewayError =>
      new GatewayError('GW_CERTIFICATE_EXISTS', { message: `"${host}" has another certificate: ${where}` });
    for (const host of hosts) {
      if (configured.has(host)) throw taken(host, 'in the configuration');
      const other = [...this.#kept.values()].find(({ row }) => row.id !== id && row.hosts.includes(host));
      if (other !== undefined) throw taken(host, other.row.id);
    }
  }
}

function reportKept({ row, pair, fault, free }: Kept, nowMs: number): CertificateReport {
  const shadowed = (pair?.hosts ?? []).filter((host) => !free.includes(host));
  const conflict = shadowed.length === 0 ? null : `not served for ${listedNames(shadowed)}: another certificate is`;
  return {
    ...(pair === null ? pendingReport(row.hosts) : reportOf(pair, nowMs)),
    id: row.id,
    source: 'uploaded',
    file: null,
    error: fault ?? conflict,
    nextAttempt: null,
    lastUsed: null,
    version: row.version,
  };
}

/** Threads have those of the configuration by other ids. */
function servedId(id: string): string {
  return `uploaded ${id}`;
}

function ownerOf(id: string): string {
  return `uploaded ${id}`;
}

function canonical(hosts: readonly string[]): readonly string[] {
  const names = hosts.map(canonicalHostPattern);
  const problems = names.flatMap((name, at) =>
    name === undefined
      ? [{ field: `hosts.${at}`, message: 'allowed: a host name, *.example.com, or an IP address' }]
      : [],
  );
  if (problems.length > 0) throw invalid(problems);
  return [...new Set(names as readonly string[])];
}

/** Fields of the API have other names than keys of the configuration. */
const FIELDS = { cert_file: 'cert_pem', key_file: 'key_pem', hosts: 'hosts' } as const;

function problemOf({ key, at, message }: Remark, { hosts }: CertificateUpload): FieldProblem {
  const field = at === undefined ? FIELDS[key] : `${FIELDS[key]}.${at}`;
  const text = message.replaceAll('cert_file', FIELDS.cert_file);
  return { field, message: at === undefined ? text : `"${hosts?.[at] ?? ''}" ${text}` };
}

function textOf(remark: Remark): string {
  return `${FIELDS[remark.key]} ${remark.message.replaceAll('cert_file', FIELDS.cert_file)}`;
}

function invalid(problems: readonly FieldProblem[]): GatewayError {
  return new GatewayError('GW_VALIDATION', { details: problems });
}
