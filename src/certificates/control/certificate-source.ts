/** Where a certificate comes from, as the configuration has it. */
import { resolve } from 'node:path';

import { fileStamp, fileStampSync } from '../file-stamp.ts';
import type { Remark } from '../judge-pair.ts';
import type { PairFiles } from '../read-pair.ts';

export type CertificateSource = FileSource | InternalSource;

/** Kept by an operator in two files; relative names start at the working directory. */
export interface FileSource extends PairFiles {
  readonly internal: false;
}

/** Issued by this gateway. */
interface InternalSource {
  readonly hosts: readonly string[];
  readonly internal: true;
}

/** As the settings have it: a check has seen to it that it is one of the three. */
export interface ConfiguredCertificate {
  readonly hosts: readonly string[] | null;
  readonly certFile: string | null;
  readonly keyFile: string | null;
  /** Of an authority; left out: null. */
  readonly acme?: string | null;
  readonly internal: boolean;
}

export function toSource({ hosts, certFile, keyFile, internal }: ConfiguredCertificate): CertificateSource {
  if (internal) return { hosts: hosts ?? [], internal };
  return { hosts, certFile: certFile ?? '', keyFile: keyFile ?? '', internal };
}

/** The check of the configuration sees to it that each file and each host is named once. */
export function idOf(source: CertificateSource): string {
  return source.internal ? `internal ${source.hosts.join()}` : source.certFile;
}

export async function stampOfSource({ certFile, keyFile }: FileSource, cwd: string): Promise<string> {
  return (await Promise.all([certFile, keyFile].map((file) => fileStamp(resolve(cwd, file))))).join();
}

export function stampOfSourceSync({ certFile, keyFile }: FileSource, cwd: string): string {
  return [certFile, keyFile].map((file) => fileStampSync(resolve(cwd, file))).join();
}

/** The quoted file or host, then what is wrong with it. */
export function describeRemark({ key, at = 0, message }: Remark, source: FileSource): string {
  const name = key === 'hosts' ? source.hosts?.[at] : key === 'cert_file' ? source.certFile : source.keyFile;
  return `"${name ?? ''}" ${message}`;
}
