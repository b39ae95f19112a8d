/**
 * Certificates and lists that are not valid now, or not complete: verification refuses clients, or backends, for them.
 * Hosts that ask for certificates and have none themselves.
 */
import { isOnDemandName } from '../../acme/on-demand.ts';
import { coversHost } from '../../certificates/core/host-match.ts';
import { revocationList, subjectKey } from '../../certificates/core/revocation-list.ts';
import { parseCertificates, revocationBlocks } from '../../certificates/pem-files.ts';
import { pairKey, type ReadPairs } from '../../certificates/read-pair.ts';
import type { CertificateSettings, ClientAuthSettings, TlsSettings } from '../settings.ts';
import type { Warning } from '../file/problem.ts';

/** What makes OpenSSL refuse all certificates of an authority. */
export function clientAuthWarnings(policies: readonly ClientAuthSettings[], nowMs: number): readonly Warning[] {
  return policies.flatMap(({ caPem, crlPem }, at) => {
    const key = `tls.client_auth.${at}`;
    return caPem === null
      ? []
      : [
          ...expired(`${key}.ca_file`, caPem, nowMs),
          ...authorityWarnings(`${key}.ca_file`, caPem),
          ...listWarnings(`${key}.crl_file`, caPem, crlPem, nowMs),
        ];
  });
}

function authorityWarnings(key: string, caPem: string): readonly Warning[] {
  const all = parseCertificates(caPem);
  return all.flatMap((each) => {
    if (each.subject === each.issuer || all.some((other) => each.checkIssued(other))) return [];
    const of = each.subject.replaceAll('\n', ', ');
    const issuer = each.issuer.replaceAll('\n', ', ');
    const message = `contains no certificate of ${issuer}, the issuer of ${of}: clients with certificates of the latter are refused`;
    return [{ key, message }];
  });
}

function listWarnings(key: string, caPem: string, crlPem: string | null, nowMs: number): readonly Warning[] {
  if (crlPem === null) return [];
  const lists = revocationBlocks(crlPem).flatMap((block) => revocationList(derOf(block)) ?? []);
  return parseCertificates(caPem).flatMap(({ raw, subject }): readonly Warning[] => {
    const name = subjectKey(raw);
    const of = subject.replaceAll('\n', ', ');
    const own = lists.filter(({ issuer }) => issuer === name);
    const refused = 'all its certificates are refused';
    if (own.length === 0) return [{ key, message: `contains no list of ${of}: ${refused}` }];
    if (own.some(({ nextUpdate }) => nextUpdate === null || Date.parse(nextUpdate) >= nowMs)) return [];
    const until = own
      .map(({ nextUpdate }) => nextUpdate!)
      .toSorted()
      .at(-1)!;
    return [{ key, message: `the list of ${of} expired at ${until}, so ${refused}` }];
  });
}

/** Hosts that no certificate is for. None are reported while names of a certificate are in its file only. */
export function clientHostWarnings(tls: TlsSettings | null): readonly Warning[] {
  if (tls === null || tls.certificates.some(isUnlisted)) return [];
  const { certificates, clientAuth, unknownName } = tls;
  const fate = unknownName === 'reject' ? 'are rejected' : 'get the first certificate';
  return clientAuth.flatMap(({ hosts }, at) =>
    hosts.flatMap((host, index) => {
      if (certificates.some((certificate) => isFor(certificate, host))) return [];
      const message = `no certificate in the configuration is for "${host}": unless one is uploaded, handshakes for it ${fate} (unknown_name: ${unknownName})`;
      return [{ key: `tls.client_auth.${at}.hosts.${index}`, message }];
    }),
  );
}

/** The same if names are in files only; nothing if one was not opened. */
export function clientHostWarningsByFiles(tls: TlsSettings | null, pairs: ReadPairs): readonly Warning[] {
  if (tls?.certificates.some(isUnlisted) !== true) return [];
  const certificates = tls.certificates.map((given) => {
    if (!isUnlisted(given)) return given;
    const key = pairKey({ hosts: null, certFile: given.certFile!, keyFile: given.keyFile! });
    return { ...given, hosts: pairs.get(key)?.pair?.hosts ?? null };
  });
  return clientHostWarnings({ ...tls, certificates });
}

function isUnlisted({ hosts, onDemand }: CertificateSettings): boolean {
  return hosts === null && onDemand === null;
}

/** @param host a wildcard is for all names below, however deep, so any of them is enough. */
function isFor({ hosts, onDemand }: CertificateSettings, host: string): boolean {
  if (host.startsWith('*.')) return hosts?.some((own) => own.endsWith(host.slice(1))) ?? true;
  return onDemand === null ? hosts!.some((own) => coversHost(own, host)) : isOnDemandName(host, hosts);
}

/** Of the certificates in a file, those that are not valid now. */
export function expired(key: string, pem: string, nowMs: number): readonly Warning[] {
  return parseCertificates(pem).flatMap(({ subject, validFromDate, validToDate }) => {
    const of = subject.replaceAll('\n', ', ');
    if (validToDate.getTime() < nowMs) return [{ key, message: `${of} expired at ${validToDate.toISOString()}` }];
    if (validFromDate.getTime() <= nowMs) return [];
    return [{ key, message: `${of} is not valid before ${validFromDate.toISOString()}` }];
  });
}

function derOf(block: string): Buffer {
  return Buffer.from(block.replaceAll(/-----[^-]*-----/g, ''), 'base64');
}
