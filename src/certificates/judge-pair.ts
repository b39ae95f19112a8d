/**
 * A certificate file and its key as clients would see them: what cannot be served is a fault, what will trouble some
 * clients a warning. Never repeats a text of the files besides names and dates of certificates.
 */
import { type KeyObject, X509Certificate } from 'node:crypto';
import { createSecureContext, rootCertificates } from 'node:tls';

import { listedNames } from '../core/listed-names.ts';
import { canonicalHostPattern } from '../net/host-name.ts';
import { coversHost } from './core/host-match.ts';
import { certificateBlocks, parsePrivateKey } from './pem-files.ts';
import { type Leaf, Precedents } from './precedents.ts';

/** The key of the configuration that a remark is about; `name` is the file or the host it quotes, if any. */
export interface Remark {
  readonly key: 'cert_file' | 'key_file' | 'hosts';
  /** In `hosts`. */
  readonly at?: number;
  /** What is wrong, to follow the quoted name. */
  readonly message: string;
}

/** A certificate with its key, ready to be served. */
export interface Pair {
  readonly leaf: Leaf;
  /** Canonical; from `hosts`, else all names in the certificate. */
  readonly hosts: readonly string[];
  /** In the order in which TLS wants it, the leaf first. */
  readonly chainPem: string;
  readonly keyPem: string;
}

export interface JudgedPair {
  /** Undefined if there are faults. */
  readonly pair: Pair | undefined;
  readonly faults: readonly Remark[];
  readonly warnings: readonly Remark[];
}

export interface PairSource {
  /** Canonical; null: all names in the certificate. */
  readonly hosts: readonly string[] | null;
  /** Throw Error with the reason. */
  readonly readCertificate: () => string;
  readonly readKey: () => string;
}

/** @param precedents of pairs that are judged together */
export function judgePair(source: PairSource, nowMs: number, precedents = new Precedents()): JudgedPair {
  const pair = findAlike(source, nowMs, precedents);
  return pair === undefined ? judgeAnew(source, nowMs, precedents) : { pair, faults: [], warnings: [] };
}

/** Undefined: it has no precedent, or something is wrong with it. */
function findAlike({ hosts, readCertificate, readKey }: PairSource, nowMs: number, precedents: Precedents) {
  try {
    const keyPem = readKey();
    const alike = precedents.find(readCertificate(), keyPem);
    if (alike === undefined || !isValidAt(alike.leaf, nowMs)) return undefined;
    const { leaf, chainPem } = alike;
    const names = canonicalNames(alike.names);
    if (checkHosts(hosts, names).length > 0) return undefined;
    return { leaf, hosts: hosts ?? names, chainPem, keyPem };
  } catch {
    return undefined;
  }
}

function judgeAnew(source: PairSource, nowMs: number, precedents: Precedents): JudgedPair {
  const faults: Remark[] = [];
  const attempt = <T>(key: 'cert_file' | 'key_file', work: () => T): T | undefined => {
    try {
      return work();
    } catch (error) {
      faults.push({ key, message: (error as Error).message });
      return undefined;
    }
  };
  const blocks = attempt('cert_file', () => certificateBlocks(source.readCertificate()));
  const certificates = blocks && attempt('cert_file', () => blocks.map(precedents.parse));
  const keyPem = attempt('key_file', source.readKey);
  const key = keyPem === undefined ? undefined : attempt('key_file', () => parsePrivateKey(keyPem));
  if (blocks === undefined || certificates === undefined) return { pair: undefined, faults, warnings: [] };
  const leaf = certificates[0]!;
  const chain = chainOf(certificates);
  const names = namesOf(leaf);
  // Each time, it is another copy.
  const { raw } = leaf;
  faults.push(...checkHosts(source.hosts, names), ...(key === undefined ? [] : checkKey(certificates, raw, key)));
  const warnings = [
    ...checkDates(chain, nowMs),
    ...checkChain(certificates, chain),
    ...checkSignatures(chain),
    ...checkUse(leaf, raw),
  ];
  if (faults.length > 0 || keyPem === undefined) return { pair: undefined, faults, warnings };
  const pair = {
    leaf,
    hosts: source.hosts ?? names,
    chainPem: chain.map((each) => `${blocks[certificates.indexOf(each)]!}\n`).join(''),
    keyPem,
  };
  // The rest is for OpenSSL to judge. That takes longer than everything above, so not for what it surely accepts.
  if (!chain.every(isSignedAsUsual)) attempt('cert_file', () => assertAccepted(pair));
  if (faults.length > 0) return { pair: undefined, faults, warnings };
  if (warnings.length === 0 && chain.length > 1) precedents.add(source.readCertificate(), leaf, pair.chainPem);
  return { pair, faults, warnings };
}

