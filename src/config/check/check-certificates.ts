import type { JudgedPair, Remark } from '../../certificates/judge-pair.ts';
import { pairKey, readPair, type PairFiles, type ReadPair, type ReadPairs } from '../../certificates/read-pair.ts';
import type { PemFiles } from '../../certificates/pem-files.ts';
import { Precedents } from '../../certificates/precedents.ts';
import { canonicalHostPattern, canonicalHosts } from '../../net/host-name.ts';
import type { Path } from '../file/path.ts';
import { finding, type Finding, type Warning } from '../file/problem.ts';
import type { Show } from '../file/references.ts';
import type { CertificateFile, ConfigFile } from '../schema/schema.ts';
import { checkAdminTls } from './check-admin-tls.ts';
import type { Draft } from './draft.ts';
import { notOpened } from './warnings.ts';

type Given = Draft<CertificateFile>;

export interface CertificateFindings {
  readonly findings: readonly Finding[];
  readonly warnings: readonly Warning[];
  readonly pairs: ReadPairs;
}

export const NO_CERTIFICATES: CertificateFindings = { findings: [], warnings: [], pairs: new Map() };

/** The certificates for clients: readable, matching, for their hosts, and one for each host. */
export function checkCertificates(
  file: Draft<ConfigFile>,
  files: PemFiles,
  show: Show,
  nowMs: number = Date.now(),
): CertificateFindings {
  const findings: Finding[] = [];
  const warnings: Warning[] = [];
  const pairs = new Map<string, ReadPair>();
  const precedents = new Precedents();
  const owners = new Map<string, Path>();
  const paths = new Map<string, Path>();
  let areAllKnown = true;
  const sources = (file.tls?.certificates ?? []).map((given) => given && { given, from: filesOf(given, files) });
  files.readAhead(sources.flatMap((source) => (source?.from ? [source.from.certFile, source.from.keyFile] : [])));
  for (const [at, source] of sources.entries()) {
    if (source === undefined) continue;
    const { given, from } = source;
    const path = ['tls', 'certificates', String(at)];
    findings.push(...checkKeys(given, path), ...checkTwin(given, path, paths));
    const judged = from && readPair(files, from, nowMs, precedents);
    if (from !== undefined && judged !== undefined) pairs.set(pairKey(from), judged);
    for (const fault of judged?.faults ?? []) {
      const key = keyOf(path, fault);
      findings.push(finding(key, describe(fault, given, key, show)));
    }
    for (const warning of judged?.warnings ?? []) {
      const key = keyOf(path, warning);
      warnings.push({ key: key.join('.'), message: describe(warning, given, key, show) });
    }
    findings.push(...checkOwners(given, judged, path, owners, show));
    areAllKnown &&= given.hosts !== undefined || judged?.pair !== undefined;
  }
  if (areAllKnown) warnings.push(...checkAdminTls(file, [...owners.keys()]));
  return { findings, warnings, pairs };
}

/** Files that were not opened: see unreadFiles. */
export function unreadCertificates({ tls }: Draft<ConfigFile>, files: PemFiles, show: Show): readonly Warning[] {
  const unread = (path: Path, name: string | undefined): readonly Warning[] =>
    name === undefined || files.mayRead(name) ? [] : [{ key: path.join('.'), message: notOpened(show(path, name)) }];
  const roots = Object.entries(tls?.acme ?? {}).flatMap(([name, issuer]) =>
    unread(['tls', 'acme', name, 'ca_file'], issuer?.ca_file),
  );
  const pairs = (tls?.certificates ?? []).flatMap((given, at) =>
    (['cert_file', 'key_file'] as const).flatMap((key) =>
      unread(['tls', 'certificates', String(at), key], given?.[key]),
    ),
  );
  return [...pairs, ...roots];
}

