/**
 * The certificates that this gateway serves: read from their files or issued here, sent to the traffic threads, and
 * replaced there when the files change or the time comes. A pair that cannot be served is refused as a whole, and the
 * one before is served on.
 */
import { isDeepStrictEqual } from 'node:util';

import { GatewayError, type FieldProblem } from '../../errors.ts';
import type { CertificateReport, CertificateReports, CertificateScrape, OrderScrape } from '../certificate-report.ts';
import { lifeLeft } from '../core/certificate-state.ts';
import type { CertificateState } from '../core/certificates-vocabulary.ts';
import { renewalTime } from '../core/renewal-time.ts';
import { SettledChange } from '../core/settled-change.ts';
import type { Pair, Remark } from '../judge-pair.ts';
import { PemFiles } from '../pem-files.ts';
import { shareCertificate, type SharedCertificate } from '../shared-certificate.ts';
import { pairKey, type ReadPair, readPair, type ReadPairs } from '../read-pair.ts';
import {
  type CertificateSource,
  type ConfiguredCertificate,
  describeRemark,
  type FileSource,
  idOf,
  stampOfSource,
  stampOfSourceSync,
  toSource,
} from './certificate-source.ts';
import { CertificateLog, type CertificateLogPorts } from './certificate-log.ts';
import { InternalAuthority } from './internal-authority.ts';
import { type PairReport, reportOf, setback, stateOf } from './report-pair.ts';

/** A source that was read or issued, and can be served. */
interface Current {
  readonly source: CertificateSource;
  readonly pair: Pair;
  /** Of its files, from before they were read. */
  readonly stamp: string;
}

interface Ready extends Current {
  /** The last version when it was read. */
  readonly after: number;
  readonly warnings: readonly FieldProblem[];
}

interface Prepared extends Ready {
  /** The first of all in the configuration, automatic ones included. */
  readonly isDefault: boolean;
}

interface Kept extends Omit<Current, 'stamp'> {
  stamp: string;
  readonly served: SharedCertificate;
  readonly change: SettledChange;
  /** Why the newest files are not served; null: they are. */
  error: string | null;
  /** The last one that was logged. */
  state: CertificateState;
}

/** By id: see {@link CertificateKeeper.prepare}. */
export type PreparedCertificates = ReadonlyMap<string, Prepared>;

/** Sends a change to every traffic thread; resolves when all serve it. */
export type PublishCertificates = (set: readonly SharedCertificate[], removed: readonly string[]) => Promise<void>;

export interface CertificateKeeperPorts extends CertificateLogPorts {
  /** Relative names of files start here. */
  readonly cwd: string;
  /** Of the internal authority; made only if a certificate is internal. */
  readonly authorityFolder: string;
  /** Milliseconds since the epoch. */
  readonly wallMs: () => number;
}

export class CertificateKeeper implements Pick<CertificateReports, 'list' | 'rootPem'> {
  readonly #ports: CertificateKeeperPorts;
  readonly #log: CertificateLog;
  #kept: ReadonlyMap<string, Kept> = new Map();
  #version = 0;
  #authority: InternalAuthority | undefined;
  #publish: PublishCertificates = async () => {};
  readonly #totals = { replacedTotal: 0, refusedTotal: 0 };

  constructor(ports: CertificateKeeperPorts) {
    this.#ports = ports;
    this.#log = new CertificateLog(ports);
  }

  /** Until then there are no threads, and nothing is sent. */
  connect(publish: PublishCertificates): void {
    this.#publish = publish;
  }

  /** In the order of the configuration. */
  get served(): readonly SharedCertificate[] {
    return [...this.#kept.values()].map(({ served }) => served);
  }

  /** For who takes over the hosts of some of them. */
  get pairs(): readonly Pair[] {
    return [...this.#kept.values()].map(({ pair }) => pair);
  }

  /** For Prometheus. */
  scrape(): Omit<CertificateScrape, keyof OrderScrape> {
    const nowMs = this.#ports.wallMs();
    const expiries = [...this.#kept.values()].map(({ pair: { hosts, leaf } }) => {
      const [from, to] = [leaf.validFromDate.getTime(), leaf.validToDate.getTime()];
      return { host: hosts[0]!, atSeconds: to / 1000, left: lifeLeft(from, to, nowMs) };
    });
    return { expiries, ...this.#totals };
  }

  list(): readonly (CertificateReport & PairReport)[] {
    const nowMs = this.#ports.wallMs();
    return [...this.#kept.values()].map(({ source, pair, error }) => ({
      ...reportOf(pair, nowMs),
      id: null,
      source: source.internal ? 'internal' : 'file',
      file: source.internal ? null : source.certFile,
      error,
      nextAttempt: null,
      lastUsed: null,
      version: null,
    }));
  }

