import { judgePair, type JudgedPair } from './judge-pair.ts';
import type { PemFiles } from './pem-files.ts';
import type { Precedents } from './precedents.ts';

/** A certificate and its key in two files. */
export interface PairFiles {
  /** Canonical; null: all names in the certificate. */
  readonly hosts: readonly string[] | null;
  readonly certFile: string;
  readonly keyFile: string;
}

export interface ReadPair extends JudgedPair {
  /** Of both files, from before they were read: see fileStamp. */
  readonly stamp: string;
}

/** By {@link pairKey}. */
export type ReadPairs = ReadonlyMap<string, ReadPair>;

export function pairKey({ hosts, certFile, keyFile }: PairFiles): string {
  return JSON.stringify([hosts, certFile, keyFile]);
}

export function readPair(
  files: PemFiles,
  { hosts, certFile, keyFile }: PairFiles,
  nowMs: number,
  precedents?: Precedents,
): ReadPair {
  const source = { hosts, readCertificate: () => files.read(certFile), readKey: () => files.read(keyFile) };
  const judged = judgePair(source, nowMs, precedents);
  return { ...judged, stamp: [certFile, keyFile].map((file) => files.stamp(file)).join() };
}