/** Undefined: a part of it is wrong, or a file may not be opened. */
function filesOf({ hosts, cert_file: certFile, key_file: keyFile }: Given, files: PemFiles): PairFiles | undefined {
  if (certFile === undefined || keyFile === undefined || hosts?.includes(undefined)) return undefined;
  if (!files.mayRead(certFile) || !files.mayRead(keyFile)) return undefined;
  return { hosts: hosts === undefined ? null : canonicalHosts(hosts as readonly string[]), certFile, keyFile };
}

function keyOf(path: Path, { key, at }: Remark): Path {
  return at === undefined ? [...path, key] : [...path, key, String(at)];
}

/** The quoted file or host, then what is wrong with it. */
function describe(remark: Remark, given: Given, path: Path, show: Show): string {
  const name = remark.key === 'hosts' ? given.hosts?.[remark.at ?? 0] : given[remark.key];
  return `"${show(path, name ?? '')}" ${remark.message}`;
}

/** Two files, or none with `internal` or `acme`. */
function checkKeys(given: Given, path: Path): readonly Finding[] {
  const keys = ['cert_file', 'key_file'] as const;
  const isInternal = given.internal === true;
  if (isInternal || 'acme' in given) {
    const [kind, name] = isInternal ? ['internal', 'internal: true'] : ['acme', 'acme'];
    const others = [[...path, kind]];
    const isOnDemand = kind === 'acme' && 'on_demand' in given;
    const ways = kind === 'acme' ? 'the hosts, or on_demand with an ask URL' : 'the hosts';
    const unused = keys.filter((key) => given[key] !== undefined);
    return [
      ...unused.map((key) => finding([...path, key], `not with ${name}; leave one of them out`, { others })),
      ...(isInternal && 'acme' in given
        ? [finding([...path, 'acme'], 'not with internal: true; leave one of them out', { others })]
        : []),
      ...('hosts' in given || isOnDemand
        ? []
        : [finding([...path, 'hosts'], `missing; ${kind} needs ${ways}`, { others })]),
      ...(isInternal ? checkAlone(given, path) : []),
    ];
  }
  const missing = keys.filter((key) => !(key in given));
  return [
    ...missing.map((key) => finding([...path, key], 'missing; give cert_file and key_file, acme, or internal: true')),
    ...checkAlone(given, path),
  ];
}

function checkAlone(given: Given, path: Path): readonly Finding[] {
  return 'on_demand' in given ? [finding([...path, 'on_demand'], 'needs acme, the authority to order from')] : [];
}

/** Two entries of one file would have the same certificate: all its hosts belong into one. */
function checkTwin({ cert_file: cert }: Given, path: Path, known: Map<string, Path>): readonly Finding[] {
  if (cert === undefined) return [];
  const first = known.get(cert);
  known.set(cert, first ?? path);
  if (first === undefined) return [];
  return [finding([...path, 'cert_file'], `the same file as in ${first.join('.')}; name all its hosts there`)];
}

/** A host has one certificate. @param owners of the hosts so far; added to. */
function checkOwners(
  { hosts, cert_file: cert }: Given,
  judged: JudgedPair | undefined,
  path: Path,
  owners: Map<string, Path>,
  show: Show,
): readonly Finding[] {
  const given = hosts?.map((host, at) => ({ host: canonicalHostPattern(host ?? ''), at })) ?? [];
  const own = hosts === undefined ? (judged?.pair?.hosts ?? []).map((host) => ({ host, at: undefined })) : given;
  const findings: Finding[] = [];
  for (const { host, at } of own) {
    if (host === undefined) continue;
    const first = owners.get(host);
    owners.set(host, first ?? path);
    if (first === undefined) continue;
    const here = at === undefined ? [...path, 'cert_file'] : [...path, 'hosts', String(at)];
    const message =
      at === undefined
        ? `"${show(here, cert ?? '')}" is for ${host}, as ${first.join('.')} is; name its hosts, or leave one out`
        : `"${show(here, hosts![at] ?? '')}" has a certificate already: ${first.join('.')}`;
    findings.push(finding(here, message));
  }
  return findings;
}