  rootPem(): string | null {
    const isUsed = [...this.#kept.values()].some(({ source }) => source.internal);
    return isUsed ? (this.#authority?.rootPem ?? null) : null;
  }

  /**
   * Reads all files. Throws GatewayError with everything that cannot be served; nothing has changed then.
   *
   * @param known were read just before
   */
  prepare(configured: readonly ConfiguredCertificate[], known: ReadPairs = new Map()): PreparedCertificates {
    const prepared = new Map<string, Prepared>();
    const problems: FieldProblem[] = [];
    for (const [at, each] of configured.entries()) {
      // The keeper of automatic certificates has them.
      if ((each.acme ?? null) !== null) continue;
      const source = toSource(each);
      const { ready, faults } = this.#prepare(source, `tls.certificates.${at}`, known);
      problems.push(...faults);
      if (ready !== undefined) prepared.set(idOf(source), { ...ready, isDefault: at === 0 });
    }
    if (problems.length === 0) return prepared;
    const details = problems.map(({ field, message }) => ({ field, message: `${field}: ${message}` }));
    throw new GatewayError('GW_VALIDATION', { message: details[0]!.message, details });
  }

  /** @param path of the certificate in the configuration */
  #prepare(
    source: CertificateSource,
    path: string,
    known: ReadPairs,
  ): { readonly ready: Ready | undefined; readonly faults: readonly FieldProblem[] } {
    if (source.internal) {
      try {
        const pair = this.#currentPair(source) ?? this.#issue(source.hosts);
        return { ready: { source, pair, stamp: '', after: this.#version, warnings: [] }, faults: [] };
      } catch (error) {
        return { ready: undefined, faults: [{ field: `${path}.internal`, message: (error as Error).message }] };
      }
    }
    const unchanged = this.#unchanged(source);
    if (unchanged !== undefined) return { ready: { ...unchanged, after: this.#version, warnings: [] }, faults: [] };
    const { pair, stamp, faults, warnings } = known.get(pairKey(source)) ?? this.#read(source);
    const located = (remark: Remark): FieldProblem => ({
      field: [path, remark.key, ...(remark.at === undefined ? [] : [remark.at])].join('.'),
      message: describeRemark(remark, source),
    });
    if (pair === undefined) return { ready: undefined, faults: faults.map(located) };
    const kept = this.#kept.get(idOf(source));
    // The next look reports why it is not served.
    if (isDeepStrictEqual(kept?.source, source) && setback(kept!.pair, pair, this.#ports.wallMs()) !== undefined)
      return { ready: { ...kept!, after: this.#version, warnings: [] }, faults: [] };
    return { ready: { source, pair, stamp, after: this.#version, warnings: warnings.map(located) }, faults: [] };
  }

  /** What is served, if the files are still those that were read: a reload of thousands need not read them again. */
  #unchanged(source: FileSource): Current | undefined {
    const kept = this.#kept.get(idOf(source));
    if (kept === undefined || !isDeepStrictEqual(kept.source, source)) return undefined;
    if (kept.stamp !== stampOfSourceSync(source, this.#ports.cwd)) return undefined;
    return { source, pair: kept.pair, stamp: kept.stamp };
  }

  #read(source: FileSource): ReadPair {
    const { cwd, wallMs } = this.#ports;
    return readPair(new PemFiles(cwd), source, wallMs());
  }

  /** What was issued before, unless it is to be renewed. */
  #currentPair(source: CertificateSource): Pair | undefined {
    const pair = this.#kept.get(idOf(source))?.pair;
    return pair === undefined || this.#isDue(pair) ? undefined : pair;
  }

  /** Also if the clock was set back: it would not be valid any more. */
  #isDue({ leaf }: Pair): boolean {
    const [from, to, nowMs] = [leaf.validFromDate.getTime(), leaf.validToDate.getTime(), this.#ports.wallMs()];
    return nowMs < from || nowMs >= renewalTime(from, to);
  }

  /** Throws Error with the reason if the authority cannot be opened or made. */
  #issue(hosts: readonly string[]): Pair {
    const { authorityFolder, wallMs } = this.#ports;
    this.#authority ??= InternalAuthority.open(authorityFolder, wallMs());
    return { ...this.#authority.issue(hosts, wallMs()), hosts };
  }

  /** Resolves when every thread serves them, and nothing else. */
  async use(prepared: PreparedCertificates): Promise<void> {
    const before = this.#kept;
    const set: SharedCertificate[] = [];
    this.#kept = new Map(
      [...prepared].map(([id, ready]) => {
        const old = before.get(id);
        const current = old !== undefined && isNewer(old, ready) ? old : ready;
        const served = this.#serve(id, current.pair, ready.isDefault, old);
        if (served !== old?.served) set.push(served);
        if (current === ready && served !== old?.served) this.#log.warnings(ready.warnings);
        return [id, keep(current, served, old)];
      }),
    );
    const removed = [...before.keys()].filter((id) => !this.#kept.has(id));
    if (set.length > 0 || removed.length > 0) await this.#publish(set, removed);
  }

  /** One check of all files and dates. Resolves when every thread serves what has changed. */
  async look(): Promise<void> {
    for (const kept of this.#kept.values()) {
      const { source } = kept;
      if (source.internal) {
        if (this.#isDue(kept.pair)) await this.#replace(kept, { source, pair: this.#issue(source.hosts), stamp: '' });
      } else {
        const stamp = await stampOfSource(source, this.#ports.cwd);
        // A reload was faster.
        if (this.#kept.get(kept.served.id) !== kept) continue;
        if (kept.change.see(stamp)) await this.#readAgain(kept, source);
      }
      this.#logState(this.#kept.get(kept.served.id) ?? kept);
    }
  }

  async #readAgain(kept: Kept, source: FileSource): Promise<void> {
    const { pair, stamp, faults, warnings } = this.#read(source);
    const problem =
      pair === undefined
        ? faults.map((fault) => describeRemark(fault, source)).join('; ')
        : (this.#conflict(kept.served.id, pair) ?? setback(kept.pair, pair, this.#ports.wallMs()));
    if (pair === undefined || problem !== undefined) {
      if (!kept.change.refuse(stamp, this.#ports.wallMs())) return;
      kept.error = problem ?? null;
      this.#totals.refusedTotal += 1;
      this.#log.refused(kept.pair, source.certFile, problem ?? '');
      return;
    }
    this.#log.warnings(warnings.map((remark) => ({ field: remark.key, message: describeRemark(remark, source) })));
    await this.#replace(kept, { source, pair, stamp });
  }

  async #replace(kept: Kept, ready: Current): Promise<void> {
    const { id, isDefault } = kept.served;
    const served = this.#serve(id, ready.pair, isDefault, kept);
    if (served === kept.served) {
      // Restored, or only touched.
      kept.change.accept(ready.stamp);
      kept.stamp = ready.stamp;
      if (kept.error !== null) this.#log.restored(kept.pair);
      kept.error = null;
      return;
    }
    this.#kept = new Map(this.#kept).set(id, keep(ready, served, undefined));
    await this.#publish([served], []);
    this.#totals.replacedTotal += 1;
    this.#log.replaced(ready.pair);
  }

  #logState(kept: Kept): void {
    const state = stateOf(kept.pair.leaf, this.#ports.wallMs());
    if (state !== kept.state) this.#log.changed(kept.pair, state);
    kept.state = state;
  }

  /** A host that another certificate is served for. */
  #conflict(id: string, pair: Pair): string | undefined {
    const hosts = new Set(pair.hosts);
    for (const other of this.#kept.values()) {
      if (other.served.id === id) continue;
      const host = other.served.hosts.find((each) => hosts.has(each));
      if (host !== undefined) return `"${id}" is for ${host}, as "${other.served.id}" is`;
    }
    return undefined;
  }

  /** The one before if nothing would change: threads keep what they derived from it. */
  #serve(id: string, pair: Pair, isDefault: boolean, before: Kept | undefined): SharedCertificate {
    if (before !== undefined && before.served.isDefault === isDefault && isSame(before.pair, pair))
      return before.served;
    this.#version += 1;
    const { hosts, chainPem, keyPem } = pair;
    return shareCertificate({ id, version: this.#version, hosts, isDefault, chainPem, keyPem });
  }
}

function isSame(one: Pair, other: Pair): boolean {
  return one.chainPem === other.chainPem && one.keyPem === other.keyPem && isDeepStrictEqual(one.hosts, other.hosts);
}

/** The watch was faster than the reload that read these files: an older certificate must not come back. */
function isNewer({ served, source }: Kept, ready: Ready): boolean {
  return served.version > ready.after && isDeepStrictEqual(source, ready.source);
}

function keep({ source, pair, stamp }: Current, served: SharedCertificate, before: Kept | undefined): Kept {
  const state = before?.state ?? 'ok';
  return { source, pair, stamp, served, change: new SettledChange(stamp), error: null, state };
}
