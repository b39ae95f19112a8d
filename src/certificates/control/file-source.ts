/** A certificate that an operator keeps in two files. */
import { resolve } from 'node:path';

import { judgePair, type JudgedPair, type Remark } from '../judge-pair.ts';
import { PemFiles } from '../pem-files.ts';
import { fileStamp, fileStampSync } from './file-stamp.ts';

/** As configured. */
export interface CertificateSource {
  /** Canonical; null: all names in the certificate. */
  readonly hosts: readonly string[] | null;
  /** Relative names start at the working directory. */
  readonly certFile: string;
  readonly keyFile: string;
}

export interface ReadSource extends JudgedPair {
  /** Of the files, from before they were read. */
  readonly stamp: string;
}

/** One entry for each file: the check of the configuration sees to that. */
export function idOf({ certFile }: CertificateSource): string {
  return certFile;
}

export function readSource({ hosts, certFile, keyFile }: CertificateSource, cwd: string, nowMs: number): ReadSource {
  const stamp = [certFile, keyFile].map((file) => fileStampSync(resolve(cwd, file))).join();
  const files = new PemFiles(cwd);
  const source = { hosts, readCertificate: () => files.read(certFile), readKey: () => files.read(keyFile) };
  return { ...judgePair(source, nowMs), stamp };
}

export async function stampOfSource({ certFile, keyFile }: CertificateSource, cwd: string): Promise<string> {
  return (await Promise.all([certFile, keyFile].map((file) => fileStamp(resolve(cwd, file))))).join();
}

/** The quoted file or host, then what is wrong with it. */
export function describeRemark({ key, at = 0, message }: Remark, source: CertificateSource): string {
  const name = key === 'hosts' ? source.hosts?.[at] : key === 'cert_file' ? source.certFile : source.keyFile;
  return `"${name ?? ''}" ${message}`;
}