const USUAL_SIGNATURE = /^(?:ecdsa-with-SHA|sha)(?:256|384|512)(?:WithRSAEncryption)?$/;

/** Undefined before Node 24.9. */
function isSignedAsUsual({ signatureAlgorithm = '' }: X509Certificate): boolean {
  return USUAL_SIGNATURE.test(signatureAlgorithm);
}

function assertAccepted({ chainPem, keyPem }: Pair): void {
  try {
    createSecureContext({ cert: chainPem, key: keyPem });
  } catch (error) {
    throw new Error(`is refused by OpenSSL: ${(error as Error).message}`, { cause: error });
  }
}

/** All names that Sluice can serve it for; browsers ignore the common name (RFC 9525, 2). */
function namesOf({ subjectAltName = '' }: X509Certificate): readonly string[] {
  const entries = subjectAltName.match(/(?:[^,"]|"(?:[^"\\]|\\.)*")+/g) ?? [];
  const names = entries.flatMap((entry) => {
    const [, kind, text] = /^\s*(DNS|IP Address):(.*)$/.exec(entry) ?? [];
    return kind === undefined || text === undefined || text.startsWith('"') ? [] : [text];
  });
  return canonicalNames(names);
}

function canonicalNames(names: readonly string[]): readonly string[] {
  return [...new Set(names.flatMap((name) => canonicalHostPattern(name) ?? []))];
}

function checkHosts(hosts: readonly string[] | null, names: readonly string[]): readonly Remark[] {
  if (names.length === 0) {
    return [
      { key: 'cert_file', message: 'contains a certificate without names (subjectAltName): no client accepts it' },
    ];
  }
  return (hosts ?? []).flatMap((host, at) => {
    if (names.some((name) => coversHost(name, host))) return [];
    return [{ key: 'hosts' as const, at, message: `is not in the certificate, which is for ${listedNames(names)}` }];
  });
}

/** RSA keys from 2048 bits on, and the curves that browsers accept (CA/Browser Forum, Baseline Requirements 6.1.5). */
const MIN_RSA_BITS = 2048;
const CURVES: readonly string[] = ['prime256v1', 'secp384r1', 'secp521r1'];

function checkKey(certificates: readonly X509Certificate[], raw: Buffer, key: KeyObject): readonly Remark[] {
  const weakness = hasUsualCurve(raw, key) ? undefined : weaknessOf(key);
  if (weakness !== undefined) return [{ key: 'key_file', message: weakness }];
  const at = certificates.findIndex((certificate) => certificate.checkPrivateKey(key));
  if (at === 0) return [];
  const message =
    at === -1
      ? 'does not belong to the first certificate in cert_file'
      : `belongs to certificate ${at + 1} in cert_file; that one must be the first`;
  return [{ key: 'key_file', message }];
}

/** P-256, P-384 and P-521, DER. */
const CURVE_IDS = ['06082a8648ce3d030107', '06052b81040022', '06052b81040023'].map((id) => Buffer.from(id, 'hex'));

/** Asking the key for its curve would take as long as parsing it did. */
function hasUsualCurve(raw: Buffer, { asymmetricKeyType }: KeyObject): boolean {
  return asymmetricKeyType === 'ec' && CURVE_IDS.some((id) => raw.includes(id));
}

function weaknessOf(key: KeyObject): string | undefined {
  const type = key.asymmetricKeyType ?? 'unknown';
  const details = key.asymmetricKeyDetails ?? {};
  const { modulusLength: bits = 0, namedCurve: curve = '' } = details;
  if (type.startsWith('rsa')) {
    return bits >= MIN_RSA_BITS
      ? undefined
      : `contains an RSA key of ${bits} bits; at least ${MIN_RSA_BITS} are needed`;
  }
  if (type === 'ec') {
    return CURVES.includes(curve) ? undefined : `contains a key on the curve ${curve}; allowed: P-256, P-384, P-521`;
  }
  return type.startsWith('ed') ? undefined : `contains a key of the type ${type}; allowed: RSA, EC, Ed25519, Ed448`;
}

/** From the first certificate on, each followed by its issuer, as far as they are in the file. */
function chainOf(certificates: readonly X509Certificate[]): readonly X509Certificate[] {
  const chain = [certificates[0]!];
  for (;;) {
    const last = chain.at(-1)!;
    const issuer = certificates.find((each) => !chain.includes(each) && isIssuedBy(last, each));
    if (issuer === undefined) return chain;
    chain.push(issuer);
  }
}

/** By their names and key ids, as OpenSSL orders chains; signatures are for clients to verify. */
function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return certificate.checkIssued(issuer);
}

function checkChain(certificates: readonly X509Certificate[], chain: readonly X509Certificate[]): readonly Remark[] {
  const stray = certificates.findIndex((certificate) => !chain.includes(certificate));
  if (stray !== -1) {
    const message = `certificate ${stray + 1} in it is not part of the chain of the first one, and is not served`;
    return [{ key: 'cert_file', message }];
  }
  if (certificates.some((certificate, at) => certificate !== chain[at])) {
    return [{ key: 'cert_file', message: 'its certificates are out of order; they are served in the right one' }];
  }
  const [leaf] = chain;
  if (chain.length > 1 || isIssuedBy(leaf!, leaf!) || isIssuedByRoot(leaf!)) return [];
  const message = `contains no certificate of the issuer (${oneLine(leaf!.issuer)}): clients that do not know it refuse the connection`;
  return [{ key: 'cert_file', message }];
}

function isIssuedByRoot(certificate: X509Certificate): boolean {
  return rootCertificates.some((pem) => isIssuedBy(certificate, new X509Certificate(pem)));
}

function checkDates(chain: readonly X509Certificate[], nowMs: number): readonly Remark[] {
  return chain.flatMap((certificate, at): Remark[] => {
    if (isValidAt(certificate, nowMs)) return [];
    const { validFromDate, validToDate } = certificate;
    const of = at === 0 ? '' : ` (${oneLine(certificate.subject)})`;
    if (validToDate.getTime() <= nowMs) {
      return [
        { key: 'cert_file', message: `certificate ${at + 1} in it${of} expired at ${validToDate.toISOString()}` },
      ];
    }
    const message = `certificate ${at + 1} in it${of} is not valid before ${validFromDate.toISOString()}; this machine's clock says ${new Date(nowMs).toISOString()}`;
    return [{ key: 'cert_file', message }];
  });
}

function isValidAt({ validFromDate, validToDate }: Leaf, nowMs: number): boolean {
  return validFromDate.getTime() <= nowMs && validToDate.getTime() > nowMs;
}

const BROKEN_SIGNATURE = /sha-?1(?!\d)|md[245]/i;

/** A root is trusted for what it is, not for its signature. */
function checkSignatures(chain: readonly X509Certificate[]): readonly Remark[] {
  return chain.flatMap((certificate, at): Remark[] => {
    const { signatureAlgorithm = '' } = certificate;
    if (!BROKEN_SIGNATURE.test(signatureAlgorithm) || isIssuedBy(certificate, certificate)) return [];
    const message = `certificate ${at + 1} in it is signed with ${signatureAlgorithm}: clients refuse it`;
    return [{ key: 'cert_file', message }];
  });
}

/** The TLS feature status_request, DER (RFC 7633). */
const MUST_STAPLE = Buffer.from('06082b06010505070118', 'hex');
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';

function checkUse(leaf: X509Certificate, raw: Buffer): readonly Remark[] {
  const { keyUsage } = leaf;
  const messages = [
    ...(raw.includes(MUST_STAPLE)
      ? ['requires OCSP stapling (must-staple), which Sluice does not do: some browsers refuse it']
      : []),
    // Node calls the extended key usage this.
    ...((keyUsage as readonly string[] | undefined)?.includes(SERVER_AUTH) === false
      ? ['is not for servers (extended key usage): clients refuse it']
      : []),
    // A self-signed one is trusted by choice.
    ...(leaf.ca && !isIssuedBy(leaf, leaf) ? ["is an authority's (CA:TRUE): some clients refuse it"] : []),
  ];
  return messages.map((message) => ({ key: 'cert_file', message: `contains a certificate that ${message}` }));
}

function oneLine(subject: string): string {
  return subject.replaceAll('\n', ', ');
}
