import { createSecureContext } from 'node:tls';

import { parseCertificates, type PemFiles, revocationBlocks } from '../../certificates/pem-files.ts';
import { canonicalHostPattern } from '../../net/host-name.ts';
import type { Path } from '../file/path.ts';
import { finding, type Finding, type Warning } from '../file/problem.ts';
import type { Show } from '../file/references.ts';
import type { ClientAuthFile, ConfigFile } from '../schema/schema.ts';
import type { Draft } from './draft.ts';
import { notOpened } from './warnings.ts';

const KEYS = ['ca_file', 'crl_file'] as const;

/** What hosts ask of their clients: readable files, and one rule for each host. */
export function checkClientAuth({ tls }: Draft<ConfigFile>, files: PemFiles, show: Show): readonly Finding[] {
  const owners = new Map<string, Path>();
  return (tls?.client_auth ?? []).flatMap((given, at) => {
    if (given === undefined) return [];
    const path = ['tls', 'client_auth', String(at)];
    return [...checkHosts(given, path, owners, show), ...checkFiles(given, path, files, show)];
  });
}

/** Files that were not opened: see unreadFiles. */
export function unreadClientAuth({ tls }: Draft<ConfigFile>, files: PemFiles, show: Show): readonly Warning[] {
  return (tls?.client_auth ?? []).flatMap((given, at) =>
    KEYS.flatMap((key) => {
      const name = given?.[key];
      if (name === undefined || files.mayRead(name)) return [];
      const path = ['tls', 'client_auth', String(at), key];
      return [{ key: path.join('.'), message: notOpened(show(path, name)) }];
    }),
  );
}

/** @param owners of the hosts so far; added to. */
function checkHosts(
  { hosts }: Draft<ClientAuthFile>,
  path: Path,
  owners: Map<string, Path>,
  show: Show,
): readonly Finding[] {
  return (hosts ?? []).flatMap((host, at) => {
    const name = canonicalHostPattern(host ?? '');
    const here = [...path, 'hosts', String(at)];
    if (name === undefined) return [];
    const owner = owners.get(name);
    owners.set(name, owner ?? here);
    if (owner === undefined) return [];
    return [finding(here, `"${show(here, host ?? '')}" is in ${owner.join('.')}, too`, { others: [owner] })];
  });
}

function checkFiles(
  { ca_file: ca, crl_file: crl }: Draft<ClientAuthFile>,
  path: Path,
  files: PemFiles,
  show: Show,
): readonly Finding[] {
  const refused = (key: (typeof KEYS)[number], name: string, check: (pem: string) => unknown): Finding[] => {
    if (!files.mayRead(name)) return [];
    const here = [...path, key];
    try {
      check(files.read(name));
      return [];
    } catch (error) {
      return [finding(here, `"${show(here, name)}" ${(error as Error).message}`)];
    }
  };
  return [
    ...(ca === undefined ? [] : refused('ca_file', ca, parseCertificates)),
    ...(crl === undefined ? [] : refused('crl_file', crl, parseRevocations)),
  ];
}

/** Throws Error with the reason. */
function parseRevocations(pem: string): void {
  if (revocationBlocks(pem).length === 0) throw new Error('has no list of revoked certificates in PEM');
  try {
    createSecureContext({ crl: pem });
  } catch {
    throw new Error('is not a list of revoked certificates in PEM');
  }
}
