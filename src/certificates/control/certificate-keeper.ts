/**
 * The certificates that this gateway serves: read from their files, sent to the traffic threads, and read again when
 * the files change. A pair that cannot be served is refused as a whole, and the one before is served on.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';

import { GatewayError, type FieldProblem } from '../../errors.ts';
import type { Severity } from '../../events/core/events-vocabulary.ts';
import type { ServedCertificate } from '../certificate.ts';
import type { CertificateScrape, CertificateReport, CertificateReports } from '../certificate-report.ts';
import { certificateState } from '../core/certificate-state.ts';
import type { CertificateState } from '../core/certificates-vocabulary.ts';
import { SettledChange } from '../core/settled-change.ts';
import type { Pair, Remark } from '../judge-pair.ts';
import { type CertificateSource, describeRemark, idOf, readSource, stampOfSource } from './file-source.ts';

/** A source that was read and can be served. */
interface Ready {
  readonly source: CertificateSource;
  readonly pair: Pair;
  readonly stamp: string;
  readonly warnings: readonly FieldProblem[];
}

interface Kept extends Pick<Ready, 'source' | 'pair'> {
  readonly served: ServedCertificate;
  readonly change: SettledChange;
  /** Why the newest files are not served; null: they are. */
  error: string | null;
  /** The last one that was logged. */
  state: CertificateState;
}

/** By id: see {@link CertificateKeeper.prepare}. */
export type PreparedCertificates = ReadonlyMap<string, Ready>;

/** Sends a change to every traffic thread; resolves when all serve it. */
export type PublishCertificates = (set: readonly ServedCertificate[], removed: readonly string[]) => Promise<void>;

export interface CertificateKeeperPorts {
  /** Relative names of files start here. */
  readonly cwd: string;
  readonly log: Logger;
  /** Milliseconds since the epoch. */
  readonly wallMs: () => number;
  /** For operators. @param host the first of the certificate */
  readonly onEvent?: (severity: Severity, host: string, message: string) => void;
}

export class CertificateKeeper implements CertificateReports {
  readonly #ports: CertificateKeeperPorts;
  #kept: ReadonlyMap<string, Kept> = new Map();
  #version = 0;
  #publish: PublishCertificates = async () => {};
  readonly #totals = { replacedTotal: 0, refusedTotal: 0 };

  constructor(ports: CertificateKeeperPorts) {
    this.#ports = ports;
  }

  /** Until then there are no threads, and nothing is sent. */
  connect(publish: PublishCertificates): void {
    this.#publish = publish;
  }

  /** In the order of the configuration. */
  get served(): readonly ServedCertificate[] {
    return [...this.#kept.values()].map(({ served }) => served);
  }

  /** For Prometheus. */
  scrape(): CertificateScrape {
    const expiries = [...this.#kept.values()].map(({ pair: { hosts, leaf } }) => ({
      host: hosts[0]!,
      atSeconds: leaf.validToDate.getTime() / 1000,
    }));
    return { expiries, ...this.#totals };
  }

