import { createSecureContext } from 'node:tls';

import type { Draft } from './draft.ts';
import type { Path } from '../file/path.ts';
import { parseCertificates, parsePrivateKey, type PemFiles } from '../../certificates/pem-files.ts';
import { finding, type Finding, type Warning } from '../file/problem.ts';
import type { Show } from '../file/references.ts';
import type { ConfigFile, PoolFile } from '../schema/schema.ts';
import { notOpened } from './warnings.ts';

type TlsFiles = Pick<NonNullable<Draft<PoolFile>['tls']>, (typeof KEYS)[number]>;

/** The certificates and keys for backends: present, readable, and matching. */
export function checkTls(file: Draft<ConfigFile>, files: PemFiles, show: Show): readonly Finding[] {
  return Object.entries(file.pools ?? {}).flatMap(([name, pool]) =>
    pool?.tls === undefined ? [] : checkTlsFiles(pool.tls, ['pools', name, 'tls'], files, show),
  );
}

const KEYS = ['ca_file', 'cert_file', 'key_file'] as const;

/** Files that were not opened: for a text sent to the API, those that the current configuration does not use. */
export function unreadFiles(file: Draft<ConfigFile>, files: PemFiles, show: Show): readonly Warning[] {
  return Object.entries(file.pools ?? {}).flatMap(([pool, settings]) =>
    settings?.tls === undefined ? [] : unreadTlsFiles(settings.tls, ['pools', pool, 'tls'], files, show),
  );
}

/** Of one mapping with these keys, at `path`. */
export function unreadTlsFiles(tls: TlsFiles, path: Path, files: PemFiles, show: Show): readonly Warning[] {
  return KEYS.flatMap((key) => {
    const name = tls[key];
    if (name === undefined || files.mayRead(name)) return [];
    return [{ key: [...path, key].join('.'), message: notOpened(show([...path, key], name)) }];
  });
}

/** Of one mapping with these keys, at `path`. */
export function checkTlsFiles(tls: TlsFiles, path: Path, files: PemFiles, show: Show): readonly Finding[] {
  const findings: Finding[] = [];
  const read = <T>(key: 'ca_file' | 'cert_file' | 'key_file', parse: (pem: string) => T): T | undefined => {
    const name = tls[key];
    if (name === undefined || !files.mayRead(name)) return undefined;
    try {
      return parse(files.read(name));
    } catch (error) {
      findings.push(finding([...path, key], `"${show([...path, key], name)}" ${(error as Error).message}`));
      return undefined;
    }
  };
  read('ca_file', parseCertificates);
  const certificates = read('cert_file', parseCertificates);
  const key = read('key_file', parsePrivateKey);
  for (const [given, other] of [
    ['cert_file', 'key_file'],
    ['key_file', 'cert_file'],
  ] as const) {
    if (tls[given] !== undefined && tls[other] === undefined)
      findings.push(finding([...path, other], `missing; ${given} needs it`, { others: [[...path, given]] }));
  }
  if (certificates !== undefined && key !== undefined && !certificates[0]!.checkPrivateKey(key))
    findings.push(finding([...path, 'key_file'], 'the key does not belong to the first certificate in cert_file'));
  return findings.length > 0 ? findings : checkTogether(tls, path, files);
}

/** Rejected by OpenSSL's security level: a short key, a weak signature. */
function checkTogether(tls: TlsFiles, path: Path, files: PemFiles): readonly Finding[] {
  const { ca_file: ca, cert_file: cert, key_file: key } = tls;
  if (cert === undefined || key === undefined || !files.mayRead(cert) || !files.mayRead(key)) return [];
  try {
    createSecureContext({
      cert: files.read(cert),
      key: files.read(key),
      ...(ca !== undefined && files.mayRead(ca) && { ca: files.read(ca) }),
    });
    return [];
  } catch (error) {
    return [finding([...path, 'cert_file'], `OpenSSL refuses it: ${(error as Error).message}`)];
  }
}