  list(): readonly CertificateReport[] {
    const nowMs = this.#ports.wallMs();
    return [...this.#kept.values()].map(({ source, pair, error }) => reportOf(source, pair, error, nowMs));
  }

  /** Reads all files. Throws GatewayError with everything that cannot be served; nothing has changed then. */
  prepare(sources: readonly CertificateSource[]): PreparedCertificates {
    const { cwd, wallMs } = this.#ports;
    const prepared = new Map<string, Ready>();
    const problems: FieldProblem[] = [];
    for (const [at, source] of sources.entries()) {
      const { pair, stamp, faults, warnings } = readSource(source, cwd, wallMs());
      const located = (remark: Remark): FieldProblem => {
        const field = ['tls.certificates', at, remark.key, ...(remark.at === undefined ? [] : [remark.at])].join('.');
        return { field, message: describeRemark(remark, source) };
      };
      problems.push(...faults.map(located).map(({ field, message }) => ({ field, message: `${field}: ${message}` })));
      if (pair !== undefined) prepared.set(idOf(source), { source, pair, stamp, warnings: warnings.map(located) });
    }
    if (problems.length === 0) return prepared;
    throw new GatewayError('GW_VALIDATION', { message: problems[0]!.message, details: problems });
  }

  /** Resolves when every thread serves them, and nothing else. */
  async use(prepared: PreparedCertificates): Promise<void> {
    const before = this.#kept;
    const [first] = prepared.keys();
    const set: ServedCertificate[] = [];
    this.#kept = new Map(
      [...prepared].map(([id, ready]) => {
        const old = before.get(id);
        const served = this.#serve(id, ready.pair, id === first, old);
        if (served !== old?.served) set.push(served);
        if (served !== old?.served) this.#logWarnings(ready.warnings);
        return [id, keep(ready, served, old)];
      }),
    );
    const removed = [...before.keys()].filter((id) => !this.#kept.has(id));
    if (set.length > 0 || removed.length > 0) await this.#publish(set, removed);
  }

  /** One check of all files and dates. Resolves when every thread serves what has changed. */
  async look(): Promise<void> {
    for (const kept of this.#kept.values()) {
      const stamp = await stampOfSource(kept.source, this.#ports.cwd);
      // A reload was faster.
      if (this.#kept.get(kept.served.id) !== kept) continue;
      if (kept.change.see(stamp)) await this.#readAgain(kept);
      this.#logState(this.#kept.get(kept.served.id) ?? kept);
    }
  }

  async #readAgain(kept: Kept): Promise<void> {
    const { cwd, wallMs } = this.#ports;
    const { source } = kept;
    const { pair, stamp, faults, warnings } = readSource(source, cwd, wallMs());
    const problem =
      pair === undefined
        ? faults.map((fault) => describeRemark(fault, source)).join('; ')
        : this.#conflict(kept.served.id, pair);
    if (pair === undefined || problem !== undefined) {
      if (kept.change.refuse(stamp, wallMs())) this.#refuse(kept, problem ?? '');
      return;
    }
    const served = this.#serve(kept.served.id, pair, kept.served.isDefault, kept);
    if (served === kept.served) {
      kept.change.accept(stamp);
      kept.error = null;
      return;
    }
    const ready = { source, pair, stamp, warnings: [] };
    this.#kept = new Map(this.#kept).set(served.id, keep(ready, served, undefined));
    await this.#publish([served], []);
    this.#totals.replacedTotal += 1;
    const until = pair.leaf.validToDate.toISOString();
    const fields = {
      certificate: pair.hosts[0],
      file: source.certFile,
      serial: pair.leaf.serialNumber,
      not_after: until,
    };
    this.#ports.log.info(fields, 'certificate replaced');
    this.#logWarnings(warnings.map((remark) => ({ field: remark.key, message: describeRemark(remark, source) })));
    this.#ports.onEvent?.('info', pair.hosts[0]!, `certificate for ${pair.hosts[0]!} replaced; valid until ${until}`);
  }

  #refuse(kept: Kept, problem: string): void {
    const [host] = kept.pair.hosts;
    kept.error = problem;
    this.#totals.refusedTotal += 1;
    const { log, onEvent } = this.#ports;
    log.error({ certificate: host, file: kept.source.certFile, problem }, 'certificate files cannot be served');
    onEvent?.('error', host!, `new certificate for ${host!} refused, the one before is served on: ${problem}`);
  }

  /** A host that another certificate is served for. */
  #conflict(id: string, pair: Pair): string | undefined {
    const hosts = new Set(pair.hosts);
    for (const other of this.#kept.values()) {
      if (other.served.id === id) continue;
      const host = other.served.hosts.find((each) => hosts.has(each));
      if (host !== undefined) return `"${id}" is for ${host}, as "${other.source.certFile}" is`;
    }
    return undefined;
  }

  #logState(kept: Kept): void {
    const { log, onEvent, wallMs } = this.#ports;
    const { leaf, hosts } = kept.pair;
    const state = stateOf(kept.pair, wallMs());
    if (state === kept.state) return;
    kept.state = state;
    if (state === 'ok') return;
    const until = leaf.validToDate.toISOString();
    const severity = state === 'expiring' ? 'warn' : 'error';
    log[severity](
      { certificate: hosts[0], state, not_before: leaf.validFromDate.toISOString(), not_after: until },
      LOGGED[state],
    );
    onEvent?.(severity, hosts[0]!, `certificate for ${hosts[0]!}: ${state.replaceAll('_', ' ')} (until ${until})`);
  }

  #logWarnings(warnings: readonly FieldProblem[]): void {
    for (const { field, message } of warnings) {
      this.#ports.log.warn({ key: field, warning: message }, 'configuration is risky');
    }
  }

  /** The one before if nothing would change: threads keep what they derived from it. */
  #serve(id: string, pair: Pair, isDefault: boolean, before: Kept | undefined): ServedCertificate {
    const { hosts, chainPem, keyPem } = pair;
    const version = this.#version + 1;
    const next: ServedCertificate = { id, version, hosts, isDefault, chainPem, keyPem };
    if (before !== undefined && isDeepStrictEqual({ ...before.served, version }, next)) return before.served;
    this.#version = version;
    return next;
  }
}

const LOGGED = {
  expiring: 'certificate expires soon',
  expired: 'certificate has expired',
  not_yet_valid: 'certificate is not valid yet',
} as const;

function keep({ source, pair, stamp }: Ready, served: ServedCertificate, before: Kept | undefined): Kept {
  return { source, pair, served, change: new SettledChange(stamp), error: null, state: before?.state ?? 'ok' };
}

function stateOf({ leaf }: Pair, nowMs: number): CertificateState {
  return certificateState(leaf.validFromDate.getTime(), leaf.validToDate.getTime(), nowMs);
}

function reportOf(source: CertificateSource, pair: Pair, error: string | null, nowMs: number): CertificateReport {
  const { leaf, hosts } = pair;
  return {
    hosts,
    source: 'file',
    file: source.certFile,
    issuer: leaf.issuer.replaceAll('\n', ', '),
    serial: leaf.serialNumber,
    notBefore: leaf.validFromDate.getTime(),
    notAfter: leaf.validToDate.getTime(),
    fingerprintSha256: leaf.fingerprint256,
    state: stateOf(pair, nowMs),
    error,
  };
}
